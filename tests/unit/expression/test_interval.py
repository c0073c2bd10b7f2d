"""Intervals: a closed null bound is the end of the type, an open one is unknown, and unknown is not infinite."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from publisher.expression import interval
from publisher.expression.interval import Interval
from publisher.expression.interval_lists import collapse, expand
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import EvaluationError


def closed(low: Any, high: Any) -> Interval:
    return Interval(low, high)


def opened(low: Any, high: Any) -> Interval:
    return Interval(low, high, low_closed=False, high_closed=False)


UNKNOWN_END = Interval(5, None, high_closed=False)
ENDLESS = Interval(5, None)


def test_start_and_end() -> None:
    assert interval.start(opened(1, 5)) == 2
    assert interval.end(opened(Decimal(1), Decimal(5))) == Decimal("4.99999999")
    assert interval.end(ENDLESS) == 2**31 - 1
    assert interval.end(UNKNOWN_END) is None


@pytest.mark.parametrize(("low", "high"), [(5, 3), (Date(2026), Date(2025))])
def test_an_interval_cannot_end_before_it_starts(low: Any, high: Any) -> None:
    with pytest.raises(ValueError, match="ends before"):
        Interval(low, high)
    with pytest.raises(ValueError, match="ends before"):
        Interval(5, 5, high_closed=False)


@pytest.mark.parametrize(
    ("relation", "left", "right", "expected"),
    [
        ("includes", ENDLESS, 1000, True),
        ("includes", UNKNOWN_END, 1000, None),
        ("includes", UNKNOWN_END, 4, False),
        ("includes", closed(1, 5), closed(2, 6), False),
        ("properly_includes", closed(1, 5), closed(1, 5), False),
        ("properly_includes", closed(1, 5), 1, False),
        ("before", closed(1, 5), UNKNOWN_END, False),
        ("before", closed(1, 4), UNKNOWN_END, True),
        ("after", UNKNOWN_END, closed(1, 4), True),
        ("overlaps", closed(1, 5), UNKNOWN_END, True),
        ("overlaps", closed(7, 9), UNKNOWN_END, None),
        ("overlaps_before", closed(1, 5), closed(3, 9), True),
        ("overlaps_after", closed(3, 9), closed(1, 5), True),
        ("meets", closed(1, 4), closed(5, 9), True),
        ("meets_before", ENDLESS, closed(1, 4), False),
        ("meets_after", closed(5, 9), closed(1, 4), True),
        ("starts", closed(1, 3), closed(1, 9), True),
        ("ends", closed(7, 9), closed(1, 9), True),
        ("same_as", closed(1, 3), opened(0, 4), True),
        ("same_or_before", closed(1, 5), closed(5, 9), True),
        ("same_or_after", 5, closed(1, 5), True),
    ],
)
def test_relations(relation: str, left: Any, right: Any, expected: bool | None) -> None:
    assert getattr(interval, relation)(left, right) is expected


def test_relations_of_times_take_a_precision() -> None:
    may, june = closed(Date(2026, 5, 1), Date(2026, 5, 31)), closed(Date(2026, 5, 31), Date(2026, 6, 30))
    assert interval.overlaps(may, june) is True
    assert interval.before(may, june, "month") is False
    assert (
        interval.overlaps(closed(DateTime(2026, 2), DateTime(2026, 3)), closed(DateTime(2025), DateTime(2026))) is None
    )


def test_set_operators() -> None:
    assert interval.union(closed(1, 4), closed(5, 9)) == closed(1, 9)
    assert interval.union(closed(1, 3), closed(5, 9)) is None
    assert interval.intersect(closed(1, 9), UNKNOWN_END) == Interval(5, None, high_closed=False)
    assert interval.intersect(closed(1, 3), closed(5, 9)) is None
    assert interval.except_(closed(1, 9), closed(5, 9)) == closed(1, 4)
    assert interval.except_(closed(1, 9), closed(1, 4)) == closed(5, 9)
    assert interval.except_(closed(1, 9), closed(3, 4)) is None


def test_width_and_size() -> None:
    assert interval.width(closed(1, 5)) == 4
    assert interval.size(closed(1, 5)) == 5
    assert interval.width(UNKNOWN_END) is None
    with pytest.raises(TypeError):
        interval.width(closed(Date(2025), Date(2026)))


def test_equality_and_equivalence() -> None:
    assert interval.equal(closed(1, 5), opened(0, 6)) is True
    assert interval.equal(UNKNOWN_END, UNKNOWN_END) is None
    assert interval.equivalent(UNKNOWN_END, UNKNOWN_END)


def test_collapse() -> None:
    assert collapse([closed(3, 7), None, closed(1, 2), closed(10, 12)]) == [closed(1, 7), closed(10, 12)]
    apart = [closed(Date(2026, 1, 1), Date(2026, 1, 5)), closed(Date(2026, 1, 8), Date(2026, 1, 9))]
    assert collapse(apart) == apart
    assert collapse(apart, Quantity(Decimal(3), "day")) == [closed(Date(2026, 1, 1), Date(2026, 1, 9))]
    assert collapse([UNKNOWN_END]) == []


def test_expand() -> None:
    assert expand(closed(1, 10), Quantity(Decimal(4)), 100) == [1, 5]
    assert expand([closed(1, 4)], Quantity(Decimal(2)), 100) == [closed(1, 2), closed(3, 4)]
    assert expand(closed(Time(10, 0), Time(12, 30)), Quantity(Decimal(1), "hour"), 100) == [
        Time(10),
        Time(11),
        Time(12),
    ]
    assert expand(closed(Time(10), Time(10)), Quantity(Decimal(1), "minute"), 100) == []


def test_expand_has_a_limit() -> None:
    with pytest.raises(EvaluationError, match="more than 100"):
        expand(closed(1, 2**31 - 1), None, 100)
    with pytest.raises(EvaluationError, match="forward"):
        expand(closed(1, 5), Quantity(Decimal(0)), 100)
