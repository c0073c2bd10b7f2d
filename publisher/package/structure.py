"""Whether a resource of others has lists and objects where R4 has them, whatever stands in its primitive values.

https://hl7.org/fhir/R4/json.html. What has can be walked safely; a number written as text is no obstacle to that.
"""

from __future__ import annotations

from typing import Any

from publisher.r4 import definitions

_MOST_LEVELS = 64


def is_structured(resource: Any, level: int = 0) -> bool:
    """Return whether `resource` is of a known type, with lists and objects in their places throughout."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return isinstance(kind, str) and definitions.is_resource(kind) and _stands(resource, kind, level)


def _stands(value: Any, path: str, level: int) -> bool:
    if not isinstance(value, dict) or level > _MOST_LEVELS:
        return False
    children = definitions.children(path)
    for name, item in value.items():
        child = children.get(name)
        if child is None:
            continue
        repeats = child.element.max != "1"
        if isinstance(item, list) is not repeats:
            return False
        if not all(_one_stands(each, child.type.code, child.content, level) for each in (item if repeats else [item])):
            return False
    return True


def _one_stands(value: Any, kind: str, content: str, level: int) -> bool:
    if kind == "string" or definitions.is_primitive(kind):
        return not isinstance(value, dict | list)
    return is_structured(value, level + 1) if kind == "Resource" else _stands(value, content, level + 1)
