"""Turn items into what a caller is given: JSON-like values, with their types where asked for; and variables into items.

System types as FHIR ones: https://hl7.org/fhir/R4/fhirpath.html#types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.expression import temporal
from publisher.expression.fhirpath.element import Element, type_of
from publisher.expression.fhirpath.system import UCUM
from publisher.expression.fhirpath.types import named_type
from publisher.expression.quantity import CALENDAR, Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.expression.fhirpath.element import Items

_TEMPORAL = (temporal.Date, temporal.DateTime, temporal.Time)


class TypedValue(NamedTuple):
    """A result with the name of its type, such as `code`, `HumanName` or `System.Integer`."""

    value: Any
    type: str | None


def plain(item: Any) -> Any:
    """Return an item as JSON has it: a date or time as its text, a Quantity as a FHIR Quantity."""
    if item.__class__ is Element:
        return item.value
    if isinstance(item, _TEMPORAL):
        return moment_text(item)
    return _fhir_quantity(item) if item.__class__ is Quantity else item


def moment_text(value: Any) -> str:
    """Return a date or time as FHIR writes it, with Z for UTC."""
    text = str(value)
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def typed(item: Any, static: str | None) -> TypedValue:
    """Return an item with its type."""
    found = static if static is not None and item.__class__ is not Element else type_of(item)
    if item.__class__ is dict and "resourceType" in item:
        found = type_of(item)
    return TypedValue(plain(item), named_type(found) if found else None)


def variable_items(value: Any) -> Items:
    """Return what a caller gave as a variable as items; an object without a resourceType has no type."""
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [_variable_item(each) for each in values]


def variables_of(given: Mapping[str, Any]) -> dict[str, Items]:
    """Return the variables a caller gave, by name without the %."""
    return {name.removeprefix("%"): variable_items(value) for name, value in given.items()}


def _variable_item(value: Any) -> Any:
    if isinstance(value, dict) and "resourceType" not in value:
        return Element(value, None)
    return value


def _fhir_quantity(quantity: Quantity) -> dict[str, Any]:
    code = CALENDAR.get(quantity.unit, quantity.unit)
    return {"value": quantity.value, "unit": quantity.unit, "system": UCUM, "code": code}
