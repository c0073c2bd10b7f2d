"""Functions that take a part of a collection by position, and the order of a collection.

Implements https://hl7.org/fhirpath/N1/#subsetting and sort() of https://hl7.org/fhirpath/ (STU 3).
"""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, items, one, scalar
from publisher.expression.fhirpath.equality import NotComparableError, order
from publisher.expression.fhirpath.functions.registry import function, value_of
from publisher.expression.fhirpath.lambdas import over
from publisher.expression.fhirpath.syntax import SortKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call, Node


@function("single")
def _single(scope: Scope, node: Call, focus: Expr) -> Expr:
    return Expr(one(focus, scope, node), focus.type, single=True)


@function("first")
def _first(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    return _at(focus, 0)


@function("last")
def _last(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    return _at(focus, -1)


def _at(focus: Expr, position: int) -> Expr:
    if focus.single:
        return focus
    found = focus.run

    def run(env: Environment, this: Any) -> Any:
        there = found(env, this)
        return there[position] if there else None

    return Expr(run, focus.type, single=True)


def indexed(scope: Scope, node: Node, focus: Expr, index: Expr) -> Expr:
    """Return the expression of the item at a position, counted from 0."""
    found, position = items(focus), scalar(index, scope, node)

    def run(env: Environment, this: Any) -> Any:
        at = _count(scope, node, position(env, this))
        there = found(env, this)
        return there[at] if at is not None and 0 <= at < len(there) else None

    return Expr(run, focus.type, single=True)


@function("tail")
def _tail(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found = items(focus)
    return Expr(lambda env, this: found(env, this)[1:], focus.type, single=False)


@function("skip", 1)
def _skip(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _part(scope, node, focus, lambda there, count: there[max(count, 0) :])


@function("take", 1)
def _take(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _part(scope, node, focus, lambda there, count: there[: max(count, 0)])


def _part(scope: Scope, node: Call, focus: Expr, part: Callable[[Items, int], Items]) -> Expr:
    found, number = items(focus), value_of(scope, node.arguments[0])

    def run(env: Environment, this: Any) -> Items:
        count = _count(scope, node, number(env, this))
        return [] if count is None else part(found(env, this), count)

    return Expr(run, focus.type, single=False)


def _count(scope: Scope, node: Node, value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise scope.refused(node, "needs an Integer as position or count; convert it with toInteger()")
    return value


@function("sort", 0, 20)
def _sort(scope: Scope, node: Call, focus: Expr) -> Expr:
    """Compile the order by keys; an item without a key stands before those that have it, in either direction."""
    found = over(focus, *node.arguments)
    inner = scope.inner(focus.type)
    if node.arguments:
        keys = [_sort_key(inner, each) for each in node.arguments]
    else:
        keys = [(scalar(Expr(lambda _env, this: this, focus.type, single=True), scope, node), False)]

    def run(env: Environment, this: Any) -> Items:
        rows = [([key(env, item) for key, _ in keys], item) for item in found(env, this)]
        env.spend(len(rows) * max(len(rows).bit_length(), 1))
        return [item for _, item in sorted(rows, key=cmp_to_key(compare))]

    def compare(left: Any, right: Any) -> int:
        for one_, other, (_, descending) in zip(left[0], right[0], keys, strict=True):
            if one_ is None or other is None:
                found = (one_ is not None) - (other is not None)
            else:
                found = _placed(scope, node, one_, other) * (-1 if descending else 1)
            if found:
                return found
        return 0

    return Expr(run, focus.type, single=False)


def _sort_key(inner: Scope, node: Node) -> tuple[Run, bool]:
    if isinstance(node, SortKey):
        return scalar(inner.compile(node.key), inner, node), node.descending
    return scalar(inner.compile(node), inner, node), False


def _placed(scope: Scope, node: Node, left: Any, right: Any) -> int:
    try:
        return order(left, right) or 0
    except NotComparableError:
        raise scope.refused(node, "sorts by what has no common order; choose another key") from None
