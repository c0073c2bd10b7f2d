"""Functions that choose or project items: by condition, expression or type.

Implements https://hl7.org/fhirpath/N1/#filtering-and-projection, #aggregates and #types-and-reflection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath import casting
from publisher.expression.fhirpath.compiled import Expr, Scope, alternatives, empty, items, one, open_items, truth
from publisher.expression.fhirpath.element import EMPTY, TYPE_INFO, type_of
from publisher.expression.fhirpath.equality import keyed
from publisher.expression.fhirpath.functions.registry import function
from publisher.expression.fhirpath.lambdas import over

if TYPE_CHECKING:
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call, Node


@function("where", 1)
def _where(scope: Scope, node: Call, focus: Expr) -> Expr:
    argument = node.arguments[0]
    found = over(focus, argument)
    condition = truth(scope.inner(focus.type).compile(argument), scope, argument)

    def run(env: Environment, this: Any) -> Items:
        there = found(env, this)
        env.left -= len(there)
        if env.left < 0:
            env.refill()
        return [item for item in there if condition(env, item)]

    def some(env: Environment, this: Any) -> bool:
        there = found(env, this)
        env.left -= len(there)
        if env.left < 0:
            env.refill()
        for item in there:  # noqa: SIM110  a loop is half the cost of any() here
            if condition(env, item):
                return True
        return False

    return Expr(run, focus.type, single=False, some=some)


@function("select", 1)
def _select(scope: Scope, node: Call, focus: Expr) -> Expr:
    argument = node.arguments[0]
    found, projected = over(focus, argument), scope.inner(focus.type).compile(argument)
    project = projected.run
    if projected.single:

        def each(env: Environment, this: Any) -> Items:
            all_ = (project(env, item) for item in env.sized(found(env, this)))
            return [item for item in all_ if item is not None]

        return Expr(each, projected.type, single=False)

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        for item in env.sized(found(env, this)):
            out.extend(project(env, item))
            env.sized(out) if len(out) > env.limits.size else env.spend(1)
        return env.sized(out)

    return Expr(run, projected.type, single=False)


@function("repeat", 1)
def _repeat(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _repeated(scope, node, focus, is_distinct=True)


@function("repeatAll", 1)
def _repeat_all(scope: Scope, node: Call, focus: Expr) -> Expr:
    return _repeated(scope, node, focus, is_distinct=False)


def _repeated(scope: Scope, node: Call, focus: Expr, *, is_distinct: bool) -> Expr:
    """Return the items that the argument finds on the items, on those it found, and so on."""
    argument = node.arguments[0]
    type_ = _closed_type(scope, argument, focus.type)
    start = items(focus) if type_ is not None else open_items(focus)
    projected = scope.inner(focus.type if type_ is not None else None).compile(argument)
    again = scope.inner(type_).compile(argument)
    openly = items if type_ is not None else open_items
    first, further = openly(projected), openly(again)
    key = keyed(type_)

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        seen: set[Any] = set()
        waiting = [(first, item) for item in start(env, this)]
        for project, item in waiting:
            for each in project(env, item):
                if is_distinct:
                    mark = key(each)
                    if mark in seen:
                        continue
                    seen.add(mark)
                out.append(each)
                waiting.append((further, each))
            env.spend(1)
            if len(out) > env.limits.size:
                env.sized(out)
        return env.sized(out)

    return Expr(run, type_, single=False)


def _closed_type(scope: Scope, argument: Node, type_: str | None) -> str | None:
    """Return the one type that repeating gives, None where it can be several."""
    first = scope.inner(type_).compile(argument).type
    if first is None or scope.inner(first).compile(argument).type != first:
        return None
    return first


@function("ofType", 1)
def _of_type(scope: Scope, node: Call, focus: Expr) -> Expr:
    return casting.of_type(focus, casting.argument(scope, node))


@function("is", 1)
def _is(scope: Scope, node: Call, focus: Expr) -> Expr:
    return casting.is_type(focus, casting.argument(scope, node), scope, node)


@function("as", 1)
def _as(scope: Scope, node: Call, focus: Expr) -> Expr:
    return casting.as_type(focus, casting.argument(scope, node), scope, node)


@function("type")
def _type(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found = open_items(focus)
    return Expr(lambda env, this: [casting.info(type_of(item)) for item in found(env, this)], TYPE_INFO, single=False)


@function("aggregate", 1, 2)
def _aggregate(scope: Scope, node: Call, focus: Expr) -> Expr:
    argument = node.arguments[0]
    found = over(focus, argument)
    start = open_items(scope.compile(node.arguments[1])) if len(node.arguments) > 1 else None
    step = open_items(scope.inner(focus.type).compile(argument))

    def run(env: Environment, this: Any) -> Items:
        outer, total = env.total, start(env, this) if start else EMPTY
        try:
            for item in env.sized(found(env, this)):
                env.total = total
                total = env.sized(step(env, item))
        finally:
            env.total = outer
        return total

    return Expr(run, None, single=False)


@function("iif", 2, 3)
def _iif(scope: Scope, node: Call, focus: Expr) -> Expr:
    """Compile a choice; its arguments see the one item that it is called on as `$this`."""
    inner = scope.inner(focus.type, certain=False) if node.focus is not None else scope
    test = truth(inner.compile(node.arguments[0]), scope, node.arguments[0])
    branches = [inner.compile(each) for each in node.arguments[1:]]
    branches += [empty()] * (3 - len(node.arguments))
    subject = one(focus, scope, node)
    then, otherwise, type_, single = alternatives(*branches)

    def run(env: Environment, this: Any) -> Any:
        item = subject(env, this)
        return then(env, item) if test(env, item) else otherwise(env, item)

    return Expr(run, type_, single=single)
