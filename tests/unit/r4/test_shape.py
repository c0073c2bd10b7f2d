"""Whether JSON has the shape of an R4 resource."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.r4.shape import fits, is_modifier, misfits

CONDITION = {"resourceType": "Condition", "code": {"coding": [{"code": "x"}]}, "subject": {"reference": "Patient/1"}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"unknown": 3},
        {"_recordedDate": {"extension": []}},
        {"onsetAge": {"value": Decimal("1.5")}},
        {"contained": [{"resourceType": "Patient", "name": [{"given": [None, "x"]}]}]},
    ],
)
def test_what_has_the_shape_of_r4_fits(more: dict[str, Any]) -> None:
    assert fits({**CONDITION, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"resourceType": "Nothing"},
        {"resourceType": 3},
        {"code": "x"},
        {"code": {"coding": {"x": 1}}},
        {"code": {"coding": [1]}},
        {"clinicalStatus": "active"},
        {"subject": None},
        {"onsetAge": {"code": " a"}},
        {"onsetAge": {"code": ""}},
        {"onsetAge": {"code": 1}},
        {"onsetAge": [{"value": 1}]},
        {"note": {"text": "x"}},
        {"recordedDate": True},
        {"onsetAge": {"value": True}},
        {"contained": [{"resourceType": "Patient", "active": "true"}]},
        {"contained": {"resourceType": "Patient"}},
        {"implicitRules": "https://x.example"},
        {"modifierExtension": [{"url": "https://x.example"}]},
        {"stage": [{"modifierExtension": [{"url": "https://x.example"}]}]},
        {"contained": [{"resourceType": "Patient", "modifierExtension": [{"url": "https://x.example"}]}]},
    ],
)
def test_what_is_elsewhere_or_of_another_json_type_does_not_fit(more: dict[str, Any]) -> None:
    assert not fits({**CONDITION, **more})


@pytest.mark.parametrize("value", [None, [], "Condition", 3])
def test_what_is_no_object_does_not_fit(value: Any) -> None:
    assert not fits(value)


@pytest.mark.parametrize(("levels", "is_read"), [(63, True), (64, False)])
def test_objects_nest_to_a_depth_that_is_the_same_in_lists_and_out_of_them(levels: int, is_read: bool) -> None:
    listed: dict[str, Any] = {"url": "x"}
    single: dict[str, Any] = {"display": "x"}
    for _ in range(levels):
        listed = {"extension": [listed]}
    for _ in range(levels // 2):
        single = {"identifier": {"assigner": single}}
    assert fits({**CONDITION, "extension": [listed]}) is is_read
    assert fits({**CONDITION, "subject": single}) is is_read


def test_nesting_has_an_end() -> None:
    deep: dict[str, Any] = {"resourceType": "Bundle"}
    for _ in range(100):
        deep = {"resourceType": "Bundle", "entry": [{"resource": deep}]}
    assert not fits(deep)


MODIFIER = [{"url": "https://x.example"}]


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({}, []),
        ({"resourceType": "Nothing"}, ["resourceType"]),
        ({"id": 1, "code": {"coding": [{"code": "x"}, {"code": "x "}], "text": 2}},
         ["code.coding[1].code", "code.text", "id"]),
        ({"code": {"coding": [{"code": 1}, 2]}}, ["code.coding"]),
        ({"clinicalStatus": "active"}, ["clinicalStatus"]),
        ({"stage": {"type": {}}}, ["stage"]),
        ({"contained": {"resourceType": "Patient"}}, ["contained"]),
        ({"contained": [{"resourceType": "Patient", "active": 1}, {"resourceType": "Patient"}, {"id": "x"}]},
         ["contained[0].active", "contained[2].resourceType"]),
        ({"contained": [{"resourceType": "Patient", "name": [{"given": [1]}]}]}, ["contained[0].name[0].given"]),
        ({"stage": [{"type": {}}, {"modifierExtension": MODIFIER}]}, ["stage[1].modifierExtension"]),
        ({"implicitRules": "https://x.example"}, ["implicitRules"]),
    ],
)  # fmt: skip
def test_the_places_that_do_not_fit_are_told(more: dict[str, Any], places: list[str]) -> None:
    resource = {**CONDITION, **more}
    assert list(misfits(resource)) == places
    assert fits(resource) is (places == [])


@pytest.mark.parametrize(
    ("kind", "status", "does_fit"),
    [
        ("MedicationRequest", "on-hold", True),
        ("MedicationRequest", "On-hold", False),
        ("MedicationRequest", ["active"], False),
        ("QuestionnaireResponse", "completed", True),
        ("QuestionnaireResponse", "final", False),
        ("Observation", "final", True),
        ("Encounter", "discharged", False),
        ("Library", "active", True),
    ],
)
def test_a_status_is_one_of_those_of_r4(kind: str, status: Any, does_fit: bool) -> None:
    resource = {"resourceType": kind, "status": status}
    assert fits(resource) is does_fit
    assert list(misfits(resource)) == ([] if does_fit else ["status"])


def test_what_does_not_fit_for_its_depth_is_told_at_some_place() -> None:
    inner: dict[str, Any] = {"url": "https://x.example", "valueString": "x"}
    for _ in range(80):
        inner = {"url": "https://x.example", "extension": [inner]}
    (place,) = misfits({**CONDITION, "extension": [inner]})
    assert place.startswith("extension[0].extension[0].extension")
    held: dict[str, Any] = {"resourceType": "Patient"}
    for _ in range(80):
        held = {"resourceType": "Patient", "contained": [held]}
    (place,) = misfits(held)
    assert place.startswith("contained[0].contained[0].contained[0]")


@pytest.mark.parametrize("value", [None, [], "Condition", 3])
def test_what_is_no_object_is_told_as_a_whole(value: Any) -> None:
    assert list(misfits(value)) == [""]


def test_places_that_change_the_meaning_are_told_apart() -> None:
    assert is_modifier("component[2].modifierExtension")
    assert is_modifier("implicitRules")
    assert not is_modifier("component[2].code")
    assert not is_modifier("modifierExtension.url")
