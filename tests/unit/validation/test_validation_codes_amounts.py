"""Codes without a system, the list of flagged codes, and amounts in elements."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Artifact
from publisher.validation.amounts import amount_is_absent
from publisher.validation.codes import coding_has_system, flagged_codes, flagged_codes_are_listed
from tests.unit.validation.conftest import resource, topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.context import Context

ATC = "http://www.whocc.no/atc"
FLAGGED = frozenset({(ATC, "C09BA01"), (ATC, "C09BA02")})
VALUE_SET = resource(
    "ValueSet",
    "v",
    compose={"include": [{"system": ATC, "concept": [{"code": "C09BA01"}, {"code": "C10AA01"}]}]},
    expansion={"contains": [{"system": ATC, "code": "C09BA02"}]},
)
MEDICATION = {"resourceType": "Medication", "id": "m", "code": {"coding": [{"system": ATC, "code": "C09BA01"}]}}


@pytest.mark.parametrize(("coding", "missing"), [({"code": "a"}, "system"), ({"system": "urn:a"}, "code")])
def test_a_coding_has_a_system_and_a_code(
    context: Callable[..., Context], coding: dict[str, str], missing: str
) -> None:
    one = resource("PlanDefinition", "p", useContext=[{"code": coding}])
    (issue,) = coding_has_system(one, context())
    assert (issue.rule, issue.expression) == ("coding-incomplete", "PlanDefinition.useContext[0].code")
    assert issue.diagnostics.startswith(f"PlanDefinition.useContext[0].code has no {missing};")


def test_elements_called_code_that_are_no_codings_need_no_system(context: Callable[..., Context]) -> None:
    whole = {"coding": [{"system": ATC, "code": "C10AA01"}], "text": "x"}
    assert list(coding_has_system({**MEDICATION, "code": whole}, context())) == []
    assert list(coding_has_system(VALUE_SET, context())) == []


def test_flagged_codes_with_the_artifacts_that_write_them() -> None:
    artifacts = [Artifact(VALUE_SET, {}, "nails"), Artifact(MEDICATION, {}, "nails")]
    assert flagged_codes(artifacts, FLAGGED) == {(ATC, "C09BA01"): ("ValueSet/v", "Medication/m")}


def test_the_flagged_codes_of_a_topic_are_information(context: Callable[..., Context]) -> None:
    (issue,) = flagged_codes_are_listed(topic(), context(VALUE_SET, MEDICATION, flagged=FLAGGED))
    assert (issue.severity, issue.rule) == ("information", "codes-flagged")
    assert issue.diagnostics == (
        "These flagged codes wait for a clinician's approval: C09BA01 (Medication/m, ValueSet/v)."
    )
    assert list(flagged_codes_are_listed(topic(), context(VALUE_SET))) == []


@pytest.mark.parametrize(
    ("element", "place"),
    [
        ({"quantity": {"value": 1, "unit": "tube"}}, "quantity"),
        ({"quantity": {"value": Decimal("0.5"), "code": "mg"}}, "quantity"),
        ({"timingTiming": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}, "timingTiming.repeat"),
        ({"timingTiming": {"repeat": {"duration": 1, "durationUnit": "h"}}}, "timingTiming.repeat"),
        ({"timingDuration": {"value": 2, "unit": "days"}}, "timingDuration"),
    ],
)
def test_amounts_in_elements_are_refused(context: Callable[..., Context], element: dict[str, Any], place: str) -> None:
    (issue,) = amount_is_absent(resource("ActivityDefinition", "a", **element), context())
    assert (issue.rule, issue.expression) == ("quantity-forbidden", f"ActivityDefinition.{place}")


@pytest.mark.parametrize(
    "element",
    [
        {"identifier": [{"system": "urn:a", "value": "1"}]},
        {"useContext": [{"code": {"code": "focus"}, "valueCodeableConcept": {"text": "x"}}]},
        {"timingTiming": {"event": ["2026-01-02"]}},
    ],
)
def test_other_values_are_no_amounts(context: Callable[..., Context], element: dict[str, Any]) -> None:
    assert list(amount_is_absent(resource("ActivityDefinition", "a", **element), context())) == []
