"""Decimals as CQL has them: 28 digits, of which 8 are decimals; what cannot be represented is null.

https://cql.hl7.org/09-b-cqlreference.html#decimal-1 and #arithmetic-operators-4. Sums and products are worked out
with more digits than they may keep, then rounded once.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation

WORK = Context(prec=72, rounding=ROUND_HALF_UP)
SCALE = 8
STEP = Decimal("0.00000001")
_TENTH = Decimal("0.1")
MAXIMUM = Decimal("99999999999999999999.99999999")
MINIMUM = -MAXIMUM
# Results may have 28 digits before the point, as the official tests have it, though no literal of the type goes so far.
_RANGE = Decimal(10) ** 28
MAX_INTEGER, MIN_INTEGER = 2**31 - 1, -(2**31)
MAX_LONG, MIN_LONG = 2**63 - 1, -(2**63)


class Long(int):
    """A System.Long: a whole number of 64 bits, told from an Integer by its class."""

    __slots__ = ()


def limited(value: Decimal) -> Decimal | None:
    """Return `value` rounded to eight decimals, or None where it is out of range."""
    if not value.is_finite():
        return None
    if value.as_tuple().exponent < -SCALE:  # type: ignore[operator]  # finite: the exponent is a number
        value = value.quantize(STEP, context=WORK)
    elif value.as_tuple().exponent > 0:  # type: ignore[operator]
        value = value.quantize(Decimal(1), context=WORK)
    return value if -_RANGE <= value <= _RANGE else None


def integer(value: int) -> int | None:
    """Return `value`, or None where it is no Integer."""
    return value if MIN_INTEGER <= value <= MAX_INTEGER else None


def long(value: int) -> Long | None:
    """Return `value` as a Long, or None where it is none."""
    return Long(value) if MIN_LONG <= value <= MAX_LONG else None


def scale(value: Decimal) -> int:
    """Return the number of decimals that `value` is written with."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def divide(left: Decimal, right: Decimal) -> Decimal | None:
    """Return the quotient to eight decimals, without zeros that only division added; None for a division by zero."""
    if not right:
        return None
    quotient = limited(WORK.divide(left, right))
    if quotient is None:
        return None
    return trimmed(quotient, max(scale(left), scale(right), 1)) if scale(quotient) else WORK.quantize(quotient, _TENTH)


def trimmed(value: Decimal, least: int = 1) -> Decimal:
    """Return `value` without the zeros at its end, but with `least` decimals."""
    digits = scale(value)
    while digits > least and value == value.quantize(Decimal(1).scaleb(1 - digits), rounding=ROUND_DOWN, context=WORK):
        digits -= 1
        value = value.quantize(Decimal(1).scaleb(-digits), context=WORK)
    return value


def rounded(value: Decimal, digits: int = 0) -> Decimal | None:
    """Return `value` rounded to `digits` decimals, halves away from zero."""
    try:
        return limited(value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=WORK))
    except InvalidOperation:
        return None


def floor(value: Decimal) -> int:
    """Return the greatest whole number not above `value`."""
    return int(value.to_integral_value(rounding=ROUND_FLOOR))


def ceiling(value: Decimal) -> int:
    """Return the least whole number not below `value`."""
    return int(value.to_integral_value(rounding=ROUND_CEILING))


def truncated_division(left: Decimal, right: Decimal) -> Decimal:
    """Return the quotient without its decimals, towards zero; `right` is not zero."""
    return WORK.divide_int(left, right)


def text(value: Decimal) -> str:
    """Return `value` in plain digits."""
    return format(value, "f")
