"""Whether JSON has the shape of an R4 resource."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.r4.shape import fits

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
