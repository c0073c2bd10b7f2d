"""Whether a resource of others has lists, objects and texts where R4 has them.

https://hl7.org/fhir/R4/json.html. What has can be walked safely; a number or boolean written as text is no obstacle to
that.
"""

from __future__ import annotations

from typing import Any

from publisher.r4 import definitions

_MOST_LEVELS = 64
_NO_TEXTS = frozenset({"boolean", "decimal", "integer", "positiveInt", "unsignedInt"})


def is_structured(resource: Any, level: int = 0) -> bool:
    """Return whether `resource` is of a known type, with lists, objects and texts in their places throughout."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return isinstance(kind, str) and definitions.is_resource(kind) and _stands(resource, kind, level)


def _stands(value: Any, path: str, level: int) -> bool:
    if not isinstance(value, dict) or level > _MOST_LEVELS:
        return False
    children = definitions.children(path)
    for name, item in value.items():
        child = children.get(name.removeprefix("_"))
        if child is None:
            continue
        repeats = child.element.max != "1"
        if isinstance(item, list) is not repeats:
            return False
        is_primitive = child.type.code == "string" or definitions.is_primitive(child.type.code)
        for each in item if repeats else [item]:
            if each is None and is_primitive and _sibling(name) in value:  # what is null has an extension there
                continue
            kind, content = ("Element", "Element") if name.startswith("_") else (child.type.code, child.content)
            if not _one_stands(each, kind, content, level):
                return False
    return True


def _sibling(name: str) -> str:
    return name.removeprefix("_") if name.startswith("_") else f"_{name}"


def _one_stands(value: Any, kind: str, content: str, level: int) -> bool:
    if kind in _NO_TEXTS:
        return value is not None and not isinstance(value, dict | list)
    if kind == "string" or definitions.is_primitive(kind):
        return isinstance(value, str)
    return is_structured(value, level + 1) if kind == "Resource" else _stands(value, content, level + 1)
