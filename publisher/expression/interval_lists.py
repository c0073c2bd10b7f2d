"""Collapse and Expand: lists of intervals joined into fewer, and intervals cut into pieces.

https://cql.hl7.org/09-b-cqlreference.html#collapse and #expand.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from functools import cmp_to_key
from typing import Any

from publisher.expression import decimals, interval, temporal
from publisher.expression.interval import Interval
from publisher.expression.points import compare
from publisher.expression.quantity import Quantity, converted, duration_unit
from publisher.expression.values import EvaluationError


def collapse(intervals: list[Any], per: Quantity | None = None) -> list[Interval]:
    """Return as few intervals as have the same points; with `per`, those no further apart than that are joined."""
    known: list[Interval] = [each for each in intervals if each is not None and None not in _ends(each)]
    ordered = sorted(known, key=cmp_to_key(_by_start))
    result: list[Interval] = []
    for each in ordered:
        joined = _joined(result[-1], each, per) if result else None
        if joined is None:
            result.append(each)
        else:
            result[-1] = joined
    return result


def _by_start(left: Interval, right: Interval) -> int:
    return compare(interval.start(left), interval.start(right)) or 0


def _ends(each: Interval) -> tuple[Any, Any]:
    return interval.start(each), interval.end(each)


def _joined(left: Interval, right: Interval, per: Quantity | None) -> Interval | None:
    together = interval.union(left, right)
    if together is not None or per is None:
        return together
    reach = moved(interval.end(left), per)
    if reach is None or (compare(reach, interval.start(right)) or 0) < 0:
        return None
    return Interval(left.low, right.high, left.low_closed, right.high_closed)


def moved(point: Any, per: Quantity) -> Any:
    """Return a point moved by a quantity; None beyond the end of its type."""
    try:
        if isinstance(point, temporal.Date | temporal.DateTime | temporal.Time):
            return temporal.add(point, per.value, _duration(per))
    except OverflowError:
        return None
    if type(point) is Quantity:
        step = converted(per, point.unit) or per
        return Quantity(point.value + step.value, point.unit)
    return point + (int(per.value) if type(point) is int and per.value == int(per.value) else per.value)


def _duration(per: Quantity) -> str:
    unit = duration_unit(per.unit)
    if unit is None:
        raise EvaluationError(f"{per} is no duration", "unit")
    return unit


def expand(source: Any, per: Quantity | None, limit: int) -> list[Any] | None:
    """Return the points of an interval by steps of `per`, or for a list the unit intervals of all in it."""
    if isinstance(source, Interval):
        pieces = _pieces(source, per, limit)
        return None if pieces is None else [first for first, _ in pieces]
    result: list[Interval] = []
    for each in collapse(list(source), per):
        for first, last in _pieces(each, per, limit) or ():
            result.append(Interval(first, last))
            if len(result) > limit:
                raise EvaluationError(f"expand gives more than {limit} items", "limit")
    return result


def _pieces(source: Interval, per: Quantity | None, limit: int) -> list[tuple[Any, Any]] | None:
    """Return the first and last points of the pieces of an interval; a last piece that is not whole is left out."""
    first, last = _ends(source)
    if first is None or last is None:
        return None
    step = per or _default_step(first, last)
    if step.value <= 0:
        raise EvaluationError("expand goes forward only", "value")
    first, last = _at_precision(first, step, high=False), _at_precision(last, step, high=True)
    result: list[tuple[Any, Any]] = []
    while first is not None and last is not None:
        following = moved(first, step)
        end = None if following is None else _before(following, step)
        if end is None or compare(end, last) not in (-1, 0):
            break
        result.append((first, end))
        if len(result) > limit:
            raise EvaluationError(f"expand gives more than {limit} items", "limit")
        first = following
    return result


def _default_step(first: Any, last: Any) -> Quantity:
    """Return one unit of the coarser of the two precisions."""
    if isinstance(first, temporal.Date | temporal.DateTime | temporal.Time):
        coarser = min(first.precision, last.precision, key=temporal.RANK.__getitem__)
        return Quantity(Decimal(1), coarser)
    return Quantity(Decimal(1), first.unit if type(first) is Quantity else "1")


def _at_precision(point: Any, step: Quantity, *, high: bool) -> Any:
    """Return a bound to the precision of the step; None for a time that is less precise."""
    if isinstance(point, temporal.Date | temporal.DateTime | temporal.Time):
        unit = _duration(step)
        unit = "day" if unit == "week" else unit
        if temporal.RANK[point.precision] < temporal.RANK[unit]:
            return None
        return temporal.truncated(point, unit)
    if type(point) is Quantity:
        return Quantity(_at_scale(point.value, step.value, high=high), point.unit)
    if type(point) is not Decimal and step.value == int(step.value):
        return point
    return _at_scale(Decimal(point), step.value, high=high)


def _at_scale(value: Decimal, step: Decimal, *, high: bool) -> Decimal:
    """Return a decimal with as many decimals as the step has; one with fewer ends at its greatest."""
    unit = Decimal(1).scaleb(-decimals.scale(decimals.trimmed(step, 0)))
    own = Decimal(1).scaleb(-decimals.scale(value))
    extent = own - unit if high and own > unit else Decimal(0)
    return value.quantize(unit, rounding=ROUND_FLOOR) + extent


def _before(point: Any, step: Quantity) -> Any:
    """Return the point before a piece's end, at the precision that pieces are cut with."""
    if isinstance(point, temporal.Date | temporal.DateTime | temporal.Time):
        return temporal.neighbour(point, -1)
    unit = Decimal(1).scaleb(-decimals.scale(decimals.trimmed(step.value, 0)))
    if type(point) is Quantity:
        return Quantity(point.value - unit, point.unit)
    return point - (1 if type(point) is int else unit)
