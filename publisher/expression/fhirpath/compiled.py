"""What a part of an expression is compiled to, and what is known about the place it stands in.

An expression is a closure over the environment and `$this`. Where at most one item can come of it, it returns that item
or None; else a list, which nobody changes. Singleton evaluation: https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.element import EMPTY, Element, Items, boxed
from publisher.expression.fhirpath.lexer import refused
from publisher.expression.fhirpath.system import system_value, to_system
from publisher.expression.fhirpath.types import BOOLEAN, is_system, system_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Node
    from publisher.expression.fhirpath.types import Specifier
    from publisher.issue import IssueError

    Run = Callable[[Environment, Any], Any]

MOST_WORK = 20_000
SEVERAL = "has several items where one is expected; choose one, with first() or where()"


@dataclass(slots=True)
class Expr:
    """A compiled expression: its closure, the static type of its items, and whether there is at most one.

    `value`, for a single primitive, gives the bare value without what stands beside it. `narrowed`, for a choice of
    types, gives the expression of one of them. `some` tells whether there is an item, sooner than `run` would.
    `is_this` marks `$this` where it is there for certain, `is_empty` what is certain to have no items, and `constant`
    holds a value that is written out.
    """

    run: Run
    type: str | None
    single: bool
    value: Run | None = None
    narrowed: Callable[[Specifier], Expr | None] | None = None
    some: Run | None = None
    is_this: bool = False
    is_empty: bool = False
    constant: Any = None


@dataclass(slots=True)
class Scope:
    """Where an expression stands: the type of its `$this`, and the variables defined there.

    `this_certain` is false where `$this` can be empty; `collection` stands for it where it can be several items.
    `variables` has the slot of each name.
    """

    text: str
    this_type: str | None
    root_type: str | None
    compiler: Callable[[Node, Scope], Expr]
    this_certain: bool = True
    collection: Expr | None = None
    variables: dict[str, int] = field(default_factory=dict)
    slots: list[str] = field(default_factory=list)
    work: list[int] = field(default_factory=lambda: [0])

    def compile(self, node: Node) -> Expr:
        """Return the compiled form of a part of the expression; what it defines stays in it."""
        self.work[0] += 1
        if self.work[0] > MOST_WORK:
            raise self.refused(node, "takes too much work to compile; nest fewer functions in one another")
        return self.compiler(node, replace(self, variables=dict(self.variables)))

    def inner(self, this_type: str | None, *, certain: bool = True) -> Scope:
        """Return the scope of an expression evaluated on each item of a collection."""
        return replace(self, this_type=this_type, this_certain=certain, collection=None, variables=dict(self.variables))

    def refused(self, node: Node, sentence: str) -> IssueError:
        """Return the error that a part of the expression cannot be evaluated; `sentence` says what to do."""
        return refused(self.text, node.at, sentence, rule="fhirpath-evaluation", code="processing")


def constant(value: Any, type_: str) -> Expr:
    """Return the expression of one System value."""

    def run(_env: Environment, _this: Any) -> Any:
        return value

    return Expr(run, type_, single=True, value=run, constant=value)


def empty() -> Expr:
    """Return the expression of no items."""
    return Expr(lambda _env, _this: None, None, single=True, is_empty=True)


def of_system(run: Run, type_: str) -> Expr:
    """Return the expression of one System value that `run` works out."""
    return Expr(run, type_, single=True, value=run)


def items(expr: Expr) -> Run:
    """Return the closure that gives a list whatever the expression gives."""
    run = expr.run
    if not expr.single:
        return run

    def listed(env: Environment, this: Any) -> Items:
        item = run(env, this)
        return EMPTY if item is None else [item]

    return listed


def open_items(expr: Expr) -> Run:
    """Return the closure that gives a list of items that each tell their type."""
    run, type_ = items(expr), expr.type
    if type_ is None:
        return run
    return lambda env, this: [boxed(item, type_) for item in run(env, this)]


def shared_type(*exprs: Expr) -> str | None:
    """Return the one type of the items of several expressions, None where they differ or are not known."""
    types = {expr.type for expr in exprs if not expr.is_empty}
    return types.pop() if len(types) == 1 else None


def together(left: Expr, right: Expr) -> tuple[Run, Run, str | None]:
    """Return two lists whose items can stand in one collection, and its type."""
    type_ = shared_type(left, right)
    listed = open_items if type_ is None else items
    return listed(left), listed(right), type_


def alternatives(left: Expr, right: Expr) -> tuple[Run, Run, str | None, bool]:
    """Return two closures of which one will be run, the type of their items, and whether they give single ones."""
    type_ = shared_type(left, right)
    if type_ is not None and left.single and right.single:
        return left.run, right.run, type_, True
    return *together(left, right), False


def one(expr: Expr, scope: Scope, node: Node) -> Run:
    """Return the closure that gives the only item or None, and refuses more than one."""
    run = expr.run
    if expr.single:
        return run

    def only(env: Environment, this: Any) -> Any:
        found = run(env, this)
        if len(found) > 1:
            raise scope.refused(node, SEVERAL)
        return found[0] if found else None

    return only


def scalar(expr: Expr, scope: Scope, node: Node) -> Run:
    """Return the closure that gives the System value of the only item, None where there is none."""
    if expr.single and expr.type is not None:
        run = expr.value or expr.run
        if is_system(expr.type):
            return run
        convert = to_system(expr.type)
        if convert is system_value and expr.value is not None:
            return run

        def converted(env: Environment, this: Any) -> Any:
            item = run(env, this)
            return None if item is None else convert(item)

        return converted
    only, convert = one(expr, scope, node), to_system(expr.type)

    def checked(env: Environment, this: Any) -> Any:
        item = only(env, this)
        return None if item is None else convert(item)

    return checked


def truth(expr: Expr, scope: Scope, node: Node) -> Run:
    """Return the closure of a condition: a single item that is no Boolean counts as true."""
    kind = system_type(expr.type)
    if expr.single and kind == BOOLEAN:
        return expr.value or expr.run
    only = one(expr, scope, node)

    def condition(env: Environment, this: Any) -> bool | None:
        item = only(env, this)
        if item.__class__ is Element:
            item = item.value
        return item if item is None or item.__class__ is bool else True

    return condition
