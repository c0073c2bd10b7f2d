"""Interval nodes, and those that take a list or an interval.

https://cql.hl7.org/09-b-cqlreference.html#interval-operators-3. Which of the two is meant is told by the values; where
they are null, by the static type of the operands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression import interval, interval_lists, points
from publisher.expression.compiler import Expr, contextual, node, operator_node, strict
from publisher.expression.conversions import to_date_time
from publisher.expression.interval import Interval
from publisher.expression.specifiers import local_name, specifier_of
from publisher.expression.temporal import Date, DateTime, Time, parse_date_time
from publisher.expression.values import PARSERS, EvaluationError, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.compiler import Node, Scope
    from publisher.expression.evaluation import Evaluation


@node("Interval")
def interval_(scope: Scope, elm: Node) -> Expr:
    """Return an interval of its bounds; that a bound is closed may be an expression."""
    point = _point_type(elm)
    flags = [
        scope.compile(elm[f"{name}Expression"]) if f"{name}Expression" in elm else None
        for name in ("lowClosed", "highClosed")
    ]
    fixed = [elm.get("lowClosed", True), elm.get("highClosed", True)]
    operands = [scope.optional(elm, "low"), scope.optional(elm, "high"), *(each for each in flags if each)]

    def build(low: Any, high: Any, *closed: Any) -> Any:
        given = iter(closed)
        ends = [next(given) if flag else value for flag, value in zip(flags, fixed, strict=True)]
        return made(low, high, bool(ends[0]), bool(ends[1]), point)

    return strict(build, operands, nulls=True)


def made(low: Any, high: Any, low_closed: bool, high_closed: bool, point: str | None = None) -> Interval:  # noqa: FBT001
    """Return an interval; EvaluationError for one that ends before it starts."""
    try:
        return Interval(unwrap(low), unwrap(high), low_closed, high_closed, point)
    except ValueError as error:
        raise EvaluationError(str(error), "range") from error


def _point_type(elm: Node) -> str | None:
    """Return the point type that the node's static type, or that of a null bound, tells."""
    specifier = specifier_of(elm).get("pointType") or {}
    known = [specifier_of(elm[each]).get("name") for each in ("low", "high") if each in elm]
    name = specifier.get("name") or next(filter(None, known), None)
    return local_name(name) if name else None


def _guarded(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def operate(value: Any) -> Any:
        try:
            return function(value)
        except (OverflowError, TypeError) as error:
            raise EvaluationError(str(error), "range") from error

    return operate


def _point_from(value: Interval) -> Any:
    first, last = interval.start(value), interval.end(value)
    if first is None or last is None:
        return None
    if points.compare(first, last) != 0:
        raise EvaluationError("an interval of one point was asked for", "range")
    return first


for _name, _function in {
    "Start": interval.start,
    "End": interval.end,
    "Width": interval.width,
    "Size": interval.size,
    "PointFrom": _point_from,
}.items():
    operator_node(_name, _guarded(_function))


# -- relations of times, numbers and intervals ------------------------------------------------------------------------

RELATIONS: dict[str, Any] = {
    "Before": interval.before,
    "After": interval.after,
    "SameAs": interval.same_as,
    "SameOrBefore": interval.same_or_before,
    "SameOrAfter": interval.same_or_after,
    "Overlaps": interval.overlaps,
    "OverlapsBefore": interval.overlaps_before,
    "OverlapsAfter": interval.overlaps_after,
    "Meets": interval.meets,
    "MeetsBefore": interval.meets_before,
    "MeetsAfter": interval.meets_after,
    "Starts": interval.starts,
    "Ends": interval.ends,
}


def related(relation: Any, precision: str | None) -> Callable[[Evaluation, Any, Any], bool | None]:
    """Return a relation as an operator that is given the evaluation; FHIR times are read, dates become DateTimes."""

    def operate(env: Evaluation, left: Any, right: Any) -> bool | None:
        left, right = _pair(env, unwrap(left), unwrap(right))
        try:
            result: bool | None = relation(left, right, precision, env.offset)
        except (TypeError, OverflowError) as error:
            raise EvaluationError("the values cannot be ordered", "type") from error
        return result

    return operate


def _pair(env: Evaluation, left: Any, right: Any) -> tuple[Any, Any]:
    if type(left) is str:
        left = _read(left, right)
    if type(right) is str:
        right = _read(right, left)
    if type(left) is Date and type(right) is DateTime:
        left = to_date_time(left, env.offset)
    elif type(right) is Date and type(left) is DateTime:
        right = to_date_time(right, env.offset)
    return left, right


def _read(text: str, like: Any) -> Any:
    """Return a FHIR time beside a time or an interval of them as one; any other text as it is."""
    known = (like.low if like.low is not None else like.high) if type(like) is Interval else like
    if type(known) in (Date, DateTime, Time):
        return PARSERS[type(known)](text) or parse_date_time(text)
    return text


def precision_of(elm: Node) -> str | None:
    """Return the precision that a node names."""
    name = elm.get("precision")
    return name.lower() if name else None


# Of the relations, those that two points can have, by the order of the points.
POINT_RELATIONS: dict[str, Callable[[int], bool]] = {
    "Before": lambda order: order < 0,
    "After": lambda order: order > 0,
    "SameAs": lambda order: order == 0,
    "SameOrBefore": lambda order: order <= 0,
    "SameOrAfter": lambda order: order >= 0,
}


@node(*RELATIONS)
def relation_(scope: Scope, elm: Node) -> Expr:
    """Return a relation of two intervals, points, or one of each."""
    precision, of_points = precision_of(elm), POINT_RELATIONS.get(elm["type"])
    general = related(RELATIONS[elm["type"]], precision)

    def operate(env: Evaluation, left: Any, right: Any) -> bool | None:
        if of_points is None or type(left) is not type(right) or type(left) not in (Date, DateTime, Time):
            return general(env, left, right)
        order = points.compare(left, right, precision, env.offset)
        return None if order is None else of_points(order)

    return contextual(operate, scope.operands(elm))


# -- collapse and expand ----------------------------------------------------------------------------------------------


@node("Collapse")
def collapse(scope: Scope, elm: Node) -> Expr:
    """Return a list of intervals as few that have the same points."""

    def join(env: Evaluation, intervals: Any, per: Any) -> Any:
        if intervals is None:
            return None
        env.charge(len(intervals) * 4)
        return interval_lists.collapse(intervals, per)

    return contextual(join, _with_per(scope, elm), nulls=True)


@node("Expand")
def expand(scope: Scope, elm: Node) -> Expr:
    """Return an interval as points, or a list of them as unit intervals."""

    def cut(env: Evaluation, source: Any, per: Any) -> Any:
        if source is None:
            return None
        result = interval_lists.expand(source, per, min(env.limits.size, 100_000))
        env.charge(len(result or ()) * 8)
        return result

    return contextual(cut, _with_per(scope, elm), nulls=True)


def _with_per(scope: Scope, elm: Node) -> list[Expr]:
    operands = scope.operands(elm)
    return operands if len(operands) > 1 else [*operands, scope.optional(elm, "per")]
