"""Arithmetic of the calendar on plain numbers: milliseconds, months, whole periods.

https://cql.hl7.org/09-b-cqlreference.html#add-1 and #duration. Moments are tuples of seven components, year to
millisecond, without an offset.
"""

from __future__ import annotations

from datetime import date as calendar_date
from typing import Any

Parts = tuple[int | None, ...]

PRECISIONS = ("year", "month", "day", "hour", "minute", "second", "millisecond")
RANK = {name: index for index, name in enumerate(PRECISIONS)}
DAY_MS = 86_400_000
LOWEST = (1, 1, 1, 0, 0, 0, 0)
HIGHEST = (9999, 12, 31, 23, 59, 59, 999)
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# How many of the next finer unit make one, where a value is less precise than the quantity added to it.
_STEPS = (("millisecond", 1000), ("second", 60), ("minute", 60), ("hour", 24), ("day", 30), ("month", 12))
UNIT_MS = {"day": DAY_MS, "hour": 3_600_000, "minute": 60_000, "second": 1000, "millisecond": 1}
_DAYS_IN_YEAR = 365


def days_in_month(year: int, month: int) -> int:
    """Return the number of days of a month."""
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)  # noqa: PLR2004  February
    return 29 if leap else _MONTH_DAYS[month - 1]


def to_milliseconds(parts: Any) -> int:
    """Return a moment as a count of milliseconds; what is missing is at its least."""
    year, month, day, *time = (low if part is None else part for part, low in zip(parts, LOWEST, strict=True))
    return calendar_date(year, month, day).toordinal() * DAY_MS + time_milliseconds(time)


def time_milliseconds(time: Any) -> int:
    """Return a time of day, of four components, as milliseconds since midnight."""
    hour, minute, second, millisecond = (part or 0 for part in time)
    return int(((hour * 60 + minute) * 60 + second) * 1000 + millisecond)


def from_milliseconds(total: int) -> tuple[int, ...] | None:
    """Return the seven components of a count of milliseconds, None outside the years 1 to 9999."""
    days, rest = divmod(total, DAY_MS)
    if not 1 <= days <= calendar_date.max.toordinal():
        return None
    day = calendar_date.fromordinal(days)
    return day.year, day.month, day.day, *time_parts(rest)


def time_parts(rest: int) -> tuple[int, int, int, int]:
    """Return the four components of milliseconds since midnight."""
    seconds, millisecond = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return hour, minute, second, millisecond


def unit_ms(unit: str) -> int:
    """Return the milliseconds of a unit of fixed length, or raise ValueError for another."""
    if unit not in UNIT_MS:
        raise ValueError(f"a time has no {unit}")
    return UNIT_MS[unit]


def whole(amount: Any, unit: str) -> tuple[int, str]:
    """Return a duration as whole units: weeks as days, seconds with decimals as milliseconds."""
    if unit == "week":
        return int(amount) * 7, "day"
    if unit == "second" and amount != int(amount):
        return int(amount * 1000), "millisecond"
    return int(amount), unit


def coarsened(count: int, unit: str, rank: int) -> tuple[int, str]:
    """Return a duration in whole units of a coarser precision, towards zero."""
    if unit == "day" and rank == 0:
        return _towards_zero(count, _DAYS_IN_YEAR), "year"
    for name, size in _STEPS:
        if unit == name and RANK[unit] > rank:
            count, unit = _towards_zero(count, size), PRECISIONS[RANK[unit] - 1]
            if unit == "day" and rank == 0:
                return _towards_zero(count, _DAYS_IN_YEAR), "year"
    return count, unit


def _towards_zero(count: int, size: int) -> int:
    return count // size if count >= 0 else -(-count // size)


def duration(start: tuple[int, ...], end: tuple[int, ...], unit: str) -> int:
    """Return the whole periods of a unit from one moment to another."""
    if start > end:
        return -duration(end, start, unit)
    if unit in ("year", "month"):
        months = (end[0] - start[0]) * 12 + end[1] - start[1] - (end[2:] < start[2:])
        return months // 12 if unit == "year" else months
    size = 7 * DAY_MS if unit == "week" else UNIT_MS[unit]
    return (to_milliseconds(end) - to_milliseconds(start)) // size


def difference(start: tuple[int, ...], end: tuple[int, ...], unit: str) -> int:
    """Return the boundaries of a unit between two moments."""
    if unit == "year":
        return end[0] - start[0]
    if unit == "month":
        return (end[0] - start[0]) * 12 + end[1] - start[1]
    size = 7 * DAY_MS if unit == "week" else UNIT_MS[unit]
    # Day 0 of the count is a Sunday, on which weeks begin.
    return to_milliseconds(end) // size - to_milliseconds(start) // size
