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


def _ordered(value: Any, content: str) -> Any:
    if isinstance(value, list):
        return [_ordered(one, content) for one in value]
    if not isinstance(value, dict):
        return value
    content = str(value.get("resourceType", content))
    places = _places(content)
    keys = sorted(value, key=lambda key: (places.get(key.removeprefix("_"), len(places)), key.startswith("_")))
    return {key: _ordered(value[key], _content(content, key)) for key in keys}


def _content(parent: str, key: str) -> str:
    """Return where the children of an element are defined; of `_element`, those of any element."""
    if key.startswith("_"):
        return "Element"
    found = children(parent).get(key)
    return found.content if found else ""


@cache
def _places(content: str) -> Mapping[str, int]:
    return {name: index for index, name in enumerate(("resourceType", *children(content)))}
