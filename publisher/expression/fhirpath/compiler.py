"""Compile a syntax tree into closures over plain JSON, for one type of context.

Implements the evaluation of https://hl7.org/fhirpath/N1/#expressions: each kind of node has one function here, each
operator and function its own in `operators` and `functions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.casting import is_type, named, of_type
from publisher.expression.fhirpath.compiled import Expr, Scope, constant, empty
from publisher.expression.fhirpath.functions import FUNCTIONS
from publisher.expression.fhirpath.functions.subsetting import indexed
from publisher.expression.fhirpath.navigation import first_name, member, this
from publisher.expression.fhirpath.operators import OPERATORS, negative
from publisher.expression.fhirpath.syntax import (
    Call,
    Indexer,
    Literal,
    Member,
    Node,
    Operation,
    Polarity,
    SortKey,
    Special,
    TypeOperation,
    Variable,
)
from publisher.expression.fhirpath.types import INTEGER
from publisher.expression.fhirpath.variables import variable

if TYPE_CHECKING:
    from collections.abc import Callable


def compiled(node: Node, text: str, type_: str | None) -> Expr:
    """Return the closures of an expression for a context of a type, None for one that is known at run time."""
    return _compile(node, Scope(text, type_, type_, _compile))


def _compile(node: Node, scope: Scope) -> Expr:
    return _COMPILERS[type(node)](node, scope)


def _literal(node: Literal, _scope: Scope) -> Expr:
    return empty() if node.type is None else constant(node.value, node.type)


def _variable(node: Variable, scope: Scope) -> Expr:
    return variable(scope, node)


def _special(node: Special, scope: Scope) -> Expr:
    if node.name == "this":
        return this(scope)
    if node.name == "index":
        return Expr(lambda env, _this: env.index, INTEGER, single=True)
    return Expr(lambda env, _this: env.total, None, single=False)


def _member(node: Member, scope: Scope) -> Expr:
    if node.focus is None:
        return first_name(node.name, scope)
    return member(_compile(node.focus, scope), node.name)


def _call(node: Call, scope: Scope) -> Expr:
    found = FUNCTIONS.get(node.name)
    if found is None:
        raise scope.refused(node, f"calls {node.name}(), which FHIRPath has not; correct the name")
    if not found.least <= len(node.arguments) <= found.most:
        wanted = str(found.least) if found.least == found.most else f"{found.least} to {found.most}"
        given = len(node.arguments)
        raise scope.refused(node, f"calls {node.name}() with {given} arguments, it takes {wanted}; correct them")
    focus = this(scope) if node.focus is None else _compile(node.focus, scope)
    return found.build(scope, node, focus)


def _indexer(node: Indexer, scope: Scope) -> Expr:
    focus = _compile(node.focus, scope)
    return indexed(scope, node, focus, scope.compile(node.index))


def _polarity(node: Polarity, scope: Scope) -> Expr:
    operand = scope.compile(node.operand)
    return negative(scope, node, operand, keep=node.operator == "+")


def _operation(node: Operation, scope: Scope) -> Expr:
    left, right = scope.compile(node.left), scope.compile(node.right)
    return OPERATORS[node.operator](scope, node, left, right)


def _type_operation(node: TypeOperation, scope: Scope) -> Expr:
    operand, wanted = scope.compile(node.operand), named(scope, node, node.type_name)
    return is_type(operand, wanted, scope, node) if node.operator == "is" else of_type(operand, wanted)


def _sort_key(node: SortKey, scope: Scope) -> Expr:
    return scope.compile(node.key)


_COMPILERS: dict[type, Callable[[Any, Scope], Expr]] = {
    Literal: _literal,
    Variable: _variable,
    Special: _special,
    Member: _member,
    Call: _call,
    Indexer: _indexer,
    Polarity: _polarity,
    Operation: _operation,
    TypeOperation: _type_operation,
    SortKey: _sort_key,
}
