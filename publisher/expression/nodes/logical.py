"""Logical and nullological nodes, If and Case, in three values and with causes.

https://cql.hl7.org/09-b-cqlreference.html#logical-operators-3 and #nullological-operators-3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import Expr, depth, node, strict, uncertain, union
from publisher.expression.values import equal, unwrap

if TYPE_CHECKING:
    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation


def _deciding(operands: list[Expr], *, deciding: bool) -> Expr:
    """Return And (`deciding` False) or Or (`deciding` True): a firm deciding operand wins and closes."""
    plains = [each.plain for each in operands]

    def plain(env: Evaluation, frame: Frame) -> Any:
        result: bool | None = not deciding
        for each in plains:
            value = each(env, frame)
            if value is deciding:
                return deciding
            if value is None:
                result = None
        return result

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        found: Any = not deciding
        mask = 0
        for each in operands:
            value, own, _ = part = each.tracked(env, frame)
            if value is deciding:
                if not env.causes.is_open(own):
                    return part
                found = deciding
            elif value is None and found is not deciding:
                found = None
            mask |= own
        return found, mask, None

    return Expr(plain, tracked)


@node("And")
def and_(scope: Scope, elm: Node) -> Expr:
    """Return the conjunction."""
    return _deciding(_chained(scope, elm), deciding=False)


@node("Or")
def or_(scope: Scope, elm: Node) -> Expr:
    """Return the disjunction."""
    return _deciding(_chained(scope, elm), deciding=True)


def _chained(scope: Scope, elm: Node) -> list[Expr]:
    """Return the operands of a chain of one operator, which is nested to the left, from the first."""
    rights: list[Node] = []
    left = elm
    while left.get("type") == elm["type"]:
        left, right = left["operand"]
        rights.append(right)
    return [scope.compile(each) for each in (left, *reversed(rights))]


@node("Implies")
def implies(scope: Scope, elm: Node) -> Expr:
    """Return `not left or right`."""
    left, right = scope.operands(elm)
    return _deciding([strict(lambda value: not value, [left]), right], deciding=True)


@node("Xor")
def xor(scope: Scope, elm: Node) -> Expr:
    """Return the exclusive disjunction; a null operand gives null."""
    return strict(lambda left, right: left is not right, scope.operands(elm))


@node("Not")
def not_(scope: Scope, elm: Node) -> Expr:
    """Return the negation; the causes stay."""
    return strict(lambda value: not value, scope.operands(elm))


@node("IsNull")
def is_null(scope: Scope, elm: Node) -> Expr:
    """Return whether the operand is null."""
    return strict(lambda value: unwrap(value) is None, scope.operands(elm), nulls=True)


@node("IsTrue")
def is_true(scope: Scope, elm: Node) -> Expr:
    """Return whether the operand is true; absence is handled here, so no note of it goes on."""
    return _handled(strict(lambda value: value is True, scope.operands(elm), nulls=True))


@node("IsFalse")
def is_false(scope: Scope, elm: Node) -> Expr:
    """Return whether the operand is false; absence is handled here, so no note of it goes on."""
    return _handled(strict(lambda value: value is False, scope.operands(elm), nulls=True))


def _handled(expression: Expr) -> Expr:
    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        value, mask, members = expression.tracked(env, frame)
        return value, mask & ~env.causes.notes, members

    return Expr(expression.plain, tracked)


@node("Coalesce")
def coalesce(scope: Scope, elm: Node) -> Expr:
    """Return the first operand (or item of the one list operand) that is not null; then no absence is left to note."""
    operands = scope.operands(elm)
    if len(operands) == 1:
        return _coalesced_list(operands[0])

    def plain(env: Evaluation, frame: Frame) -> Any:
        for each in operands:
            value = each.plain(env, frame)
            if value is not None:
                return value
        return None

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        mask = 0
        for each in operands:
            part = each.tracked(env, frame)
            if part[0] is not None:
                if env.causes.is_open(mask):
                    return uncertain(env, part[0], (mask | depth(part)) & ~env.causes.notes)
                return part[0], (mask | part[1]) & ~env.causes.notes, part[2]
            mask |= depth(part)
        return None, mask, None

    return Expr(plain, tracked)


def _coalesced_list(operand: Expr) -> Expr:
    """Return the first item that is not null; of a list that may hold more, or items that may not belong, open."""

    def first(value: Any) -> Any:
        return next((item for item in value if item is not None), None) if isinstance(value, list) else value

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        value, mask = first(part[0]), depth(part)
        return uncertain(env, value, mask if value is None else mask & ~env.causes.notes)

    return Expr(strict(first, [operand]).plain, tracked)


@node("If")
def if_(scope: Scope, elm: Node) -> Expr:
    """Return `then` where the condition is true, else `else`."""
    return _choose([(scope.compile(elm["condition"]), scope.compile(elm["then"]))], scope.compile(elm["else"]))


@node("Case")
def case(scope: Scope, elm: Node) -> Expr:
    """Return the first `then` whose `when` is true, or equals the comparand."""
    comparand = scope.compile(elm["comparand"]) if "comparand" in elm else None
    pairs = []
    for item in elm["caseItem"]:
        when = scope.compile(item["when"])
        if comparand is not None:
            when = strict(equal, [comparand, when])
        pairs.append((when, scope.compile(item["then"])))
    return _choose(pairs, scope.compile(elm["else"]))


def _choose(pairs: list[tuple[Expr, Expr]], otherwise: Expr) -> Expr:
    """Return the chooser: a firm test takes its branch alone; an open one is firm only if all branches agree."""

    def plain(env: Evaluation, frame: Frame) -> Any:
        for when, then in pairs:
            if when.plain(env, frame) is True:
                return then.plain(env, frame)
        return otherwise.plain(env, frame)

    def tracked(env: Evaluation, frame: Frame, start: int = 0) -> Tracked:
        notes = 0
        for index in range(start, len(pairs)):
            when, then = pairs[index]
            test = when.tracked(env, frame)
            if env.causes.is_open(test[1]):
                return _merged(env, test, then.tracked(env, frame), tracked(env, frame, index + 1), notes)
            notes |= test[1]
            if test[0] is True:
                value = then.tracked(env, frame)
                return value[0], value[1] | notes, value[2]
        value = otherwise.tracked(env, frame)
        return value[0], value[1] | notes, value[2]

    return Expr(plain, tracked)


def _merged(env: Evaluation, test: Tracked, yes: Tracked, no: Tracked, notes: int) -> Tracked:
    chosen = yes if test[0] is True else no
    masks = depth(yes) | depth(no)
    agree = (yes[0] is None and no[0] is None) or equal(yes[0], no[0]) is True
    if agree and not env.causes.is_open(masks):
        return chosen[0], masks | notes, None
    return uncertain(env, chosen[0], union((test[1], masks, notes)))
