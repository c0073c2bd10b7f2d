"""Functions on numbers and quantities.

Implements https://hl7.org/fhirpath/N1/#math-1: exact on Decimals, empty where a result does not exist.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals
from publisher.expression.decimals import WORK, Long
from publisher.expression.fhirpath.compiled import Expr, Scope, scalar
from publisher.expression.fhirpath.functions.registry import function, value_of
from publisher.expression.fhirpath.types import DECIMAL
from publisher.expression.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call

_MOST_DIGITS = 28


def _of_number(name: str, type_: str | None, operation: Callable[..., Any], arguments: int = 0) -> None:
    """Register a function of a number with so many numbers as arguments; empty where one of them is."""

    @function(name, arguments)
    def build(scope: Scope, node: Call, focus: Expr) -> Expr:
        values = [scalar(focus, scope, node), *(value_of(scope, each) for each in node.arguments)]

        def run(env: Environment, this: Any) -> Any:
            found = [value(env, this) for value in values]
            if any(each is None for each in found):
                return None
            if not all(_is_amount(each) for each in found):
                raise scope.refused(node, f"calls {name}() on or with what is no number; convert it first")
            try:
                return operation(*found)
            except DecimalException:
                return None

        return Expr(run, type_, single=True, value=run if type_ else None)


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | Decimal | Quantity) and not isinstance(value, bool)


def _number(value: Any) -> Decimal:
    return value.value if isinstance(value, Quantity) else Decimal(value)


def _like(value: Any, number: Decimal | None) -> Any:
    """Return a result in the type of `value`."""
    if number is None:
        return None
    if isinstance(value, Quantity):
        return Quantity(number, value.unit)
    if isinstance(value, int):
        return decimals.long(int(number)) if isinstance(value, Long) else decimals.integer(int(number))
    return number


def _sqrt(value: Any) -> Decimal | None:
    return decimals.limited(WORK.sqrt(_number(value)))


def _ln(value: Any) -> Decimal | None:
    return decimals.limited(WORK.ln(_number(value)))


def _exp(value: Any) -> Decimal | None:
    return decimals.limited(WORK.exp(_number(value)))


def _log(value: Any, base: Any) -> Decimal | None:
    number, below = _number(value), _number(base)
    if number <= 0 or below <= 0 or below == 1:
        return None
    return decimals.limited(WORK.divide(WORK.ln(number), WORK.ln(below)))


def _power(value: Any, exponent: Any) -> Any:
    number, by = _number(value), _number(exponent)
    if number == 0 and by <= 0:
        return None if by < 0 else _like(value, Decimal(1))
    result = decimals.limited(WORK.power(number, by))
    if isinstance(value, int) and isinstance(exponent, int) and exponent >= 0:
        return _like(value, result)
    return result


_of_number("abs", None, lambda value: _like(value, abs(_number(value))))
_of_number("ceiling", None, lambda value: _whole(value, decimals.ceiling(_number(value))))
_of_number("floor", None, lambda value: _whole(value, decimals.floor(_number(value))))
_of_number("truncate", None, lambda value: _whole(value, int(_number(value))))
_of_number("sqrt", DECIMAL, _sqrt)
_of_number("ln", DECIMAL, _ln)
_of_number("exp", DECIMAL, _exp)
_of_number("log", DECIMAL, _log, 1)
_of_number("power", None, _power, 1)


def _whole(value: Any, number: int) -> Any:
    return Quantity(Decimal(number), value.unit) if isinstance(value, Quantity) else decimals.integer(number)


@function("round", 0, 1)
def _round(scope: Scope, node: Call, focus: Expr) -> Expr:
    value = scalar(focus, scope, node)
    digits = value_of(scope, node.arguments[0]) if node.arguments else None

    def run(env: Environment, this: Any) -> Any:
        found, places = value(env, this), digits(env, this) if digits else 0
        if found is None or places is None:
            return None
        if not _is_amount(found) or not isinstance(places, int) or not 0 <= places <= _MOST_DIGITS:
            raise scope.refused(node, "rounds what is no number, or to less than 0 digits; correct the operand")
        number = _number(found).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=WORK)
        return Quantity(number, found.unit) if isinstance(found, Quantity) else number

    return Expr(run, None, single=True)
