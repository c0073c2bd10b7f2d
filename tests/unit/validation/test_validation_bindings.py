"""Codes whose systems are too large to list, and codings under a binding."""

from typing import Any

import pytest

from publisher.r4.elements import Binding
from publisher.validation.bindings import code_check, coded_problem

LANGUAGES = Binding("preferred", "http://hl7.org/fhir/ValueSet/languages", "http://hl7.org/fhir/ValueSet/all-languages")
MEDIA_TYPES = Binding("required", "http://hl7.org/fhir/ValueSet/mimetypes")
CURRENCIES = Binding("required", "http://hl7.org/fhir/ValueSet/currencies")
CLINICAL_STATUS = Binding("required", "http://hl7.org/fhir/ValueSet/condition-clinical")
STATUS_SYSTEM = "http://terminology.hl7.org/CodeSystem/condition-clinical"


@pytest.mark.parametrize(
    "tag",
    ["sv", "sv-SE", "zh-Hant-TW", "sl-rozaj-biske", "de-CH-1996", "en-u-ca-gregory", "x-own", "i-klingon", "es-419"],
)
def test_a_language_tag_is_accepted(tag: str) -> None:
    assert code_check(LANGUAGES)(tag) is None


@pytest.mark.parametrize("tag", ["s", "swedish language", "sv_SE", "sv-", "-sv", "sv--SE", "toolonglanguage", "sv-S"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    assert code_check(LANGUAGES)(tag) == (
        "code-not-allowed",
        "is not a language tag of BCP 47; write one such as sv or en-GB",
    )


@pytest.mark.parametrize("code", ["text/cql", "application/elm+json", "text/html; charset=UTF-8", "json", "xml"])
def test_a_media_type_is_accepted(code: str) -> None:
    assert code_check(MEDIA_TYPES)(code) is None


@pytest.mark.parametrize("code", ["cql", "text/", "/cql", "text/c ql"])
def test_what_is_no_media_type_is_refused(code: str) -> None:
    problem = code_check(MEDIA_TYPES)(code)

    assert problem is not None
    assert problem[0] == "code-not-allowed"


def test_a_currency_is_three_capitals() -> None:
    assert code_check(CURRENCIES)("SEK") is None
    assert code_check(CURRENCIES)("kr") is not None


def test_a_code_with_wrong_white_space_is_no_code_first() -> None:
    problem = code_check(MEDIA_TYPES)(" text/cql")

    assert problem is not None
    assert problem[0] == "value-invalid"


@pytest.mark.parametrize(
    "value",
    [
        {"coding": [{"system": STATUS_SYSTEM, "code": "active"}]},
        {"coding": [{"system": "http://example.org", "code": "a"}, {"system": STATUS_SYSTEM, "code": "resolved"}]},
        {"coding": [{"system": STATUS_SYSTEM, "_code": {"extension": []}}]},
        {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]},
        {"system": STATUS_SYSTEM, "code": "active"},
    ],
)
def test_a_concept_with_one_allowed_coding_or_a_reason_for_none_is_accepted(value: dict[str, Any]) -> None:
    assert coded_problem(value, CLINICAL_STATUS) is None


@pytest.mark.parametrize(
    "value",
    [
        {"coding": [{"code": "active"}]},
        {"coding": [{"system": STATUS_SYSTEM, "code": "Active"}]},
        {"coding": [{"system": STATUS_SYSTEM}]},
        {"coding": []},
        {"text": "active"},
        {"system": "http://example.org", "code": "active"},
    ],
)
def test_a_concept_without_an_allowed_coding_is_refused(value: dict[str, Any]) -> None:
    problem = coded_problem(value, CLINICAL_STATUS)

    assert problem is not None
    assert problem[0] == "code-not-allowed"


def test_an_extensible_binding_is_content_with_words() -> None:
    binding = Binding("extensible", CLINICAL_STATUS.value_set)

    assert coded_problem({"text": "active"}, binding) is None
    problem = coded_problem({"coding": [{"system": "http://example.org", "code": "a"}]}, binding)

    assert problem is not None
    assert problem[0] == "code-not-in-value-set"
    assert problem[1].startswith("has a of http://example.org, not a code of http://hl7.org/fhir/ValueSet/condition-")
