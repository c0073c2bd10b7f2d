"""Comparison nodes.

https://cql.hl7.org/09-b-cqlreference.html#comparison-operators-4. Causes are those of the operands, but for a count:
it is firmly at least what its certain members make it, however much may still come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression import interval
from publisher.expression.compiler import Expr, contextual, depth, items, node, strict
from publisher.expression.interval import Interval, negated
from publisher.expression.library_names import unconverted
from publisher.expression.specifiers import is_list_type
from publisher.expression.values import (
    Code,
    Concept,
    coded_pairs,
    equal,
    equivalent,
    order,
    uncertainty,
    unwrap,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation


def less(left: Any, right: Any) -> bool | None:
    """Return `<`."""
    result = order(left, right)
    return None if result is None else result < 0


def less_or_equal(left: Any, right: Any) -> bool | None:
    """Return `<=`."""
    if type(unwrap(left)) is Interval or type(unwrap(right)) is Interval:
        return interval.at_most(uncertainty(unwrap(left)), uncertainty(unwrap(right)))
    result = order(left, right)
    return None if result is None else result <= 0


def greater(left: Any, right: Any) -> bool | None:
    """Return `>`."""
    return less(right, left)


def greater_or_equal(left: Any, right: Any) -> bool | None:
    """Return `>=`."""
    return less_or_equal(right, left)


def not_equal(left: Any, right: Any) -> bool | None:
    """Return `!=`."""
    return negated(equal(left, right))


COMPARISONS: dict[str, Callable[[Any, Any], bool | None]] = {
    "Equal": equal,
    "NotEqual": not_equal,
    "Less": less,
    "LessOrEqual": less_or_equal,
    "Greater": greater,
    "GreaterOrEqual": greater_or_equal,
}


@node(*COMPARISONS)
def comparison(scope: Scope, elm: Node) -> Expr:
    """Return a comparison; one side may be a count."""
    compare = COMPARISONS[elm["type"]]
    sources = [_counted(each) for each in elm["operand"]]
    operands = scope.operands(elm)
    expression = _long(compare, operands) if any(map(is_list_type, elm["operand"])) else strict(compare, operands)
    if (sources[0] is None) == (sources[1] is None):
        return expression
    side = 0 if sources[0] else 1
    counted = scope.compile(sources[side] or {})
    return Expr(expression.plain, _count_test(compare, counted, operands[1 - side], flipped=bool(side)))


def _long(compare: Callable[[Any, Any], bool | None], operands: list[Expr], *, nulls: bool = False) -> Expr:
    """Return the comparison of lists, which takes as many steps as they have items."""

    def test(env: Evaluation, left: Any, right: Any) -> bool | None:
        env.charge(len(left) if isinstance(left, list) else 1)
        return compare(left, right)

    return contextual(test, operands, nulls=nulls)


@node("Equivalent")
def equivalence(scope: Scope, elm: Node) -> Expr:
    """Return equivalence, which is never null."""
    operands = scope.operands(elm)
    if any(map(is_list_type, elm["operand"])):
        return _long(equivalent, operands, nulls=True)
    for side in (0, 1):
        wanted, other = operands[1 - side].known, elm["operand"][side]
        if wanted and isinstance(wanted[0], Code | Concept) and unconverted(scope, other) is not other:
            return _coded_like(scope.compile(unconverted(scope, other)), wanted[0])
    return strict(equivalent, operands, nulls=True)


def _coded_like(operand: Expr, wanted: Code | Concept) -> Expr:
    """Return whether a FHIR concept is equivalent to a known one: whether they have a code in common."""
    pairs = frozenset(coded_pairs(wanted))
    return strict(lambda value: not pairs.isdisjoint(coded_pairs(unwrap(value))), [operand], nulls=True)


def _counted(elm: Node) -> Node | None:
    """Return the list that an operand counts, or None."""
    source: Node | None = elm.get("source") if elm.get("type") == "Count" and "path" not in elm else None
    return source


def _count_test(
    compare: Callable[[Any, Any], bool | None], counted: Expr, other: Expr, *, flipped: bool
) -> Callable[[Evaluation, Frame], Tracked]:
    """Return the tracked comparison of a count: firm where every count that is possible gives the same answer."""

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part, limit = counted.tracked(env, frame), other.tracked(env, frame)
        if limit[0] is None:
            return (
                None,
                depth(limit) if not env.causes.is_open(depth(limit)) else depth(limit) | depth(part),
                None,
            )
        is_open = env.causes.is_open
        members = items(part)
        known = sum(item[0] is not None for _, item in members)
        result = compare(limit[0], known) if flipped else compare(known, limit[0])
        doubt = depth(part) | depth(limit)
        if not is_open(depth(part)) or is_open(depth(limit)):
            return result, doubt, None
        certain = sum(
            item[0] is not None and not is_open(membership) and not is_open(item[1]) for membership, item in members
        )
        most = 2**62 if is_open(part[1]) else len(members)
        answers = {compare(limit[0], n) if flipped else compare(n, limit[0]) for n in _turning(certain, most, limit[0])}
        return result, doubt & env.causes.evidence if answers == {result} else doubt, None

    return tracked


def _turning(certain: int, most: int, limit: Any) -> set[int]:
    """Return counts from `certain` to `most` among which every answer of a comparison with `limit` is found."""
    near = int(limit) if isinstance(limit, int) else certain
    return {certain, most, *(n for n in (near - 1, near, near + 1) if certain <= n <= most)}
