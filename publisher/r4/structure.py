"""Whether a resource of others has lists, objects and texts where R4 has them.

https://hl7.org/fhir/R4/json.html. What has can be walked safely; a number or boolean written as text is no obstacle to
that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LEVELS = 64
_NO_TEXTS = frozenset({"boolean", "decimal", "integer", "positiveInt", "unsignedInt"})


def misplaced(resource: Any, place: str = "", level: int = 0) -> Iterator[str]:
    """Yield where a resource has a list, an object, a text or another value and R4 another of these."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if isinstance(kind, str) and definitions.is_resource(kind):
        yield from _in_object(resource, kind, place or kind, level)
    else:
        yield f"{place}.resourceType" if place else "resourceType"


def _in_object(value: Any, path: str, place: str, level: int) -> Iterator[str]:
    if not isinstance(value, dict) or level > _MOST_LEVELS:
        yield place
        return
    children = definitions.children(path)
    for name, item in value.items():
        child = children.get(name.removeprefix("_"))
        if child is None:
            continue
        repeats, here = child.element.max != "1", f"{place}.{name}"
        if isinstance(item, list) is not repeats:
            yield here
            continue
        is_primitive = child.type.code == "string" or definitions.is_primitive(child.type.code)
        kind, content = ("Element", "Element") if name.startswith("_") else (child.type.code, child.content)
        for index, each in enumerate(item if repeats else [item]):
            if each is None and is_primitive and _sibling(name) in value:  # what is null has an extension there
                continue
            yield from _in_item(each, (kind, content), f"{here}[{index}]" if repeats else here, level)


def _sibling(name: str) -> str:
    return name.removeprefix("_") if name.startswith("_") else f"_{name}"


def _in_item(value: Any, typed: tuple[str, str], place: str, level: int) -> Iterator[str]:
    kind, content = typed
    if kind == "Resource":
        yield from misplaced(value, place, level + 1)
    elif kind in _NO_TEXTS:
        if value is None or isinstance(value, dict | list):
            yield place
    elif kind != "string" and not definitions.is_primitive(kind):
        yield from _in_object(value, content, place, level + 1)
    elif not isinstance(value, str):
        yield place
