"""The syntax tree of a FHIRPath expression: what the parser makes and the compiler reads.

Mirrors the grammar of https://hl7.org/fhirpath/N1/grammar.html; `at` is the offset in the text, `depth` the height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""

    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A System value written out; `type` is its System type. An empty collection has no type."""

    value: Any
    type: str | None


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """An environment variable such as `%resource`."""

    name: str


@dataclass(frozen=True, slots=True)
class Special(Node):
    """One of `$this`, `$index` and `$total`."""

    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """An element of `focus`, of `$this` where there is none."""

    name: str
    focus: Node | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function on `focus`, on `$this` where there is none."""

    name: str
    arguments: tuple[Node, ...]
    focus: Node | None


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """A key of `sort()` with its direction."""

    key: Node
    descending: bool


@dataclass(frozen=True, slots=True)
class Indexer(Node):
    """An item of `focus` by position."""

    focus: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Polarity(Node):
    """A unary plus or minus."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """A binary operator between two expressions."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class TypeOperation(Node):
    """The operators `is` and `as`, with the name of a type."""

    operator: str
    operand: Node
    type_name: str


def parts(node: Node) -> tuple[Node, ...]:
    """Return the expressions directly inside `node`."""
    match node:
        case Member(focus=focus):
            return () if focus is None else (focus,)
        case Call(arguments=arguments, focus=focus):
            return arguments if focus is None else (focus, *arguments)
        case Indexer(focus=focus, index=index):
            return (focus, index)
        case SortKey(key=inner) | Polarity(operand=inner) | TypeOperation(operand=inner):
            return (inner,)
        case Operation(left=left, right=right):
            return (left, right)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield `node` and every expression inside it."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(parts(current))


def qualified_name(node: Node) -> str | None:
    """Return the name that `node` spells where it is only identifiers, as an argument that names a type is."""
    if not isinstance(node, Member):
        return None
    if node.focus is None:
        return node.name
    outer = qualified_name(node.focus)
    return None if outer is None else f"{outer}.{node.name}"
