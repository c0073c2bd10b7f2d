"""Nodes over dates and times.

https://cql.hl7.org/09-b-cqlreference.html#datetime-operators-2. A time without an offset is taken to be in that of the
evaluation; comparisons to a precision are made in it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import temporal
from publisher.expression.compiler import Expr, contextual, node, operator_node, strict
from publisher.expression.conversions import to_date, to_date_time, to_time
from publisher.expression.interval import Interval
from publisher.expression.temporal import PRECISIONS, Date, DateTime, Time
from publisher.expression.values import EvaluationError, unwrap

if TYPE_CHECKING:
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation


def _constructor(names: tuple[str, ...], build: Any) -> Any:
    """Return the builder of a node that makes a time of its components; a null first component makes null."""

    def builder(scope: Scope, elm: Node) -> Expr:
        given = [name for name in names if elm.get(name)]
        operands = [scope.compile(elm[name]) for name in given]

        def construct(env: Evaluation | None, *values: Any) -> Any:
            parts = dict(zip(given, values, strict=True))
            if parts.get(names[0]) is None:
                return None
            try:
                return build(env, parts)
            except ValueError as error:
                raise EvaluationError(str(error), "range") from error

        if "timezoneOffset" not in names or (
            given[-1] == "timezoneOffset" and operands[-1].known not in (None, (None,))
        ):
            return strict(lambda *values: construct(None, *values), operands, nulls=True)
        return contextual(construct, operands, nulls=True)

    return builder


def _date_time(env: Evaluation | None, parts: dict[str, Any]) -> DateTime:
    offset = parts.pop("timezoneOffset", None)
    if offset is None and env is not None:
        return DateTime(**parts, offset=env.offset, assumed=True)
    return DateTime(**parts, offset=int(Decimal(offset or 0) * 60))


node("Date")(_constructor(PRECISIONS[:3], lambda _env, parts: Date(**parts)))
node("DateTime")(_constructor((*PRECISIONS, "timezoneOffset"), _date_time))
node("Time")(_constructor(PRECISIONS[3:], lambda _env, parts: Time(**parts)))


def _clock(read: Any) -> Any:
    def builder(_scope: Scope, _elm: Node) -> Expr:
        def plain(env: Evaluation, _frame: Frame) -> Any:
            return read(env.moment)

        return Expr(plain, lambda env, frame: (plain(env, frame), 0, None))

    return builder


node("Now")(_clock(lambda moment: moment))
node("Today")(_clock(temporal.to_date))
node("TimeOfDay")(_clock(temporal.to_time))


@node("DateTimeComponentFrom")
def component_from(scope: Scope, elm: Node) -> Expr:
    """Return one component of a time."""
    precision = elm["precision"].lower()
    return strict(lambda value: temporal.component(_time(value), precision), scope.operands(elm))


def _time(value: Any) -> Any:
    """Return a time; FHIR ones are still texts."""
    value = unwrap(value)
    if isinstance(value, str):
        if ":" in value[:3]:
            return to_time(value)
        return temporal.parse_date_time(value) if "T" in value else temporal.parse_date(value)
    return value


def _offset_from(value: Any) -> Any:
    offset = getattr(_time(value), "offset", None)
    return None if offset is None else Decimal(offset) / 60


operator_node("DateFrom", to_date)
operator_node("TimeFrom", to_time)
operator_node("TimezoneOffsetFrom", _offset_from)
operator_node("TimezoneFrom", _offset_from)


def measured(env: Evaluation, left: Any, right: Any, unit: str, *, boundaries: bool) -> Any:
    """Return a duration or difference: a number, or the interval that it is certainly within."""
    left, right = _aligned(env, left, right)
    count = temporal.difference_between if boundaries else temporal.duration_between
    result = count(left, right, unit, env.offset)
    if result is None:
        raise EvaluationError(f"a duration in {unit}s cannot be told of these values", "type")
    return result[0] if result[0] == result[1] else Interval(*result)


def _aligned(env: Evaluation, left: Any, right: Any) -> tuple[Any, Any]:
    """Return two times as one type: a date beside a DateTime becomes one."""
    left, right = _time(left), _time(right)
    if type(left) is DateTime and type(right) is Date:
        return left, to_date_time(right, env.offset)
    if type(left) is Date and type(right) is DateTime:
        return to_date_time(left, env.offset), right
    return left, right


@node("DurationBetween", "DifferenceBetween")
def between(scope: Scope, elm: Node) -> Expr:
    """Return whole periods between two times, or boundaries crossed."""
    unit, boundaries = elm["precision"].lower(), elm["type"] == "DifferenceBetween"

    def count(env: Evaluation, left: Any, right: Any) -> Any:
        return measured(env, left, right, unit, boundaries=boundaries)

    return contextual(count, scope.operands(elm))


@node("CalculateAge", "CalculateAgeAt")
def age(scope: Scope, elm: Node) -> Expr:
    """Return an age in whole periods, today or at a time."""
    unit = elm.get("precision", "Year").lower()

    def count(env: Evaluation, born: Any, *at: Any) -> Any:
        born = _time(born)
        if type(born) is DateTime and not at:
            return measured(env, born, env.moment, unit, boundaries=False)
        until = _day(_time(at[0])) if at else temporal.to_date(env.moment)
        return measured(env, _day(born), until, unit, boundaries=False)

    def _day(value: Any) -> Any:
        fine = temporal.RANK.get(unit, 2) > 2  # noqa: PLR2004  finer than a day
        return value if fine or type(value) is Date else temporal.to_date(value)

    return contextual(count, scope.operands(elm))
