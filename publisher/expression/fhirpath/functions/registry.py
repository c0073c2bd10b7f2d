"""The table of FHIRPath functions: a function is registered with the number of its arguments and what compiles it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.expression.fhirpath.compiled import Expr, Scope, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call, Node

    Builder = Callable[[Scope, Call, Expr], Expr]


class Function(NamedTuple):
    """A function: what compiles a call of it, and how many arguments a call may have."""

    build: Builder
    least: int
    most: int


FUNCTIONS: dict[str, Function] = {}


def function(name: str, least: int = 0, most: int | None = None) -> Callable[[Builder], Builder]:
    """Register what compiles calls of the function `name`, with so many arguments."""

    def register(build: Builder) -> Builder:
        FUNCTIONS[name] = Function(build, least, least if most is None else most)
        return build

    return register


def value_of(scope: Scope, node: Node) -> Run:
    """Return the closure that gives the System value of an argument."""
    return scalar(scope.compile(node), scope, node)


def text_checked(scope: Scope, node: Node, run: Run, what: str) -> Run:
    """Return the closure of a string, which refuses any other type."""

    def text(env: Environment, this: Any) -> str | None:
        value = run(env, this)
        if value is not None and value.__class__ is not str:
            raise scope.refused(node, f"calls {what} on or with what is no string; convert it with toString()")
        return value

    return text
