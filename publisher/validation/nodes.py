"""Walk through a resource, element by element, each with its place, its definition and the resource it stands in.

Implements the tree of https://hl7.org/fhir/R4/element.html: what `%resource` and `%rootResource` are at each place
(https://hl7.org/fhir/R4/fhirpath.html#variables).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import is_resource
from publisher.validation.shapes import OBJECT, RESOURCE, Field, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.findings import Path

# What a rule yields: its name, the place, and the end of a sentence that starts with the place.
Finding = tuple[str, "Path", str]


class Node:
    """A resource or complex element: its value, where its children are defined, and what it stands in.

    `resource` is the nearest resource (%resource), `root` the one that contains it (%rootResource).
    """

    __slots__ = ("content", "field", "parent", "path", "resource", "root", "value")

    def __init__(
        self, value: dict[str, Any], content: str, path: Path, *, parent: Node | None = None, field: Field | None = None
    ) -> None:
        self.value = value
        self.content = content
        self.path = path
        self.parent = parent
        self.field = field
        self.resource: dict[str, Any] = value if parent is None else parent.resource
        self.root: dict[str, Any] = value if parent is None else parent.root

    def at(self, name: str, index: int | None = None) -> Path:
        """Return the place of a child."""
        return (self.path, f".{name}", index)

    def within(self, name: str) -> bool:
        """Return whether the element stands in a resource of the type `name`, itself included."""
        return bool(self.resource.get("resourceType") == name)


def walk(resource: dict[str, Any], name: str) -> list[Node]:
    """Return the nodes of a resource of the type `name`, parents before children, in the order they stand."""
    found: list[Node] = []
    _enter(Node(resource, name, (None, name)), found)
    return found


def items(value: Any, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the objects of a list-valued child with their index; nothing where it is malformed."""
    listed = value.get(name) if isinstance(value, dict) else None
    return [(at, one) for at, one in enumerate(listed) if isinstance(one, dict)] if isinstance(listed, list) else []


def text(value: Any, name: str) -> str | None:
    """Return a child that is a string."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def texts(value: Any, name: str) -> list[str]:
    """Return the strings of a list-valued child; nothing where it is malformed."""
    listed = value.get(name) if isinstance(value, dict) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def canonicals(node: Node) -> Iterator[tuple[Field, Path, str]]:
    """Yield the canonicals among the children of a node with their field and place."""
    for key, field in _canonical_fields(node.content):
        member = node.value.get(key)
        if isinstance(member, str):
            yield field, (node.path, field.step), member
        elif isinstance(member, list):
            for index, one in enumerate(member):
                if isinstance(one, str):
                    yield field, (node.path, field.step, index), one


@cache
def _canonical_fields(content: str) -> tuple[tuple[str, Field], ...]:
    return tuple((key, field) for key, field in shape(content).fields.items() if field.code == "canonical")


def _enter(node: Node, found: list[Node]) -> None:
    found.append(node)
    fields = shape(node.content).fields
    for key, member in node.value.items():
        field = fields.get(key)
        if field is None:
            if key[0:1] == "_" and key[1:] in fields:
                _beside(node, fields[key[1:]], member, found)
        elif field.kind == OBJECT:
            _objects(node, field, member, found)
        elif field.kind == RESOURCE:
            _resources(node, field, member, found)


def _objects(node: Node, field: Field, member: Any, found: list[Node]) -> None:
    if isinstance(member, dict):
        _enter(Node(member, field.content, (node.path, field.step), parent=node, field=field), found)
    elif isinstance(member, list):
        for index, one in enumerate(member):
            if isinstance(one, dict):
                _enter(Node(one, field.content, (node.path, field.step, index), parent=node, field=field), found)


def _resources(node: Node, field: Field, member: Any, found: list[Node]) -> None:
    listed = member if isinstance(member, list) else [member]
    for index, one in enumerate(listed):
        name = text(one, "resourceType")
        if name is not None and is_resource(name):
            place = (node.path, field.step, index if field.is_list else None, name)
            child = Node(one, name, place, parent=node, field=field)
            child.resource = one
            child.root = node.root if field.key == "contained" else one
            _enter(child, found)


def _beside(node: Node, field: Field, member: Any, found: list[Node]) -> None:
    """Enter the extensions of primitives."""
    for index, one in enumerate(member) if isinstance(member, list) else ((None, member),):
        if isinstance(one, dict):
            at = (node.path, field.step, index)
            for number, extension in items(one, "extension"):
                place = (at, ".extension", number)
                _enter(Node(extension, "Extension", place, parent=node), found)
