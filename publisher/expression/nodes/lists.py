"""Nodes over lists.

https://cql.hl7.org/09-b-cqlreference.html#list-operators-2. A list may hold more than arrived, and an item may turn
out not to belong; each operator says what that leaves certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import Expr, contextual, depth, items, listed, node, strict, uncertain
from publisher.expression.distinct import distinct_members, distinct_values
from publisher.expression.values import EvaluationError, same, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation


@node("Exists")
def exists(scope: Scope, elm: Node) -> Expr:
    """Return whether the list holds an item that is not null; one certain member decides."""
    (operand,) = scope.operands(elm)

    def plain(env: Evaluation, frame: Frame) -> bool:
        values = operand.plain(env, frame) or ()
        for item in values:
            if item is not None:
                return True
        env.charge(len(values))
        return False

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        is_open = env.causes.is_open
        for membership, item in items(part):
            if item[0] is not None and not is_open(membership) and not is_open(item[1]):
                return True, (membership | depth(item)) & env.causes.evidence, None
        return any(item is not None for item in part[0] or ()), depth(part), None

    return Expr(plain, tracked)


def _whole(function: Callable[[list[Any]], Any]) -> Callable[[Scope, Node], Expr]:
    """Return a builder of an operator that needs the whole list: open if it may hold more or less."""

    def build(scope: Scope, elm: Node) -> Expr:
        operand = scope.compile(elm["source"]) if "source" in elm else scope.operands(elm)[0]

        def plain(env: Evaluation, frame: Frame) -> Any:
            value = operand.plain(env, frame)
            return None if value is None else function(value)

        def tracked(env: Evaluation, frame: Frame) -> Tracked:
            part = operand.tracked(env, frame)
            return uncertain(env, None if part[0] is None else function(part[0]), depth(part))

        return Expr(plain, tracked)

    return build


def _singleton(values: list[Any]) -> Any:
    if len(values) > 1:
        raise EvaluationError(f"a list of {len(values)} items was to hold one at most", "cardinality")
    return values[0] if values else None


node("SingletonFrom")(_whole(_singleton))


@node("First", "Last")
def end_of(scope: Scope, elm: Node) -> Expr:
    """Return the first or last item; firm over a page of a search that was sorted by what the list is sorted by."""
    first = elm["type"] == "First"
    at = 0 if first else -1
    source = scope.compile(elm["source"])
    key = _sort_path(elm["source"], first=first)

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = source.plain(env, frame)
        return value[at] if value else None

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = source.tracked(env, frame)
        members = items(part)
        if not members:
            return None, depth(part), None
        membership, item = members[0] if first else members[-1]
        if key and not env.causes.is_open(membership | depth(item)) and _is_first_page(env, part, key, item[0]):
            return item
        return uncertain(env, item[0], depth(part))

    return Expr(plain, tracked)


def _sort_path(elm: Node, *, first: bool) -> str | None:
    """Return the one element that a query over a retrieve sorts by, with `-` where the greatest is asked for."""
    by: list[Node] = (elm.get("sort") or {}).get("by") or []
    if len(by) != 1 or by[0].get("type") != "ByColumn" or elm.get("return") or len(elm.get("source", ())) != 1:
        return None
    ascending = by[0].get("direction", "asc") in ("asc", "ascending")
    return str(by[0]["path"]) if ascending is first else f"-{by[0]['path']}"


def _is_first_page(env: Evaluation, part: Tracked, key: str, item: Any) -> bool:
    """Return whether only later pages of searches sorted by `key` are missing, and none ties with `item`."""
    causes = [each for each in env.causes.of(depth(part)) if not each.is_note]
    path = key.removeprefix("-")
    if not isinstance(item, dict) or any(each.kind != "partial" or each.sorted_by != key for each in causes):
        return False
    pages = [env.context.supply(each.about).resources for each in causes]
    return all(page and not same(page[-1].get(path), item.get(path)) for page in pages)


@node("Indexer")
def indexer(scope: Scope, elm: Node) -> Expr:
    """Return the item or letter at a zero-based index, or null beyond the end."""

    def at(values: Any, index: int) -> Any:
        return values[index] if 0 <= index < len(values) else None

    return strict(at, scope.operands(elm))


@node("IndexOf")
def index_of(scope: Scope, elm: Node) -> Expr:
    """Return the index of the first item that equals an element, or -1."""

    def find(env: Evaluation, values: list[Any], wanted: Any) -> int:
        env.charge(len(values))
        return next((index for index, value in enumerate(values) if same(value, wanted)), -1)

    return contextual(find, [scope.compile(elm["source"]), scope.compile(elm["element"])])


@node("Slice")
def slice_(scope: Scope, elm: Node) -> Expr:
    """Return the items from a start index to before an end index; without an end, all that follow."""

    def part(values: Any, start: Any, end: Any) -> Any:
        if values is None:
            return None
        start, end = start or 0, len(values) if end is None else end
        return values[start:end] if start >= 0 and end >= 0 else []

    operands = [
        scope.compile(elm["source"]),
        scope.optional(elm, "startIndex"),
        scope.optional(elm, "endIndex"),
    ]
    return strict(part, operands, nulls=True)


@node("Flatten")
def flatten(scope: Scope, elm: Node) -> Expr:
    """Return the items of a list's lists as one list; causes carry through, of a list that is empty notes too."""
    (operand,) = scope.operands(elm)

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = operand.plain(env, frame)
        if value is None:
            return None
        result = [item for inner in value for item in _inner(inner)]
        env.charge(len(result))
        return result

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        if part[0] is None:
            return None, part[1], None
        mask = part[1]
        members: list[tuple[int, Tracked]] = []
        for membership, inner in items(part):
            mask |= inner[1] | membership
            inner_items = items(inner) if isinstance(unwrap(inner[0]), list | None) else [(0, inner)]
            members.extend((membership | own, item) for own, item in inner_items)
        return listed(members, mask & ~env.causes.notes if members else mask)

    return Expr(plain, tracked)


def _inner(value: Any) -> list[Any]:
    value = unwrap(value)
    return value if isinstance(value, list) else [] if value is None else [value]


@node("Distinct")
def distinct(scope: Scope, elm: Node) -> Expr:
    """Return the items of a list, each once."""
    (operand,) = scope.operands(elm)

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = operand.plain(env, frame)
        return None if value is None else distinct_values(value, env.charge)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        return (
            (None, part[1], None)
            if part[0] is None
            else listed(distinct_members(items(part), env.charge, env.causes.evidence), part[1])
        )

    return Expr(plain, tracked)


@node("Times")
def times(scope: Scope, elm: Node) -> Expr:
    """Return a tuple of each pair of items of two lists of tuples."""

    def pairs(env: Evaluation, left: list[Any], right: list[Any]) -> list[Any]:
        env.charge(len(left) * len(right))
        return [{**one, **other} for one in left for other in right]

    return contextual(pairs, scope.operands(elm))
