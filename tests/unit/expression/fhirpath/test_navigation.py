"""Steps into R4 data: choices, what stands beside a primitive, types known only at run time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.fhirpath import Element, compile_fhirpath
from tests.unit.expression.fhirpath.conftest import OBSERVATION, PATIENT, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.issue import Issue

BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "entry": [
        {"fullUrl": "http://x/Patient/p1", "resource": PATIENT},
        {"fullUrl": "http://x/Observation/1", "resource": OBSERVATION},
        {"resource": {"resourceType": "Nonsense", "id": "n"}},
    ],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient.name.family", ["Ek"]),
        ("name.family", ["Ek"]),
        ("Resource.id | DomainResource.id", ["p1"]),
        ("Encounter.id", []),
        ("name.given", ["Anna", "Eva", "Ann", None]),
        ("name.given.count()", [4]),
        ("name.given.select(hasValue())", [True, True, True, False]),
        ("name.given.extension.url", ["urn:unknown"]),
        ("birthDate.extension('urn:time').value", ["1951-03-02T14:35:45-05:00"]),
        ("birthDate.id", ["b"]),
        ("language.exists()", [True]),
        ("language.hasValue()", [False]),
        ("language = 'sv'", []),
        ("language.extension.value", ["x"]),
        ("contact.gender", ["male"]),
        ("contact.name.family", ["Berg"]),
        ("contained.id", ["o1"]),
        ("contained.name", ["Ward"]),
        ("contained.ofType(Organization).name", ["Ward"]),
        ("name.nothing", []),
        ("nothing.at.all", []),
        ("multipleBirth + 1", [3]),
        ("deceased.is(dateTime)", [True]),
        ("deceasedDateTime", []),
    ],
)
def test_paths_find_elements_by_their_r4_names(text: str, expected: list[Any]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value.unit", ["lbs"]),
        ("value.ofType(Quantity).unit", ["lbs"]),
        ("(value as Quantity).unit", ["lbs"]),
        ("value.as(Quantity).unit", ["lbs"]),
        ("value.ofType(string)", []),
        ("value is Quantity", [True]),
        ("value is string", [False]),
        ("valueQuantity", []),
        ("effective", ["2016-03-28"]),
        ("component.value", ["x", 3, None]),
        ("component.value.ofType(string)", ["x", None]),
        ("component.value.ofType(integer) + 1", [4]),
        ("component.value.type().name", ["string", "integer", "string"]),
        ("component.value.select(hasValue())", [True, True, False]),
        ("extension('urn:age').value is Age", [True]),
        ("extension('urn:age').value is Quantity", [True]),
        ("extension('urn:age').value is Duration", [False]),
        ("extension.value.ofType(Quantity).value", [41]),
    ],
)
def test_a_choice_is_found_without_its_type_and_knows_it(text: str, expected: list[Any]) -> None:
    assert found(text, OBSERVATION) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("entry.resource.ofType(Patient).name.family", ["Ek"]),
        ("entry.resource.status", ["final"]),
        ("entry.resource.where($this is Observation).value.unit", ["lbs"]),
        ("entry.resource.where($this is DomainResource).count()", [2]),
        ("entry.resource.id", ["p1", "n"]),
        ("entry[0].resource.name.given.first()", ["Anna"]),
        ("entry.resource.value is Quantity", [True]),
        ("entry.resource.select(Patient.gender)", ["female"]),
        ("entry.first().resource.children().ofType(HumanName).use", ["official", "nickname"]),
        ("entry.resource.descendants().ofType(Coding).code", ["29463-7"]),
        ("entry.resource.descendants().where($this is date).count()", [1]),
    ],
)
def test_resources_of_any_type_tell_their_type_at_run_time(text: str, expected: list[Any]) -> None:
    assert found(text, BUNDLE) == expected


def test_children_come_in_the_order_of_their_definition_with_their_types() -> None:
    name = {"resourceType": "Patient", "name": [{"given": ["A"], "use": "usual", "_use": {"id": "u"}}]}

    result = compile_fhirpath("name.children()").evaluate_typed(name)

    assert result.items == (("usual", "code"), ("A", "string"))


def test_descendants_are_all_below_and_not_the_items_themselves() -> None:
    assert found("descendants()", {"resourceType": "Patient", "name": [{"given": ["A", "B"]}], "id": "x"}) == [
        "x",
        {"given": ["A", "B"]},
        "A",
        "B",
    ]


def test_repeat_follows_items_into_items() -> None:
    questionnaire = {
        "resourceType": "Questionnaire",
        "item": [{"linkId": "1", "item": [{"linkId": "1.1", "item": [{"linkId": "1.1.1"}]}]}, {"linkId": "2"}],
    }

    assert found("repeat(item).linkId", questionnaire) == ["1", "2", "1.1", "1.1.1"]
    assert found("descendants().linkId.isDistinct()", questionnaire) == [True]


def test_an_element_can_be_the_context_by_its_type_or_path() -> None:
    contact = {"gender": "male", "name": {"family": "Berg"}}

    assert compile_fhirpath("name.family", type="Patient.contact").evaluate(contact) == ["Berg"]
    assert compile_fhirpath("family", type="Patient.name").evaluate({"family": "Ek"}) == ["Ek"]
    assert compile_fhirpath("$this.length()", type="string").evaluate("abc") == [3]
    assert compile_fhirpath("low.value", type="RiskAssessment.prediction.probability[x]").evaluate(
        Element({"low": {"value": 1}}, "Range")
    ) == [1]


def test_a_primitive_with_what_stands_beside_it_can_be_the_context() -> None:
    silent = Element(None, "string", {"extension": [{"url": "urn:x"}]})

    assert compile_fhirpath("hasValue() or children().count() > id.count()").evaluate(silent) == [True]
    assert compile_fhirpath("hasValue()").evaluate(silent) == [False]


def test_an_object_without_a_type_is_read_by_its_names() -> None:
    assert found("a.b", {"a": [{"b": 1}, {"b": "x"}]}) == [1, "x"]


def test_numbers_of_the_standard_json_reader_are_exact_decimals() -> None:
    quantity = {"resourceType": "Observation", "valueQuantity": {"value": 0.1, "code": "g", "unit": "g"}}

    assert found("value.value + 0.2", quantity) == [Decimal("0.3")]
    assert found("value = 0.1 'g'", quantity) == [True]


def test_a_type_that_r4_has_not_is_refused(refusal: Callable[..., Issue]) -> None:
    assert "the type Patiend" in refusal("id", type="Patiend").diagnostics
    assert "the type string1" in refusal("gender.ofType(string1)").diagnostics


def test_the_operator_as_takes_several_items_and_the_function_does_not(refusal: Callable[..., Issue]) -> None:
    contexts = [
        {"valueQuantity": {"value": 1}},
        {"valueCodeableConcept": {"text": "x"}},
        {"valueQuantity": {"value": 2}},
    ]
    library = {"resourceType": "Library", "useContext": contexts}

    assert found("(useContext.value as Quantity).value", library) == [1, 2]
    assert "several items" in refusal("useContext.value.as(Quantity)", library).diagnostics


def test_the_data_are_not_changed(patient: dict[str, Any]) -> None:
    for text in ("name.given.combine(name.given).distinct()", "descendants()", "name.sort(-use)", "name.tail()"):
        found(text, patient)

    assert patient == PATIENT
