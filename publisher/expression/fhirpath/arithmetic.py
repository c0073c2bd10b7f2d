"""The arithmetic operators on two System values.

Implements https://hl7.org/fhirpath/N1/#math and #datetime-arithmetic. What cannot be represented is empty; what has
no meaning for its types raises OperandError.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals, quantity, temporal
from publisher.expression.decimals import Long
from publisher.expression.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    Operator = Callable[[Any, Any], Any]

_TEMPORAL = (temporal.Date, temporal.DateTime, temporal.Time)
_TIME_UNITS = ("hour", "minute", "second", "millisecond")
_WHOLE = (int, Long)
_NUMBERS = (int, Long, Decimal)


class OperandError(Exception):
    """Two operands that an operator does not take; the text says what to do."""


def add(left: Any, right: Any) -> Any:
    """Return the sum of two numbers or quantities, two strings joined, or a date moved by a quantity."""
    if left.__class__ is str and right.__class__ is str:
        return left + right
    if isinstance(left, _TEMPORAL) and right.__class__ is Quantity:
        return _moved(left, right, 1)
    return _sum(left, right, 1)


def subtract(left: Any, right: Any) -> Any:
    """Return the difference of two numbers or quantities, or a date moved back by a quantity."""
    if isinstance(left, _TEMPORAL) and right.__class__ is Quantity:
        return _moved(left, right, -1)
    return _sum(left, right, -1)


def multiply(left: Any, right: Any) -> Any:
    """Return the product of two numbers or quantities."""
    if left.__class__ in _WHOLE and right.__class__ in _WHOLE:
        return whole(left * right, left, right)
    if left.__class__ in _NUMBERS and right.__class__ in _NUMBERS:
        return _unsigned_zero(decimals.limited(decimals.WORK.multiply(Decimal(left), Decimal(right))))
    one, other = _amounts(left, right)
    return quantity.multiply(one, other)


def divide(left: Any, right: Any) -> Any:
    """Return the quotient as a Decimal or Quantity; empty for a division by zero."""
    if left.__class__ in _NUMBERS and right.__class__ in _NUMBERS:
        return _unsigned_zero(decimals.divide(Decimal(left), Decimal(right)))
    one, other = _amounts(left, right)
    return quantity.quotient(one, other)


def div(left: Any, right: Any) -> Any:
    """Return the whole part of a quotient, towards zero; empty for a division by zero."""
    _numbers(left, right)
    if not right:
        return None
    if left.__class__ in _WHOLE and right.__class__ in _WHOLE:
        return whole(_towards_zero(left, right), left, right)
    return decimals.integer(int(decimals.truncated_division(Decimal(left), Decimal(right))))


def mod(left: Any, right: Any) -> Any:
    """Return what a division leaves, with the sign of the left operand; empty for a division by zero."""
    _numbers(left, right)
    if not right:
        return None
    if left.__class__ in _WHOLE and right.__class__ in _WHOLE:
        return whole(left - right * _towards_zero(left, right), left, right)
    one, other = Decimal(left), Decimal(right)
    return _unsigned_zero(decimals.limited(one - other * decimals.truncated_division(one, other)))


def negated(value: Any) -> Any:
    """Return a number or quantity with the other sign."""
    if value.__class__ in _WHOLE:
        return whole(-value, value, value)
    if value.__class__ is Decimal:
        return _unsigned_zero(-value)
    if value.__class__ is Quantity:
        return Quantity(-value.value, value.unit)
    raise OperandError("needs a number or quantity after its sign; convert it")


def kept(value: Any) -> Any:
    """Return a number or quantity as it is; a plus before anything else is an error."""
    negated(value)
    return value


def whole(value: int, left: Any, right: Any) -> int | None:
    """Return an Integer, a Long where an operand is one; None where it is out of range."""
    if left.__class__ is Long or right.__class__ is Long:
        return decimals.long(value)
    return decimals.integer(value)


def _sum(left: Any, right: Any, sign: int) -> Any:
    if left.__class__ in _WHOLE and right.__class__ in _WHOLE:
        return whole(left + sign * right, left, right)
    if left.__class__ in _NUMBERS and right.__class__ in _NUMBERS:
        return decimals.limited(decimals.WORK.add(Decimal(left), sign * Decimal(right)))
    one, other = _amounts(left, right)
    return quantity.add(one, other, sign)


def _moved(moment: Any, amount: Quantity, sign: int) -> Any:
    """Return a date or time moved; parts of a calendar unit do not count, seconds to the millisecond."""
    unit = quantity.duration_unit(amount.unit)
    if unit is None:
        advice = "write a calendar unit such as 1 month or 1 year"
        raise OperandError(f"moves a date or time by the unit '{amount.unit}', which has no place there; {advice}")
    if moment.__class__ is temporal.Time and unit not in _TIME_UNITS:
        raise OperandError(f"moves a time of day by the unit '{amount.unit}'; use hours or less")
    try:
        return temporal.add(moment, sign * amount.value, unit)
    except OverflowError:
        return None


def _amounts(left: Any, right: Any) -> tuple[Quantity, Quantity]:
    if Quantity not in (left.__class__, right.__class__):
        raise OperandError("has operands that it cannot calculate with; convert them to numbers or quantities")
    return _amount(left), _amount(right)


def _amount(value: Any) -> Quantity:
    if value.__class__ is Quantity:
        return value
    if value.__class__ in _NUMBERS:
        return Quantity(Decimal(value))
    raise OperandError("has a quantity and an operand that is none; convert it")


def _numbers(left: Any, right: Any) -> None:
    if left.__class__ not in _NUMBERS or right.__class__ not in _NUMBERS:
        raise OperandError("divides what is no number; convert it")


def _unsigned_zero(value: Decimal | None) -> Decimal | None:
    return abs(value) if value is not None and value == 0 else value


def _towards_zero(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient
