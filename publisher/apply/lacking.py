"""What R4 requires of a result and nobody said, at any depth: it is told, never made up.

https://hl7.org/fhir/R4/conformance-rules.html#cardinality.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

# What holds a resource that is none of ours, or is no part of what a definition says.
_PASSED = frozenset({"contained", "extension", "modifierExtension"})


def lacking(element: Any, path: str) -> Iterator[str]:
    """Yield each element that R4 requires of a type or element `path` and that is not there, seen from `element`."""
    if not isinstance(element, dict):
        return
    for name, keys in _required(path):
        if not any(key in element or f"_{key}" in element for key in keys):
            yield name
    children = definitions.children(path)
    for name in element.keys() & _inner(path):
        items = element[name] if isinstance(element[name], list) else [element[name]]
        places = [f"{name}[{index}]" for index in range(len(items))] if children[name].element.is_list else [name]
        for place, each in zip(places, items, strict=False):
            yield from (f"{place}.{inner}" for inner in lacking(each, children[name].content))


@cache
def _required(path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the elements that R4 requires of a type or element, each with the names it may go by."""
    found: dict[str, list[str]] = {}
    for key, child in definitions.children(path).items():
        if child.element.min:
            found.setdefault(child.element.path.rpartition(".")[2], []).append(key)
    return tuple((name, tuple(keys)) for name, keys in found.items())


@cache
def _inner(path: str) -> frozenset[str]:
    """Return the children of a type or element that have children of their own."""
    children = definitions.children(path).items()
    return frozenset(key for key, each in children if not definitions.is_primitive(each.type.code)) - _PASSED
