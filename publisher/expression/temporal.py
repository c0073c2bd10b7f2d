"""Date, DateTime and Time with the precision they were written in.

https://cql.hl7.org/09-b-cqlreference.html#datetime-2, and https://hl7.org/fhirpath/#dates-and-times for the text forms.
A comparison that the missing precision leaves open is None, and a duration is the pair of what it is at least and at
most. `offset` is minutes east of UTC; `assumed` marks one that was not written but taken from the evaluation.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from publisher.expression import calendar_arithmetic as calendar
from publisher.expression.calendar_arithmetic import (
    DAY_MS,
    HIGHEST,
    LOWEST,
    days_in_month,
    from_milliseconds,
    time_milliseconds,
    time_parts,
    to_milliseconds,
    unit_ms,
)
from publisher.record import record

if TYPE_CHECKING:
    from datetime import datetime

Parts = tuple[int | None, ...]

PRECISIONS, RANK = calendar.PRECISIONS, calendar.RANK

_TIME = r"(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:\d{2})"
_DATE = r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?"
_DATE_PATTERN = re.compile(_DATE)
_DATE_TIME_PATTERN = re.compile(rf"{_DATE}(?:T(?:{_TIME}{_ZONE}?)?)?")
_TIME_PATTERN = re.compile(rf"T?{_TIME}(?:{_ZONE})?")


def _check(parts: Parts, first: int) -> None:
    """Raise ValueError where a component is out of range, or stands after one that is missing."""
    gap = False
    for index, value in enumerate(parts, first):
        if value is None:
            gap = True
        elif gap or not LOWEST[index] <= value <= HIGHEST[index]:
            raise ValueError(f"{PRECISIONS[index]} {value} is not possible here")


def _check_day(year: int, month: int | None, day: int | None) -> None:
    if month is not None and day is not None and day > 28 and day > days_in_month(year, month):  # noqa: PLR2004
        raise ValueError(f"{year:04}-{month:02} has no day {day}")


@record
class Date:
    """A date to the year, month or day."""

    year: int
    month: int | None = None
    day: int | None = None
    first: ClassVar[int] = 0

    def __post_init__(self) -> None:
        _check(self.parts, 0)
        _check_day(self.year, self.month, self.day)

    @property
    def parts(self) -> Parts:
        """Return the components, coarsest first, None where not given."""
        return self.year, self.month, self.day

    @property
    def precision(self) -> str:
        """Return the name of the finest component given."""
        return _precision(self)

    def __str__(self) -> str:
        return _date_text(self.parts)


@record
class DateTime:
    """A point in time to any precision; `offset` in minutes east of UTC, None where unknown."""

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None
    offset: int | None = None
    assumed: bool = field(default=False, compare=False)
    first: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not self._is_plain():
            _check(self.parts, 0)
            _check_day(self.year, self.month, self.day)

    def _is_plain(self) -> bool:
        """Return whether it is certainly possible: to the second or finer, and on no last day of a month."""
        month, day, hour, minute, second = self.month, self.day, self.hour, self.minute, self.second
        if month is None or day is None or hour is None or minute is None or second is None:
            return False
        date = 0 < self.year < 10_000 and 0 < month < 13 and 0 < day < 29  # noqa: PLR2004  a calendar
        time = -1 < hour < 24 and -1 < minute < 60 and -1 < second < 60  # noqa: PLR2004  a clock
        return date and time and -1 < (self.millisecond or 0) < 1000  # noqa: PLR2004

    @property
    def parts(self) -> Parts:
        """Return the components, coarsest first, None where not given."""
        return self.year, self.month, self.day, self.hour, self.minute, self.second, self.millisecond

    @property
    def precision(self) -> str:
        """Return the name of the finest component given."""
        return _precision(self)

    def __str__(self) -> str:
        text = _date_text(self.parts[:3])
        if self.hour is None:
            return text
        zone = "" if self.offset is None or self.assumed else offset_text(self.offset)
        return f"{text}T{_time_text(self.parts[3:])}{zone}"


@record
class Time:
    """A time of day to any precision."""

    hour: int
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None
    first: ClassVar[int] = 3

    def __post_init__(self) -> None:
        _check(self.parts, 3)

    @property
    def parts(self) -> Parts:
        """Return the components, coarsest first, None where not given."""
        return self.hour, self.minute, self.second, self.millisecond

    @property
    def precision(self) -> str:
        """Return the name of the finest component given."""
        return _precision(self)

    def __str__(self) -> str:
        return _time_text(self.parts)


Temporal = Date | DateTime | Time
MINIMUM_DATE, MAXIMUM_DATE = Date(*LOWEST[:3]), Date(*HIGHEST[:3])
MINIMUM_TIME, MAXIMUM_TIME = Time(*LOWEST[3:]), Time(*HIGHEST[3:])
MINIMUM_DATE_TIME, MAXIMUM_DATE_TIME = DateTime(*LOWEST, offset=0), DateTime(*HIGHEST, offset=0)


def _precision(value: Temporal) -> str:
    given = sum(part is not None for part in value.parts)
    return PRECISIONS[value.first + given - 1]


# -- text ---------------------------------------------------------------------------------------------------------


def _date_text(parts: Parts) -> str:
    return "-".join(f"{part:0{4 if index == 0 else 2}}" for index, part in enumerate(parts) if part is not None)


def _time_text(parts: Parts) -> str:
    text = ":".join(f"{part:02}" for part in parts[:3] if part is not None)
    return text if parts[3] is None else f"{text}.{parts[3]:03}"


def offset_text(offset: int) -> str:
    """Return an offset as `+01:00`, or `Z`-less `+00:00`."""
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _offset(zone: str | None) -> int | None:
    if zone is None or zone == "Z":
        return None if zone is None else 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    if minutes > 14 * 60 or int(zone[4:6]) > 59:  # noqa: PLR2004  no place is further from UTC
        raise ValueError(f"{zone} is no time zone offset")
    return -minutes if zone[0] == "-" else minutes


def _milliseconds(fraction: str | None) -> int | None:
    return None if fraction is None else int(fraction[:3].ljust(3, "0"))


def parse_date(text: str) -> Date | None:
    """Return the Date that `text` (`2026-11`) is, or None."""
    match = _DATE_PATTERN.fullmatch(text)
    try:
        return Date(*(_number(each) for each in match.groups())) if match else None  # type: ignore[arg-type]
    except ValueError:
        return None


def parse_date_time(text: str, assumed: int | None = None) -> DateTime | None:
    """Return the DateTime that `text` (`2026-11-22T10:00+01:00`, `2026T`, `2026`) is, or None.

    One without an offset is in the `assumed` one.
    """
    match = _DATE_TIME_PATTERN.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups()
    year, month, day, hour, minute, second = [None if each is None else int(each) for each in numbers]
    try:
        offset, given = (_offset(zone), False) if zone or assumed is None else (assumed, True)
        return DateTime(year or 0, month, day, hour, minute, second, _milliseconds(fraction), offset, given)
    except ValueError:
        return None


def parse_time(text: str) -> Time | None:
    """Return the Time that `text` (`T10:30`, `10:30:00.5`) is, or None; an offset in it is left out."""
    match = _TIME_PATTERN.fullmatch(text)
    if match is None:
        return None
    numbers = [_number(match[name]) for name in PRECISIONS[3:6]]
    try:
        return Time(*numbers, _milliseconds(match["fraction"]))  # type: ignore[arg-type,call-arg]
    except ValueError:
        return None


def from_datetime(moment: datetime) -> DateTime:
    """Return a Python datetime as a DateTime to the millisecond; without a time zone it has no offset."""
    zone = moment.utcoffset()
    offset = None if zone is None else int(zone.total_seconds() // 60)
    parts = (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    return DateTime(*parts, moment.microsecond // 1000, offset)


# -- components ---------------------------------------------------------------------------------------------------


def component(value: Temporal, precision: str) -> int | None:
    """Return one component of a value, None where it is not given."""
    part: int | None = getattr(value, precision, None)
    return part


def truncated(value: Any, precision: str) -> Any:
    """Return `value` to no finer than `precision`."""
    kept = RANK[precision] - value.first + 1
    return _rebuilt(value, tuple(part if index < kept else None for index, part in enumerate(value.parts)))


def _rebuilt(value: Any, parts: Parts) -> Any:
    if type(value) is DateTime:
        return DateTime(*parts, value.offset, value.assumed)  # type: ignore[arg-type,call-arg]
    return type(value)(*parts)


def with_offset(value: DateTime, offset: int) -> DateTime:
    """Return `value` with an assumed offset where it has none of its own."""
    return value if value.offset is not None else replace(value, offset=offset, assumed=True)


def to_date(value: DateTime) -> Date:
    """Return the date part, as it is in the value's own offset."""
    return Date(value.year, value.month, value.day)


def to_date_time(value: Date, offset: int | None = None) -> DateTime:
    """Return a date as a DateTime without a time."""
    return DateTime(value.year, value.month, value.day, offset=offset, assumed=offset is not None)


def to_time(value: DateTime) -> Time | None:
    """Return the time part, None where there is none."""
    if value.hour is None:
        return None
    return Time(value.hour, value.minute, value.second, value.millisecond)


def lowest(value: Any) -> Any:
    """Return the first moment that `value` may be: what is missing is filled with its least."""
    return _filled(value, LOWEST)


def highest(value: Any) -> Any:
    """Return the last moment that `value` may be: what is missing is filled with its greatest."""
    return _filled(value, HIGHEST)


def _filled(value: Any, limits: tuple[int, ...]) -> Any:
    limit = limits[value.first :]
    parts = [limit[index] if part is None else part for index, part in enumerate(value.parts)]
    if limits is HIGHEST and value.first == 0 and value.parts[2] is None:
        parts[2] = days_in_month(parts[0], parts[1])
    return _rebuilt(value, tuple(parts))


def boundary(value: Any, precision: str, *, high: bool) -> Any:
    """Return the first or last value of `precision` within the uncertainty of `value` (LowBoundary, HighBoundary)."""
    return truncated(highest(value) if high else lowest(value), precision)


# -- comparison ---------------------------------------------------------------------------------------------------


def compare(
    left: Any, right: Any, precision: str | None = None, offset: int | None = None, *, exact: bool = False
) -> int | None:
    """Return -1, 0 or 1, or None where the precision of the two leaves it open.

    Compares component by component, to `precision` where given. Different offsets are brought to `offset` first, else
    to that of the right value. Seconds and milliseconds are one decimal component, as in FHIRPath; with `exact` a
    millisecond that is not given is not known, as the CQL tests have it.
    """
    ours, theirs, known = _aligned(left, right, None if precision is None and _are_alike(left, right) else offset)
    if not known:
        return None
    last = len(ours) if precision is None else RANK[precision] - left.first + 1
    for index in range(last):
        one, other = ours[index], theirs[index]
        if one is None or other is None:
            if exact or index + left.first != RANK["millisecond"]:
                return 0 if one is other and precision is None else None
            one, other = one or 0, other or 0
        if one != other:
            return -1 if one < other else 1
    return 0


def _are_alike(left: Any, right: Any) -> bool:
    """Return whether both are times of day on a date in one offset: which is the earlier is the same in any other."""
    if type(left) is not DateTime or type(right) is not DateTime:
        return False
    return left.offset == right.offset and left.hour is not None and right.hour is not None


def _aligned(left: Any, right: Any, offset: int | None) -> tuple[Parts, Parts, bool]:
    """Return the parts of both in one offset and one length, and whether that could be done."""
    ours, theirs = left.parts, right.parts
    if left.first:
        return ours, theirs, bool(right.first)
    ours, theirs = ours + (None,) * (7 - len(ours)), theirs + (None,) * (7 - len(theirs))
    mine, other = getattr(left, "offset", None), getattr(right, "offset", None)
    if mine == other and (offset is None or mine == offset or mine is None):
        return ours, theirs, True
    if mine is None or other is None:
        return ours, theirs, ours[3] is None or theirs[3] is None
    frame = offset if offset is not None else (other if ours[3] is not None else mine)
    return _shifted(ours, frame - mine), _shifted(theirs, frame - other), True


def _shifted(parts: Parts, minutes: int) -> Parts:
    """Return parts moved by an offset; without an hour there is nothing to move."""
    if parts[3] is None or not minutes:
        return parts
    given = sum(part is not None for part in parts)
    moved = from_milliseconds(to_milliseconds(parts) + minutes * 60_000)
    return (*moved[:given], *((None,) * (7 - given))) if moved else parts


def equal(left: Any, right: Any, *, exact: bool = False) -> bool | None:
    """Return whether two values are the same moment; None where their precision leaves it open."""
    order = compare(left, right, exact=exact)
    return None if order is None else order == 0


def equivalent(left: Any, right: Any) -> bool:
    """Return whether two values are the same moment to the same precision."""
    return compare(left, right) == 0


# -- arithmetic ---------------------------------------------------------------------------------------------------


def add(value: Any, amount: Any, unit: str) -> Any:
    """Return `value` moved by `amount` (negative: back) of a calendar unit; OverflowError outside the calendar.

    `unit` is one of PRECISIONS or `week`. Decimals count for seconds only; a unit finer than the value is first
    turned into whole units of the value's precision. A day beyond the end of a month becomes its last.
    """
    count, unit = calendar.whole(amount, unit)
    count, unit = calendar.coarsened(count, unit, RANK[value.precision])
    if type(value) is Time:
        total = (time_milliseconds(value.parts) + count * unit_ms(unit)) % DAY_MS
        return _rebuilt(value, _masked(time_parts(total), value.parts))
    if unit in ("year", "month"):
        return _add_months(value, count * 12 if unit == "year" else count)
    parts = value.parts + (None,) * (7 - len(value.parts))
    moved = from_milliseconds(to_milliseconds(parts) + count * unit_ms(unit))
    if moved is None:
        raise OverflowError("a date would leave the years 1 to 9999")
    return _rebuilt(value, _masked(moved[: len(value.parts)], value.parts))


def _masked(parts: tuple[int, ...], like: Parts) -> Parts:
    return tuple(None if given is None else part for part, given in zip(parts, like, strict=True))


def _add_months(value: Any, months: int) -> Any:
    total = value.year * 12 + (value.month or 1) - 1 + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:  # noqa: PLR2004  the years of the type
        raise OverflowError("a date would leave the years 1 to 9999")
    day = value.day and min(value.day, days_in_month(year, month + 1))
    moved = (year, None if value.month is None else month + 1, day)
    return _rebuilt(value, (*moved, *value.parts[3:]))


def neighbour(value: Any, step: int) -> Any:
    """Return the successor (`step` 1) or predecessor (-1) at the value's own precision; OverflowError at the end."""
    if type(value) is Time:
        edge = MAXIMUM_TIME if step > 0 else MINIMUM_TIME
        if value == truncated(edge, value.precision):
            raise OverflowError("a time of day has no neighbour beyond its end")
    return add(value, step, value.precision)


# -- durations ----------------------------------------------------------------------------------------------------


def duration_between(start: Any, end: Any, unit: str, offset: int | None = None) -> tuple[int, int] | None:
    """Return the whole periods of `unit` from `start` to `end`: at least, at most (equal where certain)."""
    return _between(start, end, unit, offset, calendar.duration)


def difference_between(start: Any, end: Any, unit: str, offset: int | None = None) -> tuple[int, int] | None:
    """Return the boundaries of `unit` crossed from `start` to `end`: at least, at most (equal where certain)."""
    return _between(start, end, unit, offset, calendar.difference)


def _between(start: Any, end: Any, unit: str, offset: int | None, count: Any) -> tuple[int, int] | None:
    ours, theirs, known = _aligned(start, end, offset)
    if not known or RANK["day" if unit == "week" else unit] - start.first not in range(len(start.parts)):
        return None
    dates = type(start) is Date and type(end) is Date
    (low, high), (other_low, other_high) = _bounds(ours, dates=dates), _bounds(theirs, dates=dates)
    return count(high, other_low, unit), count(low, other_high, unit)


def _whole_seconds(parts: Parts) -> Parts:
    """Return parts with a second but no millisecond as that whole second: the two are one decimal component."""
    return (*parts[:6], 0) if parts[6] is None and parts[5] is not None else parts


def _bounds(parts: Parts, *, dates: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first and last moment that parts may be; between dates no time of day counts."""
    if dates:
        parts = (*parts[:3], 0, 0, 0, 0)
    elif len(parts) == 4:  # noqa: PLR2004  a time of day
        parts = (1, 1, 1, *parts)
    parts = _whole_seconds(parts)
    if parts[6] is not None and parts[2] is not None:
        return parts, parts  # type: ignore[return-value]  # nothing is missing
    high = [most if part is None else part for part, most in zip(parts, HIGHEST, strict=True)]
    if parts[2] is None:
        high[2] = days_in_month(high[0], high[1])
    low = tuple(least if part is None else part for part, least in zip(parts, LOWEST, strict=True))
    return low, tuple(high)
