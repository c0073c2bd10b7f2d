"""Convert FHIR elements to the System values that operators and functions work on.

Implements https://hl7.org/fhir/R4/fhirpath.html#types (the implicit conversions of FHIR types).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import temporal
from publisher.expression.fhirpath.element import Element
from publisher.expression.fhirpath.types import DATE, DATE_TIME, DECIMAL, QUANTITY, TIME, system_type
from publisher.expression.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

UCUM = "http://unitsofmeasure.org"
_TEMPORAL = (temporal.Date, temporal.DateTime, temporal.Time)
_LEAST_POWER, _GREATEST_POWER = -40, 27
_CALENDAR_CODES = {"a": "year", "mo": "month"}


def decimal(value: Any) -> Any:
    """Return a number as JSON has it as a Decimal; None for one far beyond what a System.Decimal can be."""
    kind = value.__class__
    if kind is float:
        value = Decimal(repr(value))
    elif kind is int:
        value = Decimal(value)
    elif kind is not Decimal:
        return value
    return value if value.is_finite() and _LEAST_POWER <= value.adjusted() <= _GREATEST_POWER else None


def quantity(value: Any) -> Any:
    """Return a FHIR Quantity as a System one; None without a value, or with a comparator that leaves it open."""
    if value.__class__ is not dict or value.get("comparator") is not None:
        return None if value.__class__ is dict else value
    number = decimal(value.get("value"))
    if number.__class__ is not Decimal:
        return None
    code = value.get("code")
    if value.get("system") == UCUM and isinstance(code, str):
        return Quantity(number, _CALENDAR_CODES.get(code, code))
    unit = code if isinstance(code, str) else value.get("unit")
    return Quantity(number, unit if isinstance(unit, str) else "1")


def _parsed(parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        return parse(value) if value.__class__ is str else value if isinstance(value, _TEMPORAL) else None

    return converted


# How a value of a FHIR type becomes one of a System type, for those that are not the same in JSON.
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    DECIMAL: decimal,
    QUANTITY: quantity,
    DATE: _parsed(temporal.parse_date),
    DATE_TIME: _parsed(temporal.parse_date_time),
    TIME: _parsed(temporal.parse_time),
}


def converter(type_: str | None) -> Callable[[Any], Any] | None:
    """Return what converts items of a FHIR type, None where there is nothing to do."""
    return CONVERTERS.get(system_type(type_) or "")


def system_value(item: Any) -> Any:
    """Return the System value of an item that tells its type; a complex element is returned as it is.

    A primitive without a value gives None.
    """
    kind = item.__class__
    if kind is float or kind is Decimal:
        return decimal(item)
    if kind is not Element:
        return item
    value = item.value
    if value is None or item.type is None:
        return value
    convert = CONVERTERS.get(system_type(item.type) or "")
    return value if convert is None else convert(value)


def to_system(type_: str | None) -> Callable[[Any], Any]:
    """Return what gives the System value of an item of a type known when compiling."""
    convert = converter(type_)
    if convert is None:
        return system_value

    def converted(item: Any) -> Any:
        value = item.value if item.__class__ is Element else item
        return None if value is None else convert(value)

    return converted
