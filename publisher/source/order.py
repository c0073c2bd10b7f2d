"""Put the elements of a resource in the order in which FHIR defines them.

Implements the element order of https://hl7.org/fhir/R4/json.html: the same content has the same bytes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import children

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.repository import Resource


def ordered(resource: Resource) -> Resource:
    """Return `resource` with its elements, at every level, in the order of the definitions."""
    ordered_resource: Resource = _ordered(resource, "")
    return ordered_resource


def in_order(resource: Resource) -> Resource:
    """Return `resource` with its own elements in the order of the definitions, each as it is inside."""
    places = _places(resource, resource["resourceType"])
    return {key: resource[key] for key in sorted(places, key=places.__getitem__)}


def _ordered(value: Any, content: str) -> Any:
    if isinstance(value, list):
        return [_ordered(one, content) for one in value]
    if not isinstance(value, dict):
        return value
    places = _places(value, str(value.get("resourceType", content)))
    return {key: _ordered(value[key], places[key][2]) for key in sorted(places, key=places.__getitem__)}


def _places(value: Mapping[str, Any], content: str) -> dict[str, tuple[int, bool, str]]:
    return {key: _place(content, key) for key in value}


@cache
def _place(content: str, key: str) -> tuple[int, bool, str]:
    """Return how many elements stand before one, whether it is beside its value, and where its children are defined."""
    known, name = children(content), key.removeprefix("_")
    index = ("resourceType", *known, name).index(name)
    if name != key:
        return index, True, "Element"
    return index, False, known[key].content if key in known else ""
