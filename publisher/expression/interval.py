"""Intervals and their operators, in three values.

https://cql.hl7.org/09-b-cqlreference.html#interval-operators-3. A closed bound that is null is the end of the type; an
open one that is null is unknown, and lies anywhere between the other bound and the end of the type. A bound is
therefore handled as the pair of what it is at least and at most, and a comparison that the pairs leave open is None.
"""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal
from typing import Any

from publisher.expression import decimals, points, quantity
from publisher.expression.points import compare
from publisher.expression.quantity import Quantity
from publisher.record import record

# What a bound is at least and at most; None where even the type is not known.
Bound = tuple[Any, Any]


@record
class Interval:
    """An interval; `type` names the point type where no bound can tell it."""

    low: Any
    high: Any
    low_closed: bool = True
    high_closed: bool = True
    type: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None:
            order = compare(self.low, self.high)
            closed = self.low_closed and self.high_closed
            if order is not None and (order > 0 or (order == 0 and not closed)):
                raise ValueError("an interval ends before it starts")


def start(interval: Interval) -> Any:
    """Return the first point; None where it is unknown."""
    if interval.low is not None:
        return interval.low if interval.low_closed else points.successor(interval.low)
    return _edge(interval, points.LEAST) if interval.low_closed else None


def end(interval: Interval) -> Any:
    """Return the last point; None where it is unknown."""
    if interval.high is not None:
        return interval.high if interval.high_closed else points.predecessor(interval.high)
    return _edge(interval, points.GREATEST) if interval.high_closed else None


def _edge(interval: Interval, table: dict[str, Any]) -> Any:
    """Return the end of the point type; None where neither a bound nor the static type tells it."""
    known = interval.high if interval.low is None else interval.low
    if known is not None:
        return points.least(known) if table is points.LEAST else points.greatest(known)
    return table.get(interval.type or "")


def bounds(value: Any) -> tuple[Bound, Bound]:
    """Return start and end of an interval or a point, each as what it is at least and at most."""
    if type(value) is not Interval:
        return (value, value), (value, value)
    first, last = start(value), end(value)
    low = (first, first) if first is not None else (_edge(value, points.LEAST), _edge_of(last, value, points.GREATEST))
    high = (last, last) if last is not None else (_edge_of(first, value, points.LEAST), _edge(value, points.GREATEST))
    return low, high


def _edge_of(known: Any, interval: Interval, table: dict[str, Any]) -> Any:
    return known if known is not None else _edge(interval, table)


# -- three values ---------------------------------------------------------------------------------------------------


def both(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001  a CQL value
    """Return And."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: bool | None, right: bool | None) -> bool | None:  # noqa: FBT001  a CQL value
    """Return Or."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def negated(value: bool | None) -> bool | None:  # noqa: FBT001  a CQL value
    """Return Not."""
    return None if value is None else not value


def at_most(left: Bound, right: Bound, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` is not after `right`."""
    if left[1] is not None and right[0] is not None:
        order = compare(left[1], right[0], precision, offset)
        if order is not None and order <= 0:
            return True
    if left[0] is not None and right[1] is not None:
        order = compare(left[0], right[1], precision, offset)
        if order is not None and order > 0:
            return False
    return None


def below(left: Bound, right: Bound, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` is before `right`."""
    return negated(at_most(right, left, precision, offset))


def same(left: Bound, right: Bound, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether the two are one point."""
    return both(at_most(left, right, precision, offset), at_most(right, left, precision, offset))


# -- relations ----------------------------------------------------------------------------------------------------
# Each takes intervals or points, and compares times to `precision` where given.


def before(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` ends before `right` starts."""
    return below(bounds(left)[1], bounds(right)[0], precision, offset)


def after(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` starts after `right` ends."""
    return before(right, left, precision, offset)


def same_or_before(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` ends on or before the start of `right`."""
    return at_most(bounds(left)[1], bounds(right)[0], precision, offset)


def same_or_after(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` starts on or after the end of `right`."""
    return same_or_before(right, left, precision, offset)


def same_as(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether both start and end alike."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    return both(same(low, other_low, precision, offset), same(high, other_high, precision, offset))


def includes(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `right`, an interval or a point, lies within `left`."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    return both(at_most(low, other_low, precision, offset), at_most(other_high, high, precision, offset))


def properly_includes(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `right` lies within `left` and is less; a point: within it and at neither end."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    if type(right) is not Interval:
        return both(below(low, other_low, precision, offset), below(other_high, high, precision, offset))
    inside = both(at_most(low, other_low, precision, offset), at_most(other_high, high, precision, offset))
    less = either(below(low, other_low, precision, offset), below(other_high, high, precision, offset))
    return both(inside, less)


def overlaps(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether the two have a point in common."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    return both(at_most(low, other_high, precision, offset), at_most(other_low, high, precision, offset))


def overlaps_before(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` starts before `right` and overlaps it."""
    (low, _), (other_low, _) = bounds(left), bounds(right)
    return both(below(low, other_low, precision, offset), overlaps(left, right, precision, offset))


def overlaps_after(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` ends after `right` and overlaps it."""
    (_, high), (_, other_high) = bounds(left), bounds(right)
    return both(below(other_high, high, precision, offset), overlaps(left, right, precision, offset))


def starts(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether both start alike and `left` ends no later."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    return both(same(low, other_low, precision, offset), at_most(high, other_high, precision, offset))


def ends(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether both end alike and `left` starts no earlier."""
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    return both(same(high, other_high, precision, offset), at_most(other_low, low, precision, offset))


def meets_before(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `right` starts at the point after the end of `left`."""
    high, other_low = bounds(left)[1], bounds(right)[0]
    return same(_after(high), other_low, precision, offset) if _has_successor(high) else False


def meets_after(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether `left` starts at the point after the end of `right`."""
    return meets_before(right, left, precision, offset)


def meets(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> bool | None:
    """Return whether one starts at the point after the end of the other."""
    return either(meets_before(left, right, precision, offset), meets_after(left, right, precision, offset))


def _has_successor(bound: Bound) -> bool:
    return bound[0] is None or bound[0] != points.greatest(bound[0])


def _after(bound: Bound) -> Bound:
    """Return the point after a bound; after the end of the type there is none, so that stays."""
    if bound[0] is None or bound[1] is None:
        return None, None
    last = bound[1] if bound[1] == points.greatest(bound[1]) else points.successor(bound[1])
    return points.successor(bound[0]), last


def equal(left: Interval, right: Interval) -> bool | None:
    """Return whether both have the same points."""
    return same_as(left, right)


def equivalent(left: Interval, right: Interval) -> bool:
    """Return whether both have the same points, an unknown bound being like another."""
    return _alike(start(left), start(right)) and _alike(end(left), end(right))


def _alike(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    return compare(left, right) == 0


# -- new intervals ------------------------------------------------------------------------------------------------


def union(left: Interval, right: Interval) -> Interval | None:
    """Return the interval of the points of both; None where they neither overlap nor meet."""
    if either(overlaps(left, right), meets(left, right)) is not True:
        return None
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    first, last = at_most(low, other_low), at_most(other_high, high)
    if first is None or last is None:
        return None
    return _joined(left if first else right, left if last else right)


def intersect(left: Interval, right: Interval) -> Interval | None:
    """Return the interval of the points in common; None where there are none. A bound that is not known stays so."""
    if overlaps(left, right) is not True:
        return None
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    later, earlier = at_most(other_low, low), at_most(high, other_high)
    first = _UNKNOWN if later is None else (left if later else right)
    last = _UNKNOWN if earlier is None else (left if earlier else right)
    return _joined(first, last)


def _joined(first: Interval, last: Interval) -> Interval:
    return Interval(first.low, last.high, first.low_closed, last.high_closed, first.type or last.type)


_UNKNOWN = Interval(None, None, low_closed=False, high_closed=False)


def except_(left: Interval, right: Interval) -> Interval | None:
    """Return the points of `left` that are not in `right`; None where they are not one interval."""
    common = overlaps(left, right)
    if common is False:
        return left
    (low, high), (other_low, other_high) = bounds(left), bounds(right)
    head, tail = below(low, other_low), below(other_high, high)
    if common is None or head is None or tail is None or head is tail:
        return None
    if head:
        return Interval(left.low, points.predecessor(other_low[0]), left.low_closed)
    return Interval(points.successor(other_high[0]), left.high, high_closed=left.high_closed)


def width(interval: Interval) -> Any:
    """Return the distance from start to end; None where one is unknown."""
    first, last = start(interval), end(interval)
    if first is None or last is None:
        return None
    if type(first) is Quantity:
        return quantity.add(last, first, -1)
    if not isinstance(first, int | Decimal):
        raise TypeError("an interval of times has no width: ask for a duration")
    return last - first


def size(interval: Interval) -> Any:
    """Return the width and one point more."""
    across = width(interval)
    if across is None:
        return None
    if type(across) is Quantity:
        return Quantity(across.value + decimals.STEP, across.unit)
    return across + (decimals.STEP if isinstance(across, Decimal) else 1)
