"""Compile the operators of FHIRPath.

Implements https://hl7.org/fhirpath/N1/#operations, Boolean ones by three-valued logic
(https://hl7.org/fhirpath/N1/#boolean-logic).
"""

from __future__ import annotations

from decimal import DecimalException
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath import arithmetic, equality
from publisher.expression.fhirpath.arithmetic import OperandError
from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, one, scalar, truth
from publisher.expression.fhirpath.equality import NotComparableError
from publisher.expression.fhirpath.functions.combining import union
from publisher.expression.fhirpath.types import (
    BOOLEAN,
    DECIMAL,
    INTEGER,
    LONG,
    QUANTITY,
    STRING,
    system_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.arithmetic import Operator
    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Node, Operation

    Compiled = Callable[[Scope, Operation, Expr, Expr], Expr]

_ALIKE = (STRING, BOOLEAN, INTEGER)


def _equality(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    negated = node.operator == "!="
    if _is_plain_pair(left, right):
        return of_system(_plain_equality(left, right, scope, node, negated=negated), BOOLEAN)
    ours, theirs = _values(left), _values(right)

    def run(env: Environment, this: Any) -> bool | None:
        same = equality.collections_equal(env.weighed(ours(env, this)), theirs(env, this))
        return same if same is None else same is not negated

    return of_system(run, BOOLEAN)


def _is_plain_pair(left: Expr, right: Expr) -> bool:
    kind = system_type(left.type)
    return left.single and right.single and kind in _ALIKE and kind == system_type(right.type)


def _plain_equality(left: Expr, right: Expr, scope: Scope, node: Operation, *, negated: bool) -> Run:
    """Return the closure for two strings, Booleans or Integers, the shorter one where one is written out."""
    ours, theirs = scalar(left, scope, node), scalar(right, scope, node)
    if right.constant is None:

        def both(env: Environment, this: Any) -> bool | None:
            one, other = ours(env, this), theirs(env, this)
            return None if one is None or other is None else (one == other) is not negated

        return both
    literal = right.constant

    def equal(env: Environment, this: Any) -> bool | None:
        value = ours(env, this)
        return None if value is None else value == literal

    def different(env: Environment, this: Any) -> bool | None:
        value = ours(env, this)
        return None if value is None else value != literal

    return different if negated else equal


def _equivalence(_scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs, negated = _values(left), _values(right), node.operator == "!~"

    def run(env: Environment, this: Any) -> bool:
        one, other = ours(env, this), theirs(env, this)
        env.spend(len(env.weighed(one)) * len(other))
        return equality.collections_equivalent(one, other) is not negated

    return of_system(run, BOOLEAN)


def _values(expr: Expr) -> Run:
    """Return the closure that gives the values that take part in equality."""
    listed, value = items(expr), equality.comparable(expr.type)
    return lambda env, this: [value(item) for item in listed(env, this)]


_ORDERS: dict[str, Callable[[int], bool]] = {
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def _comparison(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs, wanted = scalar(left, scope, node), scalar(right, scope, node), _ORDERS[node.operator]
    order = equality.order

    def run(env: Environment, this: Any) -> bool | None:
        one = ours(env, this)
        other = theirs(env, this)
        if one is None or other is None:
            return None
        try:
            found = order(one, other)
        except NotComparableError:
            sentence = f"compares with '{node.operator}' what has no common order; convert one operand"
            raise scope.refused(node, sentence) from None
        return None if found is None else wanted(found)

    return of_system(run, BOOLEAN)


_OPERATORS: dict[str, Operator] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "div": arithmetic.div,
    "mod": arithmetic.mod,
}


def _arithmetic(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs, operator = scalar(left, scope, node), scalar(right, scope, node), _OPERATORS[node.operator]

    def run(env: Environment, this: Any) -> Any:
        one, other = ours(env, this), theirs(env, this)
        if one is None or other is None:
            return None
        try:
            found = operator(one, other)
        except OperandError as error:
            raise scope.refused(node, f"at '{node.operator}' {error}") from error
        except DecimalException:
            return None
        return env.string(found) if found.__class__ is str else found

    kind = _arithmetic_type(node.operator, system_type(left.type), system_type(right.type))
    return Expr(run, kind, single=True, value=run if kind else None)


def _arithmetic_type(operator: str, left: str | None, right: str | None) -> str | None:
    """Return the type of a result where the types of the operands tell it."""
    numbers = (INTEGER, DECIMAL)
    if left in numbers and right in numbers:
        if operator == "/" or (DECIMAL in (left, right) and operator != "div"):
            return DECIMAL
        return INTEGER
    if left == right and left in (STRING, LONG, QUANTITY) and operator != "/":
        return left
    return None


def _concatenation(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs = scalar(left, scope, node), scalar(right, scope, node)

    def text(value: Any) -> str:
        if value is None:
            return ""
        if value.__class__ is not str:
            raise scope.refused(node, "joins with '&' what is no string; convert it with toString()")
        return str(value)

    return of_system(lambda env, this: env.string(text(ours(env, this)) + text(theirs(env, this))), STRING)


def _union(_scope: Scope, _node: Operation, left: Expr, right: Expr) -> Expr:
    return union(left, right)


def _membership(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    """Return `left in right`; `contains` is the same with its operands exchanged."""
    sought, within = (left, right) if node.operator == "in" else (right, left)
    item, value = one(sought, scope, node), equality.comparable(sought.type)
    among, equal = _values(within), equality.equal

    def run(env: Environment, this: Any) -> bool | None:
        found = item(env, this)
        if found is None:
            return None
        wanted, others = value(found), env.weighed(among(env, this))
        return any(equal(wanted, other) is True for other in others)

    return of_system(run, BOOLEAN)


def _and(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs = truth(left, scope, node), truth(right, scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        one = ours(env, this)
        if one is False:
            return False
        other = theirs(env, this)
        return other if one else False if other is False else None

    return of_system(run, BOOLEAN)


def _or(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs = truth(left, scope, node), truth(right, scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        one = ours(env, this)
        if one:
            return True
        other = theirs(env, this)
        return other if one is False or other else None

    return of_system(run, BOOLEAN)


def _xor(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs = truth(left, scope, node), truth(right, scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        one, other = ours(env, this), theirs(env, this)
        return None if one is None or other is None else one is not other

    return of_system(run, BOOLEAN)


def _implies(scope: Scope, node: Operation, left: Expr, right: Expr) -> Expr:
    ours, theirs = truth(left, scope, node), truth(right, scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        one = ours(env, this)
        if one is False:
            return True
        other = theirs(env, this)
        return other if one or other else None

    return of_system(run, BOOLEAN)


OPERATORS: dict[str, Compiled] = {
    "=": _equality,
    "!=": _equality,
    "~": _equivalence,
    "!~": _equivalence,
    **dict.fromkeys(_ORDERS, _comparison),
    **dict.fromkeys(_OPERATORS, _arithmetic),
    "&": _concatenation,
    "|": _union,
    "in": _membership,
    "contains": _membership,
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}


def negative(scope: Scope, node: Node, operand: Expr, *, keep: bool) -> Expr:
    """Return the compiled sign: a minus, or a plus that keeps the number."""
    value, sign = scalar(operand, scope, node), arithmetic.kept if keep else arithmetic.negated

    def run(env: Environment, this: Any) -> Any:
        found = value(env, this)
        try:
            return None if found is None else sign(found)
        except OperandError as error:
            raise scope.refused(node, str(error)) from error

    kind = system_type(operand.type)
    constant = sign(operand.constant) if operand.constant is not None and kind == INTEGER else None
    return Expr(run, kind, single=True, value=run, constant=constant)
