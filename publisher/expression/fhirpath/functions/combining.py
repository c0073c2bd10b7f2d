"""Functions that put collections together or compare them as sets.

Implements https://hl7.org/fhirpath/N1/#combining, #subsetting and #equals for what makes items distinct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, together
from publisher.expression.fhirpath.equality import keyed
from publisher.expression.fhirpath.functions.registry import function
from publisher.expression.fhirpath.types import BOOLEAN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call


def unique(found: Items, key: Callable[[Any], Hashable]) -> Items:
    """Return the items without those equal to an earlier one."""
    seen: dict[Hashable, Any] = {}
    for item in found:
        seen.setdefault(key(item), item)
    return list(seen.values())


def union(left: Expr, right: Expr) -> Expr:
    """Return the expression of the distinct items of both."""
    ours, theirs, type_ = together(left, right)
    key = keyed(type_)

    def run(env: Environment, this: Any) -> Items:
        return unique(env.weighed([*ours(env, this), *theirs(env, this)]), key)

    return Expr(run, type_, single=False)


@function("union", 1)
def _union(scope: Scope, node: Call, focus: Expr) -> Expr:
    return union(focus, scope.compile(node.arguments[0]))


@function("combine", 1)
def _combine(scope: Scope, node: Call, focus: Expr) -> Expr:
    ours, theirs, type_ = together(focus, scope.compile(node.arguments[0]))
    return Expr(lambda env, this: env.sized([*ours(env, this), *theirs(env, this)]), type_, single=False)


@function("intersect", 1)
def _intersect(scope: Scope, node: Call, focus: Expr) -> Expr:
    ours, theirs, type_ = together(focus, scope.compile(node.arguments[0]))
    key = keyed(type_)

    def run(env: Environment, this: Any) -> Items:
        others = {key(item) for item in env.weighed(theirs(env, this))}
        return [item for item in unique(env.weighed(ours(env, this)), key) if key(item) in others]

    return Expr(run, type_, single=False)


@function("exclude", 1)
def _exclude(scope: Scope, node: Call, focus: Expr) -> Expr:
    ours, theirs, type_ = together(focus, scope.compile(node.arguments[0]))
    key = keyed(type_)

    def run(env: Environment, this: Any) -> Items:
        others = {key(item) for item in env.weighed(theirs(env, this))}
        return [item for item in env.weighed(ours(env, this)) if key(item) not in others]

    return Expr(run, type_, single=False)


@function("distinct")
def _distinct(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found, key = items(focus), keyed(focus.type)
    return Expr(lambda env, this: unique(env.weighed(found(env, this)), key), focus.type, single=False)


@function("isDistinct")
def _is_distinct(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found, key = items(focus), keyed(focus.type)

    def run(env: Environment, this: Any) -> bool:
        all_ = env.weighed(found(env, this))
        return len({key(item) for item in all_}) == len(all_)

    return of_system(run, BOOLEAN)


@function("subsetOf", 1)
def _subset_of(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _included(focus, scope.compile(node.arguments[0]))


@function("supersetOf", 1)
def _superset_of(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _included(scope.compile(node.arguments[0]), focus)


def _included(inner: Expr, outer: Expr) -> Expr:
    ours, theirs, type_ = together(inner, outer)
    key = keyed(type_)

    def run(env: Environment, this: Any) -> bool:
        others = {key(item) for item in env.weighed(theirs(env, this))}
        return all(key(item) in others for item in env.weighed(ours(env, this)))

    return of_system(run, BOOLEAN)
