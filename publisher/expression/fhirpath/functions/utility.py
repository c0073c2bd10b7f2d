"""Functions that observe, ask for the time, or give a name to what was found.

Implements https://hl7.org/fhirpath/N1/#utility-functions and defineVariable() of https://hl7.org/fhirpath/ (STU 3). The
clock is the evaluation's; what is traced goes to its collector, never to an output.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.expression import temporal
from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, open_items
from publisher.expression.fhirpath.environment import Traced
from publisher.expression.fhirpath.functions.registry import function, value_of
from publisher.expression.fhirpath.results import plain
from publisher.expression.fhirpath.types import DATE, DATE_TIME, TIME
from publisher.expression.fhirpath.variables import is_reserved

if TYPE_CHECKING:
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call


@function("trace", 1, 2)
def _trace(scope: Scope, node: Call, focus: Expr) -> Expr:
    name, found = value_of(scope, node.arguments[0]), items(focus)
    shown = items(scope.inner(focus.type).compile(node.arguments[1])) if len(node.arguments) > 1 else None

    def traced(env: Environment, this: Any) -> Any:
        there = env.sized(found(env, this))
        told = there if shown is None else [each for item in there for each in shown(env, item)]
        env.trace.append(Traced(str(name(env, this)), tuple(plain(each) for each in env.sized(told))))
        return (there[0] if there else None) if focus.single else there

    return Expr(traced, focus.type, single=focus.single)


@function("now")
def _now(_scope: Scope, _node: Call, _focus: Expr) -> Expr:
    return of_system(lambda env, _this: temporal.from_datetime(env.clock()), DATE_TIME)


@function("today")
def _today(_scope: Scope, _node: Call, _focus: Expr) -> Expr:
    return of_system(lambda env, _this: temporal.to_date(temporal.from_datetime(env.clock())), DATE)


@function("timeOfDay")
def _time_of_day(_scope: Scope, _node: Call, _focus: Expr) -> Expr:
    return of_system(lambda env, _this: temporal.to_time(temporal.from_datetime(env.clock())), TIME)


@function("defineVariable", 1, 2)
def _define_variable(scope: Scope, node: Call, focus: Expr) -> Expr:
    """Compile the naming of a collection, for what follows in the same path."""
    name = getattr(node.arguments[0], "value", None)
    if not isinstance(name, str):
        raise scope.refused(node, "needs the name in defineVariable() written out; write 'name'")
    if is_reserved(name) or name in scope.variables:
        raise scope.refused(node, f"defines the variable {name} a second time; choose another name")
    kept, found = _slot(scope, "$this"), items(focus)
    subject = Expr(lambda env, _this: env.defined[kept], focus.type, single=False)
    inner = replace(scope.inner(focus.type), collection=subject)
    value = open_items(inner.compile(node.arguments[1]) if len(node.arguments) > 1 else subject)
    slot = scope.variables[name] = _slot(scope, name)

    def run(env: Environment, this: Any) -> Items:
        there: Items = found(env, this)
        env.defined[kept] = there
        env.defined[slot] = env.sized(value(env, this))
        return there

    return Expr(run, focus.type, single=False)


def _slot(scope: Scope, name: str) -> int:
    scope.slots.append(name)
    return len(scope.slots)
