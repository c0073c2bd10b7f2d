"""Read the System values that are written out in an expression.

Implements https://hl7.org/fhirpath/N1/#literals; the types themselves are those of the one expression engine.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import temporal
from publisher.expression.decimals import MAX_INTEGER, MAX_LONG, Long
from publisher.expression.quantity import CALENDAR, Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_DIGITS = 40
CALENDAR_UNITS = {spelling: unit for unit in CALENDAR for spelling in (unit, f"{unit}s")}


def integer(text: str) -> int:
    """Return an Integer of 32 bits."""
    value = int(text)
    if value > MAX_INTEGER:
        raise ValueError(f"an Integer goes to {MAX_INTEGER}, write {text}.0 for a Decimal")
    return value


def long(text: str) -> Long:
    """Return a Long of 64 bits from its digits and an L."""
    value = int(text[:-1])
    if value > MAX_LONG:
        raise ValueError(f"a Long goes to {MAX_LONG}")
    return Long(value)


def decimal(text: str) -> Decimal:
    """Return a Decimal with its digits as they are written."""
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"it has more than {_MOST_DIGITS} digits")
    return Decimal(text)


def quantity(number: str, unit: str) -> Quantity:
    """Return a Quantity; a calendar unit is kept in the singular."""
    return Quantity(decimal(number), CALENDAR_UNITS.get(unit, unit))


def _checked(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return what reads a date or time, and raises ValueError where `parse` finds none."""

    def read(text: str) -> Any:
        value = parse(text)
        if value is None:
            raise ValueError("a part of it is out of range")
        return value

    return read


def _same(text: str) -> str:
    return text


def _truth(text: str) -> bool:
    return text == "true"


# The System type of each kind of token that is a literal, and what makes the value.
MAKERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "word": ("Boolean", _truth),
    "string": ("String", _same),
    "long": ("Long", long),
    "date": ("Date", _checked(temporal.parse_date)),
    "datetime": ("DateTime", _checked(temporal.parse_date_time)),
    "time": ("Time", _checked(temporal.parse_time)),
}
