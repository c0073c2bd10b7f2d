"""The elements that can be stepped to from a type, as tables of JSON names made once for each type.

Implements https://hl7.org/fhir/R4/fhirpath.html#polymorphism and https://hl7.org/fhir/R4/json.html: `value` finds
`valueQuantity`, and what stands beside a primitive as `_birthDate` belongs to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.element import TYPE_INFO, Element, type_of
from publisher.expression.fhirpath.types import STRING, is_primitive, is_system
from publisher.expression.quantity import Quantity
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.r4.elements import Child

# What can be asked of a System.Quantity.
QUANTITY_PARTS = ("value", "unit")


@dataclass(frozen=True, slots=True)
class Key:
    """One JSON name of an element, and the type of what it holds."""

    name: str
    type: str
    is_primitive: bool
    sibling: str


@dataclass(frozen=True, slots=True)
class Step:
    """An element of a type: its JSON names, more than one for a choice of types."""

    name: str
    keys: tuple[Key, ...]
    is_list: bool

    @property
    def is_choice(self) -> bool:
        """Return whether its type is known only at run time."""
        return len(self.keys) > 1

    def items(self, owner: Mapping[str, Any]) -> Iterator[Any]:
        """Yield what `owner` has here, each telling its own type."""
        for key in self.keys:
            if key.name in owner or (key.is_primitive and key.sibling in owner):
                yield from _boxes(owner, key)


@cache
def steps(type_: str) -> Mapping[str, Step]:
    """Return the elements of a type by name, in the order of their definition."""
    if type_ == TYPE_INFO:
        return {name: _text_step(name) for name in ("namespace", "name")}
    if is_system(type_):
        return {}
    grouped: dict[str, list[Child]] = {}
    for child in definitions.children(type_).values():
        grouped.setdefault(child.element.name, []).append(child)
    return {name: _step(name, children) for name, children in grouped.items()}


def step(type_: str, name: str) -> Step | None:
    """Return the element `name` of a type."""
    return steps(type_).get(name)


def children(item: Any) -> Iterator[Any]:
    """Yield all elements directly inside an item, each telling its own type."""
    if item.__class__ is dict:
        yield from _elements(item, type_of(item))
    elif item.__class__ is Element:
        owner = item.value if item.value.__class__ is dict else item.sibling
        if owner:
            yield from _elements(owner, item.type)


def found(item: Any, name: str) -> Iterator[Any]:
    """Yield the elements `name` of an item whose type is known only now, each telling its own type."""
    owner: dict[str, Any] | None
    if item.__class__ is dict:
        owner, type_ = item, type_of(item)
    elif item.__class__ is Element:
        owner, type_ = item.value if item.value.__class__ is dict else item.sibling, item.type
    else:
        if item.__class__ is Quantity and name in QUANTITY_PARTS:
            yield getattr(item, name)
        return
    if not owner:
        return
    if type_ is None:
        yield from _untyped(owner.get(name))
        return
    element = step(type_, name)
    if element is not None:
        yield from element.items(owner)


def with_siblings(values: Any, siblings: Any, type_: str) -> list[Any]:
    """Return a list of primitives of which some have an id or extensions; `null` holds a place."""
    values = values if values.__class__ is list else [] if values is None else [values]
    siblings = siblings if siblings.__class__ is list else [] if siblings is None else [siblings]
    return [
        value if not sibling else Element(value, type_, sibling)
        for value, sibling in zip_longest(values, siblings)
        if value is not None or sibling
    ]


def _elements(owner: Mapping[str, Any], type_: str | None) -> Iterator[Any]:
    if type_ is None:
        for name, value in owner.items():
            if name != "resourceType":
                yield from _untyped(value)
        return
    for each in steps(type_).values():
        yield from each.items(owner)


def _untyped(value: Any) -> Iterator[Any]:
    for each in value if value.__class__ is list else () if value is None else (value,):
        yield Element(each, None) if each.__class__ is dict and "resourceType" not in each else each


def _boxes(owner: Mapping[str, Any], key: Key) -> Iterator[Any]:
    value = owner.get(key.name)
    if key.is_primitive:
        if key.sibling not in owner:
            for each in value if value.__class__ is list else (value,):
                yield Element(each, key.type)
            return
        for each in with_siblings(value, owner[key.sibling], key.type):
            yield each if each.__class__ is Element else Element(each, key.type)
        return
    for each in value if value.__class__ is list else (value,):
        if is_system(key.type) or (each.__class__ is dict and "resourceType" in each):
            yield each
        elif each is not None:
            yield Element(each, key.type)


def _step(name: str, children_: list[Child]) -> Step:
    keys = tuple(Key(child.key, child.content, is_primitive(child.content), f"_{child.key}") for child in children_)
    return Step(name, keys, children_[0].element.is_list)


def _text_step(name: str) -> Step:
    return Step(name, (Key(name, STRING, is_primitive=False, sibling=""),), is_list=False)
