"""The least and greatest value that a value of limited precision may be, and how precise it is.

Implements lowBoundary(), highBoundary(), precision() and comparable() of https://hl7.org/fhirpath/ (STU 3). A date
or time without an offset may be anywhere from UTC+14 to UTC-12.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals, quantity, temporal
from publisher.expression.decimals import WORK
from publisher.expression.fhirpath.compiled import Expr, Scope, of_system, scalar
from publisher.expression.fhirpath.functions.registry import function, value_of
from publisher.expression.fhirpath.types import BOOLEAN, DATE, DATE_TIME, INTEGER, QUANTITY, TIME, system_type
from publisher.expression.quantity import Quantity

if TYPE_CHECKING:
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call

_MOST_DECIMALS = 28
_DEFAULT_DECIMALS = 8
_EARLIEST_OFFSET, _LATEST_OFFSET = 14 * 60, -12 * 60
# The number of digits that stands for each precision, and the precision it names.
_DATE_DIGITS = {4: "year", 6: "month", 8: "day"}
_DATE_TIME_DIGITS = {**_DATE_DIGITS, 10: "hour", 12: "minute", 14: "second", 17: "millisecond"}
_TIME_DIGITS = {2: "hour", 4: "minute", 6: "second", 9: "millisecond"}
_TEMPORAL = {DATE, DATE_TIME, TIME}


def _boundary(name: str, *, high: bool) -> None:
    @function(name, 0, 1)
    def build(scope: Scope, node: Call, focus: Expr) -> Expr:
        value = scalar(focus, scope, node)
        digits = value_of(scope, node.arguments[0]) if node.arguments else None

        def run(env: Environment, this: Any) -> Any:
            found = value(env, this)
            places = digits(env, this) if digits else None
            if found is None or (digits and places is None):
                return None
            if places is not None and (not isinstance(places, int) or isinstance(places, bool)):
                raise scope.refused(node, f"needs an Integer in {name}(); convert it with toInteger()")
            return _bound(found, places, high=high)

        type_ = system_type(focus.type)
        return Expr(run, type_ if type_ in _TEMPORAL or type_ == QUANTITY else None, single=True)


_boundary("lowBoundary", high=False)
_boundary("highBoundary", high=True)


def _bound(value: Any, places: int | None, *, high: bool) -> Any:
    if isinstance(value, Quantity):
        number = _decimal_bound(value.value, places, high=high)
        return None if number is None else Quantity(number, value.unit)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return _decimal_bound(Decimal(value), places, high=high)
    if isinstance(value, temporal.Date | temporal.DateTime | temporal.Time):
        return _moment_bound(value, places, high=high)
    return None


def _decimal_bound(value: Decimal, places: int | None, *, high: bool) -> Decimal | None:
    """Return half a unit of the last digit below or above, at `places` decimals, rounded outwards.

    A bound that is nothing at that precision is zero.
    """
    places = _DEFAULT_DECIMALS if places is None else places
    if not 0 <= places <= _MOST_DECIMALS:
        return None
    half = Decimal(5).scaleb(-decimals.scale(value) - 1)
    bound, unit = WORK.add(value, half if high else -half), Decimal(1).scaleb(-places)
    if not bound.quantize(unit, rounding=ROUND_HALF_UP, context=WORK):
        return Decimal(0).quantize(unit)
    return bound.quantize(unit, rounding=ROUND_CEILING if high else ROUND_FLOOR, context=WORK)


def _moment_bound(value: Any, places: int | None, *, high: bool) -> Any:
    precision = _digits(value).get(places) if places is not None else _finest(value)
    if precision is None:
        return None
    bound = temporal.boundary(value, precision, high=high)
    if isinstance(bound, temporal.DateTime) and bound.offset is None and bound.hour is not None:
        return replace(bound, offset=_LATEST_OFFSET if high else _EARLIEST_OFFSET)
    return bound


def _digits(value: Any) -> dict[int, str]:
    if isinstance(value, temporal.Time):
        return _TIME_DIGITS
    return _DATE_DIGITS if isinstance(value, temporal.Date) else _DATE_TIME_DIGITS


def _finest(value: Any) -> str:
    return "day" if isinstance(value, temporal.Date) else "millisecond"


@function("precision")
def _precision(scope: Scope, node: Call, focus: Expr) -> Expr:
    value = scalar(focus, scope, node)

    def run(env: Environment, this: Any) -> int | None:
        found = value(env, this)
        if isinstance(found, Quantity):
            found = found.value
        if isinstance(found, temporal.Date | temporal.DateTime | temporal.Time):
            return next(count for count, name in _digits(found).items() if name == found.precision)
        if isinstance(found, Decimal | int) and not isinstance(found, bool):
            return decimals.scale(Decimal(found))
        return None

    return of_system(run, INTEGER)


@function("comparable", 1)
def _comparable(scope: Scope, node: Call, focus: Expr) -> Expr:
    ours, theirs = scalar(focus, scope, node), value_of(scope, node.arguments[0])

    def run(env: Environment, this: Any) -> bool | None:
        one, other = ours(env, this), theirs(env, this)
        if not isinstance(one, Quantity) or not isinstance(other, Quantity):
            return None
        return quantity.compare(one, other) is not None

    return of_system(run, BOOLEAN)
