"""Whether JSON has the shape of an R4 resource, fast enough to ask of every resource in a request.

Only shapes: lists where elements repeat, objects, texts, numbers and booleans in their places. Unknown elements are
passed over. https://hl7.org/fhir/R4/json.html. What validation checks besides is not needed to read data safely.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from publisher.r4 import definitions

_NUMBERS = frozenset({"decimal", "integer", "positiveInt", "unsignedInt"})
_MOST_LEVELS = 64


class _Part(NamedTuple):
    """What stands in an element: whether it repeats, and the JSON types of a primitive or the path of an object."""

    repeats: bool
    primitive: tuple[type, ...] | None
    path: str


def fits(resource: Any, level: int = 0) -> bool:
    """Return whether `resource` is an object of a known R4 type, in shape throughout."""
    if not isinstance(resource, dict) or level > _MOST_LEVELS:
        return False
    kind = resource.get("resourceType")
    return isinstance(kind, str) and definitions.is_resource(kind) and _object_fits(resource, kind, level)


def _object_fits(value: dict[str, Any], path: str, level: int) -> bool:
    parts = _parts(path)
    for name, item in value.items():
        part = parts.get(name)
        if part is None or (part.primitive is _TEXT and type(item) is str and not part.repeats):
            continue
        if part.repeats:
            if type(item) is not list or not all(_item_fits(each, part, level) for each in item):
                return False
        elif not _one_fits(item, part, level):
            return False
    return True


def _item_fits(value: Any, part: _Part, level: int) -> bool:
    """Return whether a list's item fits; a primitive may be null where its sibling holds an extension."""
    return _one_fits(value, part, level) or (value is None and part.primitive is not None)


def _one_fits(value: Any, part: _Part, level: int) -> bool:
    if part.primitive is None:
        if type(value) is not dict or level >= _MOST_LEVELS:
            return False
        return fits(value, level + 1) if part.path == "Resource" else _object_fits(value, part.path, level + 1)
    return isinstance(value, part.primitive) and (type(value) is not bool or part.primitive is _BOOLEAN)


_TEXT: tuple[type, ...] = (str,)
_BOOLEAN: tuple[type, ...] = (bool,)
_NUMBER: tuple[type, ...] = (int, float, Decimal)


@cache
def _parts(path: str) -> dict[str, _Part]:
    """Return what stands in each element of a type or element."""
    children = definitions.children(path).items()
    return {
        name: _Part(child.element.max != "1", _primitive(child.type.code), _path(child.type.code, child.content))
        for name, child in children
    }


def _path(kind: str, content: str) -> str:
    return kind if kind == "Resource" else content


def _primitive(kind: str) -> tuple[type, ...] | None:
    if kind == "boolean":
        return _BOOLEAN
    if kind in _NUMBERS:
        return _NUMBER
    return _TEXT if kind == "string" or definitions.is_primitive(kind) else None
