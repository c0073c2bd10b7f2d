"""FHIR elements become System values; a bound that is missing is unknown, but for the end of a period."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression import interval
from publisher.expression.fhir_helpers import NATIVE, native, to_interval, to_quantity
from publisher.expression.interval import Interval
from publisher.expression.quantity import Quantity
from publisher.expression.values import Code, Concept, EvaluationError

from .elm import evaluation

UCUM = "http://unitsofmeasure.org"


def test_a_quantity_of_ucum() -> None:
    assert to_quantity({"value": 5, "system": UCUM, "code": "mg"}) == Quantity(Decimal(5), "mg")
    assert to_quantity({"value": 0.1, "unit": "mL"}) == Quantity(Decimal("0.1"), "mL")
    assert to_quantity({"value": 3, "system": UCUM, "code": "d"}) == Quantity(Decimal(3), "day")
    assert to_quantity({"unit": "mg"}) is None


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({"value": 5, "system": "http://other.example"}, "unit"),
        ({"value": 5, "comparator": "<"}, "comparator"),
    ],
)
def test_a_quantity_that_is_not_one_value_is_an_error(element: dict[str, Any], code: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        to_quantity(element)
    assert caught.value.code == code


def test_a_comparator_makes_an_interval() -> None:
    less = to_interval(evaluation(), {"value": 5, "comparator": "<"})
    assert less == Interval(None, Quantity(Decimal(5)), high_closed=False)
    assert interval.includes(less, Quantity(Decimal(4))) is True


def test_a_period_without_an_end_goes_on_and_one_without_a_start_is_unknown() -> None:
    begun = to_interval(evaluation(), {"start": "2026-01-01"})
    ended = to_interval(evaluation(), {"end": "2026-01-01"})
    assert begun is not None
    assert ended is not None
    assert interval.includes(begun, evaluation().moment) is True
    assert interval.start(ended) is None
    assert interval.before(ended, evaluation().moment) is True


def test_a_range_without_a_bound_is_unknown_there() -> None:
    found = to_interval(evaluation(), {"low": {"value": 5}})
    assert interval.includes(found, Quantity(Decimal(1000))) is None
    assert interval.includes(found, Quantity(Decimal(4))) is False


def test_codes_and_concepts() -> None:
    coding = {"system": "s", "code": "a", "display": "A"}
    assert NATIVE["ToCode"](coding) == Code("a", "s", None, "A")
    assert NATIVE["ToConcept"]({"coding": [coding], "text": "t"}) == Concept((Code("a", "s", None, "A"),), "t")


def test_primitives() -> None:
    assert NATIVE["ToString"]("active") == "active"
    assert NATIVE["ToDecimal"](5) == Decimal(5)
    assert str(native("ToDateTime", None, ())(evaluation(), "2026-01")) == "2026-01"
    assert str(NATIVE["ToDate"]("2026-01-02")) == "2026-01-02"
