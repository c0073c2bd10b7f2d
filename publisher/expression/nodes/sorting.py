"""Sorting, as a clause of a query and as a node of its own.

https://cql.hl7.org/04-logicalspecification.html#sort. Nulls come first in ascending order; what cannot be ordered keeps
its place. Sorting keeps the members and their doubts; a doubt about a key is a doubt about the whole order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from publisher.expression import temporal
from publisher.expression.compiler import Expr, depth, items, listed, node
from publisher.expression.nodes.structure import element
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import order

if TYPE_CHECKING:
    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation

    Member = tuple[int, Tracked]


TIMES = (Date, DateTime, Time)


@dataclass(frozen=True, slots=True)
class Key:
    """A sort key: its direction, and the element or expression it is read by (neither: the item itself)."""

    descending: bool
    path: tuple[str, ...] = ()
    expression: Expr | None = None


class Sorter:
    """A compiled sort clause."""

    def __init__(self, keys: list[Key], slot: int) -> None:
        self.keys, self.slot = keys, slot

    def values(self, env: Evaluation, frame: Frame, values: list[Any]) -> list[Any]:
        """Return values in order."""
        rows = []
        for value in values:
            frame[self.slot] = value
            rows.append(([self._plain_key(each, env, frame, value) for each in self.keys], value))
        return [value for _, value in self._sorted(env, rows)]

    def members(self, env: Evaluation, frame: Frame, members: list[Member]) -> tuple[list[Member], int]:
        """Return tracked members in the order of their plain values, and the causes for another order."""
        rows: list[tuple[list[Any], Any]] = []
        mask = 0
        for member in members:
            frame[self.slot] = member[1]
            found = [self._tracked_key(each, env, frame, member[1]) for each in self.keys]
            for part in found:
                mask |= depth(part)
            rows.append(([part[0] for part in found], member))
        return [member for _, member in self._sorted(env, rows)], mask

    @staticmethod
    def _plain_key(key: Key, env: Evaluation, frame: Frame, value: Any) -> Any:
        if key.expression:
            return key.expression.plain(env, frame)
        for name in key.path:
            value = element(value, name)
        return value

    @staticmethod
    def _tracked_key(key: Key, env: Evaluation, frame: Frame, item: Tracked) -> Tracked:
        if key.expression:
            return key.expression.tracked(env, frame)
        value = item[0]
        for name in key.path:
            value = element(value, name)
        return value, depth(item), None

    def _sorted(self, env: Evaluation, rows: list[tuple[list[Any], Any]]) -> list[tuple[list[Any], Any]]:
        env.charge(len(rows) * len(rows).bit_length())
        return sorted(rows, key=cmp_to_key(self._compare))

    def _compare(self, left: tuple[list[Any], Any], right: tuple[list[Any], Any]) -> int:
        for key, one, other in zip(self.keys, left[0], right[0], strict=True):
            result = _compared(one, other)
            if result:
                return -result if key.descending else result
        return 0


def _compared(left: Any, right: Any) -> int:
    if left is None or right is None:
        return (left is not None) - (right is not None)
    found = order(left, right)
    if found is None and isinstance(left, TIMES):
        # The less precise one goes where it may first be.
        return order(temporal.lowest(left), temporal.lowest(right)) or 0
    return found or 0


def sorter(scope: Scope, clause: Node) -> Sorter:
    """Return the sorter of a sort clause; its expressions see the item as `$this`."""
    outer = dict(scope.slots)
    slot = scope.declare("$this")
    keys = []
    for each in clause["by"]:
        descending = each.get("direction", "asc") in ("desc", "descending")
        if each.get("type") == "ByColumn":
            keys.append(Key(descending, tuple(each["path"].split("."))))
        elif each.get("type") == "ByExpression":
            keys.append(Key(descending, expression=scope.compile(each["expression"])))
        else:
            keys.append(Key(descending))
    scope.slots = outer
    return Sorter(keys, slot)


@node("Sort")
def sort(scope: Scope, elm: Node) -> Expr:
    """Return a list in order."""
    source, run = scope.compile(elm["source"]), sorter(scope, elm)

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = source.plain(env, frame)
        return None if value is None else run.values(env, frame, value)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = source.tracked(env, frame)
        if part[0] is None:
            return part
        members, doubt = run.members(env, frame, items(part))
        return listed(members, part[1] | doubt)

    return Expr(plain, tracked)
