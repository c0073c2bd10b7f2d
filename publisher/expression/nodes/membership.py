"""Membership, inclusion and set operators, over lists and intervals.

https://cql.hl7.org/09-b-cqlreference.html#contains, #includes, #union and the list operators of the same names. Values
tell which of the two is meant; where both are null, the static types do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression import interval
from publisher.expression.compiler import Expr, contextual, depth, items, listed, node, strict, uncertain
from publisher.expression.distinct import distinct_members, distinct_values
from publisher.expression.interval import Interval
from publisher.expression.nodes.intervals import precision_of, related
from publisher.expression.specifiers import is_interval_type
from publisher.expression.values import EvaluationError, equal, same, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation


@node("In", "Contains", "ProperIn", "ProperContains")
def membership(scope: Scope, elm: Node) -> Expr:
    """Return whether an element is in a list or interval; a certain equal member of a list decides."""
    element, container = scope.operands(elm)
    if elm["type"].endswith("Contains"):
        element, container = container, element
    proper = elm["type"].startswith("Proper")
    within = related(interval.properly_includes if proper else interval.includes, precision_of(elm))
    if container.known and _is_texts(container.known[0]) and not proper:
        return _among(element, container.known[0])

    def test(env: Evaluation, value: Any, holder: Any) -> bool | None:
        holder = unwrap(holder)
        if type(holder) is Interval:
            return None if value is None else within(env, holder, value)
        if holder is None:
            return None if isinstance(value, list) else False
        env.charge(len(holder))
        if isinstance(value, list) and not any(isinstance(item, list) for item in holder):
            return _includes(holder, value, proper=proper)
        if proper:
            return _properly_holds(holder, value)
        return any(same(value, item) for item in holder)

    plain = contextual(test, [element, container], nulls=True).plain
    return Expr(plain, _tracked_membership(element, container, test, proper=proper))


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is str for item in value)


def _among(element: Expr, texts: list[str]) -> Expr:
    """Return whether an element is one of these texts; null is not."""
    known = frozenset(texts)

    def test(value: Any) -> bool:
        if type(value) is str:
            return value in known
        if isinstance(value, list):
            return _includes(texts, value, proper=False)
        return any(same(value, item) for item in texts)

    return strict(test, [element], nulls=True)


def _tracked_membership(
    element: Expr, container: Expr, test: Callable[[Evaluation, Any, Any], bool | None], *, proper: bool
) -> Callable[[Evaluation, Frame], Tracked]:
    """Return the tracked test: a certain equal member of a list decides, whatever else may come."""

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        value, holder = element.tracked(env, frame), container.tracked(env, frame)
        is_open = env.causes.is_open
        if not proper and isinstance(holder[0], list) and not is_open(depth(value)):
            for doubt, item in items(holder):
                if not is_open(doubt) and not is_open(depth(item)) and same(value[0], item[0]):
                    return True, value[1] | ((doubt | depth(item)) & env.causes.evidence), None
        return test(env, value[0], holder[0]), depth(value) | depth(holder), None

    return tracked


def _properly_holds(holder: list[Any], value: Any) -> bool | None:
    """Return whether a list holds a value and also another; null where that rests on what cannot be compared."""
    if value is None:
        return None in _nulls(holder) and any(item is not None for item in holder)
    verdicts = [equal(value, item) for item in holder]
    open_ = any(verdict is None and item is not None for verdict, item in zip(verdicts, holder, strict=True))
    found = True if True in verdicts else (None if open_ else False)
    other = True if False in verdicts else (None if None in verdicts else False)
    return interval.both(found, other)


def _nulls(values: list[Any]) -> list[None]:
    return [None for value in values if value is None]


def _includes(holder: list[Any], inner: list[Any], *, proper: bool) -> bool:
    inside = all(any(same(one, other) for other in holder) for one in inner)
    return inside and (not proper or len(holder) > len(inner))


@node("Includes", "IncludedIn", "ProperIncludes", "ProperIncludedIn")
def inclusion(scope: Scope, elm: Node) -> Expr:
    """Return whether one list or interval includes another; of the causes, the union."""
    whole, part = scope.operands(elm)
    if elm["type"].endswith("IncludedIn"):
        whole, part = part, whole
    proper = elm["type"].startswith("Proper")
    within = related(interval.properly_includes if proper else interval.includes, precision_of(elm))

    def test(env: Evaluation, holder: Any, inner: Any) -> bool | None:
        holder, inner = unwrap(holder), unwrap(inner)
        if type(holder) is Interval:
            return within(env, holder, inner)
        inner = inner if isinstance(inner, list) else [inner]
        env.charge(len(holder) * len(inner))
        return _includes(holder, inner, proper=proper)

    return contextual(test, [whole, part])


def _both(operation: Callable[[Interval, Interval], Interval | None], env: Evaluation, left: Any, right: Any) -> Any:
    try:
        return related(lambda one, other, _precision, _offset: operation(one, other), None)(env, left, right)
    except ValueError as error:
        raise EvaluationError(str(error), "range") from error


def _of_intervals(parts: list[Any], elm: Node) -> bool:
    """Return whether a set operator stands between intervals."""
    return any(type(part) is Interval for part in parts) or (
        all(part is None for part in parts) and any(is_interval_type(each) for each in elm["operand"])
    )


@node("Union")
def union_(scope: Scope, elm: Node) -> Expr:
    """Return the items of both lists, each once; of two intervals, one that covers both."""
    operands = scope.operands(elm)

    def plain(env: Evaluation, frame: Frame) -> Any:
        parts = [unwrap(each.plain(env, frame)) for each in operands]
        if _of_intervals(parts, elm):
            return None if None in [part and 1 for part in parts] else _both(interval.union, env, *parts)
        values = [item for part in parts for item in part or ()]
        return distinct_values(values, env.charge)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        parts = [each.tracked(env, frame) for each in operands]
        mask = 0
        for part in parts:
            mask |= part[1]
        if _of_intervals([part[0] for part in parts], elm):
            null = any(part[0] is None for part in parts)
            return None if null else _both(interval.union, env, *(part[0] for part in parts)), mask, None
        every = [member for part in parts for member in items(part)]
        members = distinct_members(every, env.charge, env.causes.evidence)
        return listed(members, mask & ~env.causes.notes if members else mask)  # of what holds something, none is told

    return Expr(plain, tracked)


@node("Intersect")
def intersect(scope: Scope, elm: Node) -> Expr:
    """Return the items in both lists, each once; of two intervals, what they have in common."""
    return _pairwise(scope, elm, interval.intersect, _intersected, _intersected_members)


@node("Except")
def except_(scope: Scope, elm: Node) -> Expr:
    """Return the items of the first list that are not in the second, each once; of intervals, the points."""
    return _pairwise(scope, elm, interval.except_, _remaining, _remaining_members)


def _pairwise(scope: Scope, elm: Node, on_intervals: Any, on_values: Any, on_members: Any) -> Expr:
    left, right = scope.operands(elm)

    def combine(env: Evaluation, one: Any, other: Any) -> Any:
        one, other = unwrap(one), unwrap(other)
        if one is None or (other is None and (type(one) is Interval or on_values is _intersected)):
            return None
        if type(one) is Interval:
            return _both(on_intervals, env, one, other)
        env.charge(len(one) * (1 + len(other or ())))
        return distinct_values(on_values(one, other or []), env.charge)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        one, other = left.tracked(env, frame), right.tracked(env, frame)
        if isinstance(one[0], list) and isinstance(other[0], list):
            return listed(*on_members(env, one, other))
        return uncertain(env, combine(env, one[0], other[0]), depth(one) | depth(other))

    return Expr(contextual(combine, [left, right], nulls=True).plain, tracked)


def _intersected(left: list[Any], right: list[Any]) -> list[Any]:
    return [one for one in left if any(same(one, other) for other in right)]


def _remaining(left: list[Any], right: list[Any]) -> list[Any]:
    return [one for one in left if not any(same(one, other) for other in right)]


def _doubt_of(env: Evaluation, wanted: Any, part: Tracked) -> int | None:
    """Return the causes for which an equal item may not be in a list, 0 for a certain one, None where there is none."""
    found: int | None = None
    for doubt, item in items(part):
        if same(wanted, item[0]):
            mask = doubt | depth(item)
            if not env.causes.is_open(mask):
                return 0
            found = mask | (found or 0)
    return found


def _intersected_members(env: Evaluation, left: Tracked, right: Tracked) -> tuple[list[Any], int]:
    mask = left[1]
    members: list[Any] = []
    for doubt, item in distinct_members(items(left), env.charge, env.causes.evidence):
        env.charge(len(right[0]))
        found = _doubt_of(env, item[0], right)
        if found is None:
            mask |= right[1] | _own_doubts(right) | depth(item)
        else:
            members.append((doubt | found, item))
    return members, mask


def _remaining_members(env: Evaluation, left: Tracked, right: Tracked) -> tuple[list[Any], int]:
    mask = left[1]
    members: list[Any] = []
    for doubt, item in distinct_members(items(left), env.charge, env.causes.evidence):
        env.charge(len(right[0]))
        found = _doubt_of(env, item[0], right)
        if found is None:
            members.append((doubt | right[1] | _own_doubts(right), item))
        else:
            mask |= found | depth(item)
    return members, mask


def _own_doubts(part: Tracked) -> int:
    """Return the causes for which the items of a list may be other values."""
    mask = 0
    for _, item in items(part):
        mask |= depth(item)
    return mask
