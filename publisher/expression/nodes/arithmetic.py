"""Arithmetic nodes.

https://cql.hl7.org/09-b-cqlreference.html#arithmetic-operators-4. What leaves the range of its type is null. A duration
that is known within an interval is reckoned with at both its ends.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals, interval, points, quantity, temporal
from publisher.expression.compiler import constant, node, operator_node, strict
from publisher.expression.decimals import WORK, Long, limited
from publisher.expression.interval import Interval
from publisher.expression.quantity import Quantity
from publisher.expression.specifiers import local_name
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import EvaluationError, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.compiler import Expr, Node, Scope

TIMES = (Date, DateTime, Time)


def whole(value: int, *operands: Any) -> Any:
    """Return a whole result as a Long where an operand is one, else as an Integer; None out of range."""
    if any(type(each) is Long for each in operands):
        return decimals.long(value)
    return decimals.integer(value)


def _number(name: str, on_whole: Callable[[Any, Any], int] | None, on_decimal: Callable[[Any, Any], Any]) -> Any:
    """Return the operator on two numbers."""

    def operate(left: Any, right: Any) -> Any:
        if isinstance(left, int) and isinstance(right, int) and on_whole:
            return whole(on_whole(left, right), left, right)
        if type(left) is Interval or type(right) is Interval:
            return _uncertain(operate, left, right)
        try:
            result = on_decimal(Decimal(left), Decimal(right))
        except TypeError:
            raise EvaluationError(f"{name} has no meaning for these values", "type") from None
        return None if result is None else limited(result)

    return operate


def _uncertain(operate: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    lows, highs = _ends(left), _ends(right)
    if operate is _multiply_numbers or operate is _add_numbers:
        results = [operate(one, other) for one, other in zip(lows, highs, strict=True)]
    elif operate is _subtract_numbers:
        results = [operate(lows[0], highs[1]), operate(lows[1], highs[0])]
    else:
        raise EvaluationError("a duration that is not certain cannot be reckoned with like this", "type")
    return None if None in results else Interval(min(results), max(results))


def _ends(value: Any) -> tuple[Any, Any]:
    if type(value) is not Interval:
        return value, value
    return interval.start(value), interval.end(value)


_add_numbers = _number("+", lambda left, right: left + right, WORK.add)
_subtract_numbers = _number("-", lambda left, right: left - right, WORK.subtract)
_multiply_numbers = _number("*", lambda left, right: left * right, WORK.multiply)


def add(left: Any, right: Any) -> Any:
    """Return the sum, or a time moved on by a duration."""
    return _added(unwrap(left), unwrap(right), 1)


def subtract(left: Any, right: Any) -> Any:
    """Return the difference, or a time moved back by a duration."""
    return _added(unwrap(left), unwrap(right), -1)


def _added(left: Any, right: Any, sign: int) -> Any:
    if type(left) is Quantity and type(right) is Quantity:
        return quantity.add(left, right, sign)
    if isinstance(left, TIMES):
        return moved(left, right, sign)
    return (_add_numbers if sign > 0 else _subtract_numbers)(left, right)


def moved(time: Any, duration: Any, sign: int) -> Any:
    """Return a time moved by a quantity with a unit of time."""
    unit = quantity.duration_unit(duration.unit) if type(duration) is Quantity else None
    if unit is None:
        raise EvaluationError(f"{duration} cannot be added to a time: its unit must be a calendar unit", "unit")
    try:
        return temporal.add(time, duration.value * sign, unit)
    except (OverflowError, ValueError) as error:
        raise EvaluationError(str(error), "range") from error


def multiply(left: Any, right: Any) -> Any:
    """Return the product."""
    left, right = unwrap(left), unwrap(right)
    if type(left) is Quantity or type(right) is Quantity:
        return quantity.multiply(points.as_quantity(left), points.as_quantity(right))
    return _multiply_numbers(left, right)


def divide(left: Any, right: Any) -> Any:
    """Return the quotient; null for a division by zero."""
    left, right = unwrap(left), unwrap(right)
    if type(left) is Quantity or type(right) is Quantity:
        return quantity.quotient(points.as_quantity(left), points.as_quantity(right))
    return decimals.divide(Decimal(left), Decimal(right))


def _whole_division(left: Any, right: Any) -> Any:
    """Return the quotient without decimals; null for a division by zero."""
    return _divided(unwrap(left), unwrap(right), lambda a, b: int(WORK.divide_int(Decimal(a), Decimal(b))))


def modulo(left: Any, right: Any) -> Any:
    """Return what a division without decimals leaves, with the sign of the dividend; null for one by zero."""
    return _divided(unwrap(left), unwrap(right), lambda a, b: a - b * int(WORK.divide_int(Decimal(a), Decimal(b))))


def _divided(left: Any, right: Any, operate: Callable[[Any, Any], Any]) -> Any:
    if type(left) is Quantity or type(right) is Quantity:
        return _divided_quantities(points.as_quantity(left), points.as_quantity(right), operate)
    if type(left) is Interval or type(right) is Interval:
        raise EvaluationError("a duration that is not certain cannot be divided", "type")
    if not right:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return whole(operate(left, right), left, right)
    return limited(Decimal(operate(Decimal(left), Decimal(right))))


def _divided_quantities(left: Quantity, right: Quantity, operate: Callable[[Any, Any], Any]) -> Quantity | None:
    if right.unit not in ("1", left.unit):
        right = quantity.converted(right, left.unit) or Quantity(Decimal(0))
    value = _divided(left.value, right.value, operate)
    return None if value is None else Quantity(Decimal(value), left.unit)


def power(base: Any, exponent: Any) -> Any:
    """Return `base` to a power; null where that is not a number of the type."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if abs(base) > 1 and exponent > 64:  # noqa: PLR2004  beyond the range of any whole number
            return None
        return whole(base**exponent, base, exponent)
    try:
        result = WORK.power(Decimal(base), Decimal(exponent))
    except (InvalidOperation, Overflow):
        return None
    value = limited(result)
    return None if value is None else decimals.trimmed(value)


def exp(value: Any) -> Decimal:
    """Return e to a power; EvaluationError beyond the range of a Decimal."""
    result = limited(WORK.exp(Decimal(value))) if Decimal(value) < 100 else None  # noqa: PLR2004  e^47 is too great
    if result is None:
        raise EvaluationError("the exponent is too great", "range")
    return decimals.trimmed(result)


def ln(value: Any) -> Decimal | None:
    """Return the natural logarithm; null of a negative number, EvaluationError of zero."""
    if not value:
        raise EvaluationError("zero has no logarithm", "range")
    result = None if value < 0 else limited(WORK.ln(Decimal(value)))
    return None if result is None else decimals.trimmed(result)


def log(value: Any, base: Any) -> Decimal | None:
    """Return the logarithm to a base; null where there is none."""
    if value <= 0 or base <= 0 or base == 1:
        return None
    result = limited(WORK.divide(WORK.ln(Decimal(value)), WORK.ln(Decimal(base))))
    return None if result is None else decimals.trimmed(result)


def absolute(value: Any) -> Any:
    """Return the value without its sign."""
    if type(value) is Interval:
        low, high = _ends(value)
        if low is None or high is None:
            return None
        return Interval(max(low, -high, 0), max(high, -low))
    if type(value) is Quantity:
        return Quantity(abs(value.value), value.unit)
    return whole(abs(value), value) if isinstance(value, int) else abs(value)


def negate(value: Any) -> Any:
    """Return the value with the other sign."""
    if type(value) is Interval:
        return _uncertain(_subtract_numbers, 0, value)
    if type(value) is Quantity:
        return Quantity(-value.value, value.unit)
    return whole(-value, value) if isinstance(value, int) else -value


def round_(value: Any, digits: Any) -> Any:
    """Return a decimal rounded, halves away from zero; no digits given means none."""
    return None if value is None else decimals.rounded(Decimal(value), digits or 0)


def truncate(value: Any) -> Any:
    """Return the whole part."""
    return decimals.integer(int(Decimal(value).to_integral_value(rounding=ROUND_DOWN)))


def _neighbour(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def operate(value: Any) -> Any:
        try:
            return step(unwrap(value))
        except OverflowError as error:
            raise EvaluationError(str(error), "range") from error

    return operate


def _boundary(*, high: bool) -> Callable[[Any, Any], Any]:
    """Return LowBoundary or HighBoundary: the least or greatest of what the precision of a value leaves open."""
    precisions = {4: "year", 6: "month", 8: "day", 10: "hour", 12: "minute", 14: "second", 17: "millisecond"}
    of_time = {2: "hour", 4: "minute", 6: "second", 9: "millisecond"}

    def operate(value: Any, digits: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, TIMES):
            table = of_time if isinstance(value, Time) else precisions
            finest = 8 if isinstance(value, Date) else max(table)
            name = table.get(finest if digits is None else digits)
            return temporal.boundary(value, name, high=high) if name else None
        return _decimal_boundary(Decimal(value), decimals.SCALE if digits is None else digits, high=high)

    return operate


def _decimal_boundary(value: Decimal, digits: int, *, high: bool) -> Decimal | None:
    if not 0 <= digits <= decimals.SCALE:
        return None
    unit = Decimal(1).scaleb(-digits)
    own = Decimal(1).scaleb(-decimals.scale(value))
    extent = own - unit if high and own > unit else Decimal(0)
    return limited(value.quantize(unit, rounding=ROUND_DOWN) + (extent if value >= 0 else -extent))


def precision_of(value: Any) -> int:
    """Return the number of decimals, or of digits, that a value is given with."""
    if isinstance(value, TIMES):
        widths = {"year": 4, "month": 6, "day": 8, "hour": 10, "minute": 12, "second": 14, "millisecond": 17}
        return widths[value.precision] - (8 if isinstance(value, Time) else 0)
    return decimals.scale(Decimal(value))


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": add,
    "Subtract": subtract,
    "Multiply": multiply,
    "Divide": divide,
    "TruncatedDivide": _whole_division,
    "Modulo": modulo,
    "Power": power,
    "Exp": exp,
    "Ln": ln,
    "Log": log,
    "Abs": absolute,
    "Truncate": truncate,
    "Ceiling": lambda value: decimals.integer(decimals.ceiling(Decimal(value))),
    "Floor": lambda value: decimals.integer(decimals.floor(Decimal(value))),
    "Successor": _neighbour(points.successor),
    "Predecessor": _neighbour(points.predecessor),
    "Precision": precision_of,
}
for _name, _function in OPERATORS.items():
    operator_node(_name, _function)

operator_node("LowBoundary", _boundary(high=False), nulls=True)
operator_node("HighBoundary", _boundary(high=True), nulls=True)


@node("Negate")
def negate_node(scope: Scope, elm: Node) -> Expr:
    """Return the value with the other sign; a literal takes its sign before it is held to the range of its type."""
    operand = elm["operand"]
    if operand.get("type") == "Literal" and local_name(operand["valueType"]) in (
        "Integer",
        "Long",
        "Decimal",
    ):
        return scope.compile({**operand, "value": f"-{operand['value']}"})
    return strict(negate, scope.operands(elm))


@node("Round")
def round_node(scope: Scope, elm: Node) -> Expr:
    """Return a decimal rounded to a number of decimals."""
    return strict(round_, [scope.operands(elm)[0], scope.optional(elm, "precision")], nulls=True)


@node("MinValue", "MaxValue")
def extreme(_scope: Scope, elm: Node) -> Expr:
    """Return the least or greatest value of a type."""
    table = points.LEAST if elm["type"] == "MinValue" else points.GREATEST
    name = local_name(elm["valueType"])
    if name not in table:
        raise EvaluationError(f"{name} has no least or greatest value", "type")
    return constant(table[name])
