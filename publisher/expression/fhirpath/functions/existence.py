"""Functions that tell whether there is something, and how much.

Implements https://hl7.org/fhirpath/N1/#existence and https://hl7.org/fhir/R4/fhirpath.html#functions (hasValue).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, one, scalar, truth
from publisher.expression.fhirpath.element import Element, bare, type_of
from publisher.expression.fhirpath.functions.registry import function
from publisher.expression.fhirpath.lambdas import over
from publisher.expression.fhirpath.system import system_value
from publisher.expression.fhirpath.types import BOOLEAN, INTEGER, is_primitive, is_system, system_type

if TYPE_CHECKING:
    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call


def some(expr: Expr) -> Run:
    """Return the closure that tells whether an expression has an item."""
    if expr.some is not None:
        return expr.some
    run = expr.run
    if expr.single:
        return lambda env, this: run(env, this) is not None
    return lambda env, this: len(run(env, this)) > 0


@function("empty")
def _empty(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    there = some(focus)
    return of_system(lambda env, this: not there(env, this), BOOLEAN)


@function("exists", 0, 1)
def _exists(scope: Scope, node: Call, focus: Expr) -> Expr:
    if not node.arguments:
        return of_system(some(focus), BOOLEAN)
    found, condition = over(focus, *node.arguments), _condition(scope, node, focus)

    def run(env: Environment, this: Any) -> bool:
        there = found(env, this)
        env.left -= len(there)
        if env.left < 0:
            env.refill()
        for item in there:  # noqa: SIM110  a loop is half the cost of any() here
            if condition(env, item):
                return True
        return False

    return of_system(run, BOOLEAN)


@function("all", 1)
def _all(scope: Scope, node: Call, focus: Expr) -> Expr:
    found, condition = over(focus, *node.arguments), _condition(scope, node, focus)

    def run(env: Environment, this: Any) -> bool:
        return all(condition(env, item) for item in env.sized(found(env, this)))

    return of_system(run, BOOLEAN)


def _condition(scope: Scope, node: Call, focus: Expr) -> Run:
    argument = node.arguments[0]
    return truth(scope.inner(focus.type).compile(argument), scope, argument)


def _of_booleans(name: str, wanted: bool, *, every: bool) -> None:  # noqa: FBT001  the Boolean is the data
    @function(name)
    def build(scope: Scope, node: Call, focus: Expr) -> Expr:
        found, is_open = items(focus), focus.type is None or system_type(focus.type) != BOOLEAN

        def run(env: Environment, this: Any) -> bool:
            values = [system_value(item) for item in env.sized(found(env, this))]
            if is_open and any(value.__class__ is not bool for value in values):
                raise scope.refused(node, f"calls {name}() on what is no Boolean; compare first")
            return all(value is wanted for value in values) if every else wanted in values

        return of_system(run, BOOLEAN)


_of_booleans("allTrue", wanted=True, every=True)
_of_booleans("anyTrue", wanted=True, every=False)
_of_booleans("allFalse", wanted=False, every=True)
_of_booleans("anyFalse", wanted=False, every=False)


@function("count")
def _count(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    if focus.single:
        there = some(focus)
        return of_system(lambda env, this: 1 if there(env, this) else 0, INTEGER)
    found = focus.run
    return of_system(lambda env, this: len(found(env, this)), INTEGER)


@function("not")
def _not(scope: Scope, node: Call, focus: Expr) -> Expr:
    value = truth(focus, scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        found = value(env, this)
        return None if found is None else not found

    return of_system(run, BOOLEAN)


@function("hasValue")
def _has_value(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    if focus.single and focus.value is not None and focus.type and not is_system(focus.type):
        value = focus.value
        return of_system(lambda env, this: value(env, this) is not None, BOOLEAN)
    found, type_ = items(focus), focus.type

    def run(env: Environment, this: Any) -> bool:
        there = found(env, this)
        return len(there) == 1 and _is_valued(there[0], type_)

    return of_system(run, BOOLEAN)


def _is_valued(item: Any, type_: str | None) -> bool:
    """Return whether an item is a primitive that has a value."""
    kind = type_ or type_of(item)
    return kind is not None and is_primitive(kind) and bare(item) is not None


@function("getValue")
def _get_value(scope: Scope, node: Call, focus: Expr) -> Expr:
    kind = system_type(focus.type)
    if kind is not None:
        return of_system(scalar(focus, scope, node), kind)
    found = one(focus, scope, node)

    def run(env: Environment, this: Any) -> Any:
        item = found(env, this)
        return system_value(item) if item.__class__ is Element and is_primitive(item.type or "") else None

    return Expr(run, None, single=True)
