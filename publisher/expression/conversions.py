"""Conversions between System types: what a text stands for, and how a value is written.

https://cql.hl7.org/09-b-cqlreference.html#type-operators-1. A conversion that cannot be made is null.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from publisher.expression import decimals, temporal
from publisher.expression.quantity import (
    Quantity,
    Ratio,
    parse_decimal,
    parse_quantity,
    parse_ratio,
    quotient,
)
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Code, Concept, EvaluationError, codes_of, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.decimals import Long

_TRUE: Final = frozenset({"true", "t", "yes", "y", "1"})
_FALSE: Final = frozenset({"false", "f", "no", "n", "0"})


def to_boolean(value: Any) -> bool | None:
    """Return a Boolean, or None."""
    value = unwrap(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.lower()
        return True if word in _TRUE else (False if word in _FALSE else None)
    return {Decimal(0): False, Decimal(1): True}.get(Decimal(value)) if isinstance(value, int | Decimal) else None


def to_integer(value: Any) -> int | None:
    """Return an Integer, or None."""
    whole = _whole(unwrap(value))
    return None if whole is None else decimals.integer(whole)


def to_long(value: Any) -> Long | None:
    """Return a Long, or None."""
    whole = _whole(unwrap(value))
    return None if whole is None else decimals.long(whole)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str):
        digits = value[1:] if value[:1] in ("+", "-") else value
        return int(value) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None  # noqa: PLR2004
    return None


def to_decimal(value: Any) -> Decimal | None:
    """Return a Decimal, or None; a JSON number is read as it was written."""
    value = unwrap(value)
    if type(value) is Decimal:
        return decimals.limited(value)
    if isinstance(value, bool):
        return Decimal(int(value)).quantize(Decimal("0.0"))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return decimals.limited(Decimal(repr(value)))
    return parse_decimal(value) if isinstance(value, str) else None


def to_quantity(value: Any) -> Quantity | None:
    """Return a Quantity, or None; a ratio is divided out."""
    value = unwrap(value)
    if isinstance(value, Quantity):
        return value
    if isinstance(value, Ratio):
        return quotient(value.numerator, value.denominator)
    if isinstance(value, str):
        return parse_quantity(value)
    number = to_decimal(value)
    return None if number is None else Quantity(number)


def to_ratio(value: Any) -> Ratio | None:
    """Return a Ratio, or None."""
    value = unwrap(value)
    return value if isinstance(value, Ratio) else (parse_ratio(value) if isinstance(value, str) else None)


def to_string(value: Any) -> str | None:
    """Return a value as a text, None for one that has none."""
    value = unwrap(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return decimals.text(value)
    if isinstance(value, int | Quantity | Ratio | Date | DateTime | Time):
        return str(value)
    if isinstance(value, dict) and "coding" not in value:
        found = value.get("value")
        return found if isinstance(found, str) else None
    raise EvaluationError("a value of this type has no text", "type")


def to_date(value: Any) -> Date | None:
    """Return a Date, or None."""
    value = unwrap(value)
    if isinstance(value, DateTime):
        return temporal.to_date(value)
    if isinstance(value, str):
        moment = temporal.parse_date_time(value)
        return None if moment is None else temporal.to_date(moment)
    return value if isinstance(value, Date) else None


def to_date_time(value: Any, offset: int) -> DateTime | None:
    """Return a DateTime in its own offset, else in that of the evaluation; or None."""
    value = unwrap(value)
    if isinstance(value, Date):
        return temporal.to_date_time(value, offset)
    if isinstance(value, str):
        return temporal.parse_date_time(value, offset)
    return temporal.with_offset(value, offset) if isinstance(value, DateTime) else None


def to_time(value: Any) -> Time | None:
    """Return a Time, or None."""
    value = unwrap(value)
    if isinstance(value, DateTime):
        return temporal.to_time(value)
    if isinstance(value, str):
        return temporal.parse_time(value)
    return value if isinstance(value, Time) else None


def to_concept(value: Any) -> Concept:
    """Return a code, or a list of codes, as a concept."""
    value = unwrap(value)
    return value if isinstance(value, Concept) else Concept(codes_of(value), getattr(value, "display", None))


def to_code(value: Any) -> Code | None:
    """Return the one code of a value, or None."""
    codes = codes_of(value)
    return codes[0] if codes else None


# By the local name of the target type; each but DateTime takes the value alone.
CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Long": to_long,
    "Decimal": to_decimal,
    "Quantity": to_quantity,
    "Ratio": to_ratio,
    "String": to_string,
    "Date": to_date,
    "Time": to_time,
    "Concept": to_concept,
    "Code": to_code,
}
