"""The items that an expression argument is evaluated on, one by one, with `$index` where it is used.

Implements https://hl7.org/fhirpath/N1/#functions (the special variables of a function's expression argument).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import items
from publisher.expression.fhirpath.syntax import Special, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.fhirpath.compiled import Expr, Run
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Node


class Numbered:
    """Items that tell the environment their position while they are gone through."""

    __slots__ = ("_env", "_items")

    def __init__(self, env: Environment, found: Items) -> None:
        self._env = env
        self._items = found

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        env, outer = self._env, self._env.index
        try:
            for index, item in enumerate(self._items):
                env.index = index
                yield item
        finally:
            env.index = outer


def over(focus: Expr, *arguments: Node) -> Run:
    """Return the closure that gives the items of `focus`, numbered where an argument asks for `$index`."""
    found = items(focus)
    if not any(part == Special(part.at, part.depth, "index") for each in arguments for part in walk(each)):
        return found
    return lambda env, this: Numbered(env, found(env, this))
