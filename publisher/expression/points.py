"""Point types: what numbers, quantities and times have in common, so that intervals can be made of them.

https://cql.hl7.org/09-b-cqlreference.html#successor, #predecessor, #minimum and #maximum.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from publisher.expression import decimals, quantity, temporal
from publisher.expression.decimals import Long
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time

LEAST: Final[dict[str, Any]] = {
    "Integer": decimals.MIN_INTEGER,
    "Long": Long(decimals.MIN_LONG),
    "Decimal": decimals.MINIMUM,
    "Quantity": Quantity(decimals.MINIMUM),
    "Date": temporal.MINIMUM_DATE,
    "DateTime": temporal.MINIMUM_DATE_TIME,
    "Time": temporal.MINIMUM_TIME,
}
GREATEST: Final[dict[str, Any]] = {
    "Integer": decimals.MAX_INTEGER,
    "Long": Long(decimals.MAX_LONG),
    "Decimal": decimals.MAXIMUM,
    "Quantity": Quantity(decimals.MAXIMUM),
    "Date": temporal.MAXIMUM_DATE,
    "DateTime": temporal.MAXIMUM_DATE_TIME,
    "Time": temporal.MAXIMUM_TIME,
}
_NAMES: Final[dict[type, str]] = {
    int: "Integer",
    Long: "Long",
    Decimal: "Decimal",
    Quantity: "Quantity",
    Date: "Date",
    DateTime: "DateTime",
    Time: "Time",
}


def type_of(point: Any) -> str | None:
    """Return the name of a point's System type, or None for what is no point."""
    return _NAMES.get(type(point))


def compare(left: Any, right: Any, precision: str | None = None, offset: int | None = None) -> int | None:
    """Return -1, 0 or 1, or None where the values are not comparable or their precision leaves it open."""
    kind = type(left)
    if kind is Date or kind is DateTime or kind is Time:
        if type(right) not in (Date, DateTime, Time):
            raise TypeError("a time is compared with something else")
        return temporal.compare(left, right, precision, offset, exact=True)
    if kind is Quantity or type(right) is Quantity:
        return quantity.compare(as_quantity(left), as_quantity(right))
    return int(left > right) - int(left < right)


def as_quantity(value: Any) -> Quantity:
    """Return a number as a quantity without a unit."""
    if type(value) is Quantity:
        return value
    if isinstance(value, int | Decimal):
        return Quantity(Decimal(value))
    raise TypeError("a quantity is compared with something else")


def least(like: Any) -> Any:
    """Return the least value of the type of `like` (a quantity: in its unit)."""
    return _extreme(LEAST, like)


def greatest(like: Any) -> Any:
    """Return the greatest value of the type of `like` (a quantity: in its unit)."""
    return _extreme(GREATEST, like)


def _extreme(table: dict[str, Any], like: Any) -> Any:
    extreme = table[_NAMES[type(like)]]
    if type(like) is Quantity:
        return replace(extreme, unit=like.unit)
    if type(like) is DateTime:
        return replace(extreme, offset=like.offset, assumed=like.assumed)
    return extreme


def successor(point: Any) -> Any:
    """Return the next value of the type; OverflowError beyond its greatest."""
    return _neighbour(point, 1)


def predecessor(point: Any) -> Any:
    """Return the value of the type before this one; OverflowError below its least."""
    return _neighbour(point, -1)


def _neighbour(point: Any, step: int) -> Any:
    kind = type(point)
    if kind is Quantity:
        return replace(point, value=_neighbour(point.value, step))
    if kind is Decimal:
        moved: Any = decimals.limited(decimals.WORK.add(point, decimals.STEP * step))
    elif kind is int:
        moved = decimals.integer(point + step)
    elif kind is Long:
        moved = decimals.long(point + step)
    else:
        return temporal.neighbour(point, step)
    if moved is None:
        raise OverflowError("there is no next value of the type")
    return moved
