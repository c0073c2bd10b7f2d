"""What an item of a collection is while an expression runs.

A System value is the plain Python value. A FHIR element whose type is known when compiling is the plain JSON value.
`Element` is for the rest: a type known only at run time, or a primitive with an id or extensions
(https://hl7.org/fhir/R4/json.html#primitive, https://hl7.org/fhir/R4/fhirpath.html#types).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from publisher.expression.decimals import Long
from publisher.expression.fhirpath.types import known_types
from publisher.expression.quantity import Quantity
from publisher.expression.temporal import Date, DateTime, Time

Items = list[Any]
EMPTY: Items = []

TYPE_INFO = "System.TypeInfo"
_SYSTEM_TYPES: dict[type, str] = {
    bool: "System.Boolean",
    int: "System.Integer",
    Long: "System.Long",
    Decimal: "System.Decimal",
    float: "System.Decimal",
    str: "System.String",
    Date: "System.Date",
    DateTime: "System.DateTime",
    Time: "System.Time",
    Quantity: "System.Quantity",
}


class Element:
    """A FHIR element with its type and, for a primitive, the id and extensions that stand beside its value.

    `type` is where its elements are defined: a type's name or the path of a backbone element; None where unknown.
    """

    __slots__ = ("sibling", "type", "value")

    def __init__(self, value: Any, type_: str | None, sibling: dict[str, Any] | None = None) -> None:
        self.value = value
        self.type = type_
        self.sibling = sibling

    def __repr__(self) -> str:
        return f"Element({self.value!r}, {self.type!r}, {self.sibling!r})"


def bare(item: Any) -> Any:
    """Return the value of an item without its type and what stands beside it."""
    return item.value if item.__class__ is Element else item


def type_of(item: Any) -> str | None:
    """Return the type of an item that is a System value, a resource or an Element."""
    if item.__class__ is Element:
        found: str | None = item.type
        return found
    if item.__class__ is dict:
        name = item.get("resourceType")
        return name if isinstance(name, str) and name in known_types() else None
    return _SYSTEM_TYPES.get(item.__class__)


def boxed(item: Any, type_: str | None) -> Any:
    """Return an item of a type known when compiling as one that tells its type itself."""
    if item.__class__ is Element or type_ is None or type_.startswith("System."):
        return item if type_ != TYPE_INFO or item.__class__ is Element else Element(item, type_)
    if item.__class__ is dict and "resourceType" in item:
        return item
    return Element(item, type_)
