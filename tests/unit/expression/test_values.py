"""Equality, equivalence and order of values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression.decimals import Long
from publisher.expression.interval import Interval
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Choice, Code, Concept, EvaluationError, equal, equivalent, order, same


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, Decimal("1.0"), True),
        (1, Long(1), True),
        (True, 1, False),
        ("a", "A", False),
        (None, 1, None),
        ([1, None], [1, None], True),
        ([1, None], [1, 2], None),
        ([1, None], [2, 2], False),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": None, "b": 1}, {"a": 1, "b": 2}, None),
        ({"a": 1, "b": None}, {"a": 2, "b": 2}, False),
        (Date(2026), Date(2026, 1), None),
        (Time(10, 0, 0), Time(10, 0, 0, 0), None),
        (Date(2026, 1, 2), "2026-01-02", True),
        (Interval(1, 5), Interval(2, 9), False),
        (Interval(1, 5), 3, None),
        (Interval(1, 5), 9, False),
        (Quantity(Decimal(1), "g"), Quantity(Decimal(1000), "mg"), True),
        (Choice("string", "a"), "a", True),
        (Concept((Code("a"),), "x"), Concept((Code("a"),), "x"), True),
        ("a", 1, False),
    ],
)
def test_equality(left: Any, right: Any, expected: bool | None) -> None:
    assert equal(left, right) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (None, None, True),
        (None, 1, False),
        ("Leg  cramp", "leg\tCramp", False),
        ("leg cramp", "Leg\tCramp", True),
        (Decimal("1.001"), Decimal("1.000"), True),
        (Decimal("1.001"), Decimal("1.01"), False),
        (Code("a", "s", "1"), Code("a", "s", "2", "A"), True),
        (Concept((Code("a"), Code("b"))), Code("b"), True),
        (Date(2026), Date(2026, 1), False),
        ([None], [None], True),
        (1, "1", False),
    ],
)
def test_equivalence(left: Any, right: Any, expected: bool) -> None:
    assert equivalent(left, right) is expected


def test_order() -> None:
    assert order(1, Decimal("1.5")) == -1
    assert order("b", "a") == 1
    assert order(Interval(1, 5), 9) == -1
    assert order(Interval(1, 5), 3) is None
    assert order(Quantity(Decimal(1), "g"), Quantity(Decimal(1), "mL")) is None
    assert order(DateTime(2026, 1, 1, offset=0), "2026-01-02") == -1


@pytest.mark.parametrize(("left", "right"), [("a", 1), (True, False), (Code("a"), Code("b")), (Date(2026), 1)])
def test_what_has_no_order_is_an_error(left: Any, right: Any) -> None:
    with pytest.raises(EvaluationError, match="cannot be ordered"):
        order(left, right)


def test_nulls_are_the_same_item_of_a_list() -> None:
    assert same(None, None)
    assert not same(None, 1)
