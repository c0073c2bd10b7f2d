"""Dates and times keep their precision; what it leaves open stays open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from publisher.expression import temporal
from publisher.expression.temporal import (
    Date,
    DateTime,
    Time,
    add,
    compare,
    parse_date,
    parse_date_time,
    parse_time,
)


@pytest.mark.parametrize("text", ["2026", "2026-11", "2026-11-22"])
def test_a_date_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_date(text)) == text


@pytest.mark.parametrize(
    "text", ["2026", "2026-11-22", "2026-11-22T10", "2026-11-22T10:05:06.789", "2026-11-22T10:05:06+01:00"]
)
def test_a_date_time_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_date_time(text)) == text


@pytest.mark.parametrize("text", ["10", "10:05", "10:05:06", "10:05:06.789"])
def test_a_time_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_time(text)) == text


@pytest.mark.parametrize("text", ["2026/11", "2026-13", "2026-02-30", "26", "2025-02-29", "2026-11-22T25", "0000"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date_time(text) is None


def test_fractions_beyond_milliseconds_are_cut() -> None:
    assert parse_date_time("2026-11-22T10:05:06.78999Z") == DateTime(2026, 11, 22, 10, 5, 6, 789, 0)
    assert parse_time("T10:05:06.5") == Time(10, 5, 6, 500)


def test_an_assumed_offset_is_not_written() -> None:
    assumed = temporal.with_offset(DateTime(2026, 11, 22, 10), 60)
    assert str(assumed) == "2026-11-22T10"
    assert assumed.offset == 60
    assert temporal.with_offset(DateTime(2026, offset=0), 60).offset == 0


@pytest.mark.parametrize("parts", [(2026, 13), (2026, 2, 30), (10_000,), (2026, None, 3)])
def test_impossible_dates_are_refused(parts: Any) -> None:
    with pytest.raises(ValueError, match=r"possible|no day"):
        Date(*parts)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("2026", "2026", 0),
        ("2026", "2027-01", -1),
        ("2026", "2026-01", None),
        ("2026-11-22T10:00:00Z", "2026-11-22T11:00:00+01:00", 0),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+01:00", 1),
        ("2026-11-22", "2026-11-22T10", None),
    ],
)
def test_comparison(left: str, right: str, expected: int | None) -> None:
    one, other = parse_date_time(left), parse_date_time(right)
    assert compare(one, other) == expected
    assert compare(other, one) == (None if expected is None else -expected)


def test_a_missing_millisecond_is_zero_unless_it_is_to_be_exact() -> None:
    one, other = Time(10, 0, 0), Time(10, 0, 0, 0)
    assert compare(one, other) == 0
    assert compare(one, other, exact=True) is None


def test_comparison_to_a_precision() -> None:
    one, other = Date(2026, 11, 22), Date(2026, 11, 1)
    assert compare(one, other, "month") == 0
    assert compare(one, Date(2026), "month") is None


def test_days_are_compared_in_the_offset_of_the_evaluation() -> None:
    late, early = parse_date_time("2026-11-22T23:30:00Z"), parse_date_time("2026-11-23T00:10:00Z")
    assert compare(late, early, "day", 0) == -1
    assert compare(late, early, "day", 60) == 0


@pytest.mark.parametrize(
    ("value", "amount", "unit", "expected"),
    [
        (Date(2026, 1, 31), 1, "month", Date(2026, 2, 28)),
        (Date(2024, 2, 29), 1, "year", Date(2025, 2, 28)),
        (Date(2026, 12, 31), 1, "day", Date(2027, 1, 1)),
        (Date(2026, 1, 1), 2, "week", Date(2026, 1, 15)),
        (Date(2014), 24, "month", Date(2016)),
        (Date(2014), 735, "day", Date(2016)),
        (Date(2014, 6), -33, "day", Date(2014, 5)),
        (DateTime(2026, 1, 1, 23, 30), 45, "minute", DateTime(2026, 1, 2, 0, 15)),
        (Time(23, 30), 1, "hour", Time(0, 30)),
        (Time(10), 90, "minute", Time(11)),
    ],
)
def test_addition(value: Any, amount: int, unit: str, expected: Any) -> None:
    assert add(value, amount, unit) == expected


def test_addition_beyond_the_calendar_is_refused() -> None:
    for value, amount, unit in (
        (Date(9999), 1, "year"),
        (Date(9999, 12, 31), 1, "day"),
        (Date(1, 1), -1, "month"),
    ):
        with pytest.raises(OverflowError):
            add(value, amount, unit)
    with pytest.raises(OverflowError):
        temporal.neighbour(temporal.MAXIMUM_TIME, 1)


@pytest.mark.parametrize(
    ("start", "end", "unit", "expected"),
    [
        (Date(2000, 2, 29), Date(2026, 2, 28), "year", (25, 25)),
        (Date(2026, 1, 31), Date(2026, 2, 28), "month", (0, 0)),
        (Date(2026, 2, 28), Date(2026, 1, 31), "month", (0, 0)),
        (DateTime(2005), DateTime(2010), "year", (4, 5)),
        (DateTime(2015, 2, 10), DateTime(2015, 3), "day", (18, 49)),
        (Time(10), Time(12, 30), "hour", (1, 2)),
    ],
)
def test_duration(start: Any, end: Any, unit: str, expected: tuple[int, int]) -> None:
    assert temporal.duration_between(start, end, unit) == expected


@pytest.mark.parametrize(
    ("start", "end", "unit", "expected"),
    [
        (Date(2025, 12, 31), Date(2026, 1, 1), "year", (1, 1)),
        (Date(2026, 11, 21), Date(2026, 11, 22), "week", (1, 1)),
        (Date(2026, 11, 22), Date(2026, 11, 28), "week", (0, 0)),
        (Date(2026), Date(2026, 3), "month", (-9, 2)),
    ],
)
def test_difference_counts_boundaries(start: Any, end: Any, unit: str, expected: tuple[int, int]) -> None:
    assert temporal.difference_between(start, end, unit) == expected


def test_boundaries_of_what_is_not_known() -> None:
    assert temporal.boundary(Date(2024, 2), "day", high=True) == Date(2024, 2, 29)
    assert temporal.boundary(Time(10), "minute", high=False) == Time(10, 0)


def test_a_clock_becomes_a_date_time() -> None:
    zone = timezone(timedelta(hours=2))
    assert temporal.from_datetime(datetime(2026, 11, 22, 10, 5, 6, 7999, zone)) == DateTime(
        2026, 11, 22, 10, 5, 6, 7, 120
    )
    assert temporal.from_datetime(datetime(2026, 1, 1, tzinfo=UTC)).offset == 0
