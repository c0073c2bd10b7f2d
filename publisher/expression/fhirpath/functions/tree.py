"""Functions that go down the tree of elements.

Implements https://hl7.org/fhirpath/N1/#tree-navigation; every item found tells its own type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath import model
from publisher.expression.fhirpath.compiled import Expr, Scope, open_items
from publisher.expression.fhirpath.functions.registry import function

if TYPE_CHECKING:
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call


@function("children")
def _children(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found = open_items(focus)

    def run(env: Environment, this: Any) -> Items:
        return env.sized([child for item in found(env, this) for child in model.children(item)])

    return Expr(run, None, single=False)


@function("descendants")
def _descendants(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found = open_items(focus)

    def run(env: Environment, this: Any) -> Items:
        out: Items = []
        waiting = [child for item in found(env, this) for child in model.children(item)][::-1]
        while waiting:
            item = waiting.pop()
            out.append(item)
            waiting.extend(reversed(list(model.children(item))))
            if len(out) > env.limits.size:
                env.sized(out)
        return env.sized(out)

    return Expr(run, None, single=False)
