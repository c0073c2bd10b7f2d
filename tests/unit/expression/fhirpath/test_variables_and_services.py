"""What is passed in: variables, references, profiles, value sets, the check of narratives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.fhirpath import Services, compile_fhirpath
from tests.unit.expression.fhirpath.conftest import OBSERVATION, PATIENT, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue

HL7 = "http://hl7.org/fhir"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%ucum", ["http://unitsofmeasure.org"]),
        ("%sct", ["http://snomed.info/sct"]),
        ("%loinc", ["http://loinc.org"]),
        ("%`vs-administrative-gender`", [f"{HL7}/ValueSet/administrative-gender"]),
        ('%"ext-patient-birthTime"', [f"{HL7}/StructureDefinition/patient-birthTime"]),
        ("%context.id", ["p1"]),
        ("%resource.id & %rootResource.id", ["p1p1"]),
        ("name.where(%resource.active).count()", [2]),
        ("%x + 1", [2]),
        ("%'the list'", ["a", "b"]),
        ("%obs.value.unit", ["lbs"]),
        ("%plain.deep.er", [3]),
        ("%none", []),
    ],
)
def test_variables_are_what_the_data_the_caller_and_fhir_say(text: str, expected: list[Any]) -> None:
    variables = {"x": 1, "the list": ["a", "b"], "%obs": OBSERVATION, "plain": {"deep": [{"er": 3}]}, "none": None}

    assert found(text, variables=variables) == expected


def test_an_element_is_given_its_resource() -> None:
    expression = compile_fhirpath("%resource.type = 'batch' and %rootResource.id = 'r'", type="Bundle.entry")
    bundle = {"resourceType": "Bundle", "id": "r", "type": "batch"}

    assert expression.evaluate({}, {"resource": bundle, "rootResource": bundle}) == [True]


def test_a_variable_that_was_not_given_is_refused(refusal: Callable[..., Issue]) -> None:
    assert "%y, which is not defined" in refusal("%y").diagnostics
    assert "%resource, which was not given" in refusal("%resource", {"use": "x"}, type="HumanName").diagnostics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("defineVariable('n', name.first()).select(%n.family)", ["Ek"]),
        ("name.given.take(2).defineVariable('all').select(%all.count())", [2, 2]),
        ("name.given.take(2).defineVariable('all', $this.count()).select(%all)", [2, 2]),
        ("name.select(defineVariable('u', use).select(given.take(1) & %u))", ["Annaofficial", "Annnickname"]),
        ("name.defineVariable('a', first()).defineVariable('b', %a.use).first().select(%b)", ["official"]),
    ],
)
def test_define_variable_names_what_follows_in_the_path(text: str, expected: list[Any]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("defineVariable('a', 1).exists() and %a.exists()", "%a, which is not defined"),
        ("defineVariable('a').defineVariable('a')", "a second time"),
        ("defineVariable('context')", "a second time"),
        ("defineVariable(id)", "written out"),
    ],
)
def test_define_variable_has_its_bounds(text: str, says: str, refusal: Callable[..., Issue]) -> None:
    assert says in refusal(text).diagnostics


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("managingOrganization.resolve().name", ["Ward"]),
        ("managingOrganization.reference.resolve() is Organization", [True]),
        ("generalPractitioner.resolve().id", ["far"]),
        ("generalPractitioner.where(resolve() is Practitioner).count()", [1]),
        ("link.other.resolve().empty()", [True]),
    ],
)
def test_references_resolve_inside_and_then_by_the_service(text: str, expected: list[Any]) -> None:
    far = {"resourceType": "Practitioner", "id": "far"}
    services = Services(resolve={"Practitioner/far": far}.get)
    patient = PATIENT | {
        "generalPractitioner": [{"reference": "Practitioner/far"}],
        "link": [{"other": {"reference": "Patient/lost"}}, {"other": {"display": "no reference"}}],
    }

    assert found(text, patient, services=services) == expected


def test_references_resolve_in_their_bundle() -> None:
    entries = [
        {"fullUrl": "http://x/Patient/p1", "resource": PATIENT},
        {"resource": {"resourceType": "Observation", "subject": {"reference": "Patient/p1"}}},
        {"resource": {"resourceType": "Observation", "subject": {"reference": "http://x/Patient/p1"}}},
    ]

    assert found(
        "entry.resource.ofType(Observation).subject.resolve().gender", {"resourceType": "Bundle", "entry": entries}
    ) == ["female", "female"]


def test_profiles_are_told_by_type_or_by_the_service(refusal: Callable[..., Issue]) -> None:
    services = Services(conforms_to=lambda _, url: True if url == "urn:mine" else None)

    assert found(f"conformsTo('{HL7}/StructureDefinition/Patient')") == [True]
    assert found(f"conformsTo('{HL7}/StructureDefinition/Person')") == [False]
    assert found("conformsTo('urn:mine')", services=services) == [True]
    assert "urn:other, which is not known here" in refusal("conformsTo('urn:other')").diagnostics


def test_membership_of_a_value_set_is_never_guessed(refusal: Callable[..., Issue]) -> None:
    services = Services(member_of=lambda code, _: code == "female")

    assert found("gender.memberOf('urn:vs')", services=services) == [True]
    assert found("language.memberOf('urn:vs')", services=services) == []
    assert "cannot be told here" in refusal("gender.memberOf('urn:vs')").diagnostics


def test_narratives_are_checked_by_the_service(refusal: Callable[..., Issue]) -> None:
    patient = {"resourceType": "Patient", "text": {"status": "generated", "div": "<div>x</div>"}}
    services = Services(html_checks=lambda text: text == "<div>x</div>")

    assert found("text.div.htmlChecks()", patient, services=services) == [True]
    assert found("text.htmlChecks()", patient, services=services) == [True]
    assert "supply html_checks" in refusal("text.div.htmlChecks()", patient).diagnostics


def test_modifier_extensions_that_are_not_named_are_refused(refusal: Callable[..., Issue]) -> None:
    patient = {"resourceType": "Patient", "contact": [{"modifierExtension": [{"url": "urn:m"}], "gender": "male"}]}

    assert found("contact.checkModifiers('urn:m').gender", patient) == ["male"]
    assert "urn:m" in refusal("contact.checkModifiers('urn:n')", patient).diagnostics
    assert found("contact.hasExtension('urn:m')", patient) == [False]
