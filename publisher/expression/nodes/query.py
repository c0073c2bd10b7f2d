"""Queries: sources, let, with and without, where, return, aggregate and sort.

https://cql.hl7.org/04-logicalspecification.html#query. The slots of aliases and lets are set as the loops go round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import Expr, NotSupportedError, constant, depth, items, listed, node, uncertain
from publisher.expression.distinct import distinct_members, distinct_values
from publisher.expression.nodes.joins import join_of
from publisher.expression.nodes.sorting import sorter

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.nodes.joins import Join
    from publisher.expression.nodes.sorting import Sorter

    Plain = Callable[[Evaluation, Frame], Any]
    Member = tuple[int, Tracked]


@node("Query")
def query(scope: Scope, elm: Node) -> Expr:
    """Return a query."""
    outer = dict(scope.slots)
    sources = [Source(scope.compile(each["expression"]), scope.declare(each["alias"])) for each in elm["source"]]
    lets = []
    for each in elm.get("let", ()):
        value = scope.compile(each["expression"])
        lets.append((scope.declare(each["identifier"]), value))
    filters = [_relationship(scope, each) for each in elm.get("relationship", ())]
    join = None
    if elm.get("where"):
        if len(sources) == 1 and sources[0].expression.fixed and not lets and not filters:
            join = join_of(scope, elm["where"], elm["source"][0]["alias"])
        filters.append(scope.compile(elm["where"]))
    rows = Rows(sources, lets, filters, join)
    build = _aggregated if elm.get("aggregate") else _returned
    result = build(scope, elm, rows)
    scope.slots = outer
    return result


def _relationship(scope: Scope, elm: Node) -> Expr:
    """Return With as `exists where such that`, Without as its negation."""
    source, slot = scope.compile(elm["expression"]), scope.declare(elm["alias"])
    such_that = scope.compile(elm["suchThat"]) if "suchThat" in elm else constant(True)  # noqa: FBT003  a CQL value
    join = join_of(scope, elm["suchThat"], elm["alias"]) if source.fixed and "suchThat" in elm else None
    positive = elm["type"] == "With"

    def plain(env: Evaluation, frame: Frame) -> Any:
        rows = as_list(source.plain(env, frame))
        for item in join.values(env, frame, rows) if join else rows:
            env.charge(1)
            frame[slot] = item
            if such_that.plain(env, frame) is True:
                return positive
        return not positive

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = source.tracked(env, frame)
        mask, found = part[1], False
        for membership, item in join.members(env, frame, part) if join and part[0] else members_of(part):
            env.charge(1)
            frame[slot] = item
            test = such_that.tracked(env, frame)
            doubt = membership | test[1]
            if test[0] is True and not (doubt and env.causes.is_open(doubt)):
                return positive, doubt & env.causes.evidence, None
            found = found or test[0] is True
            if test[0] is True or env.causes.is_open(test[1]) or test[0] is None:
                mask |= doubt
        return found is positive, mask, None

    return Expr(plain, tracked)


@dataclass(frozen=True, slots=True)
class Source:
    """A source of a query: its expression, and the slot of its alias."""

    expression: Expr
    slot: int


class Rows:
    """The rows of a query: what its sources give together and its filters keep."""

    def __init__(
        self, sources: list[Source], lets: list[tuple[int, Expr]], filters: list[Expr], join: Join | None = None
    ) -> None:
        self.sources, self.lets, self.filters, self.join = sources, lets, filters, join
        self._keep = [each.plain for each in filters]
        self.is_simple = len(sources) == 1 and not lets

    def simple(self, env: Evaluation, frame: Frame, values: list[Any], result: Plain | None) -> list[Any]:
        """Return what `result` is of each row of the one source that is kept; the row itself without one."""
        if self.join:
            values = self.join.values(env, frame, values)
        env.charge(len(values))
        slot, keep, found = self.sources[0].slot, self._keep, []
        for item in values:
            frame[slot] = item
            for test in keep:
                if test(env, frame) is not True:
                    break
            else:
                found.append(result(env, frame) if result else item)
        return found

    def plain(self, env: Evaluation, frame: Frame, visit: Callable[[], None], first: Any) -> None:
        """Call `visit` for every row that is kept; `first` is the value of the first source."""
        self._loop(env, frame, 0, visit, first)

    def _loop(self, env: Evaluation, frame: Frame, level: int, visit: Callable[[], None], value: Any) -> None:
        slot, last = self.sources[level].slot, level + 1 == len(self.sources)
        lets, keep, charge = self.lets, self._keep, env.charge
        for item in as_list(value):
            charge(1)
            frame[slot] = item
            if not last:
                self._loop(env, frame, level + 1, visit, self.sources[level + 1].expression.plain(env, frame))
                continue
            for let, expression in lets:
                frame[let] = expression.plain(env, frame)
            for test in keep:
                if test(env, frame) is not True:
                    break
            else:
                visit()

    def tracked(self, env: Evaluation, frame: Frame, visit: Callable[[int], None], at: tuple[int, int, Tracked]) -> int:
        """Call `visit` with its doubts for every row that may be kept, and return the causes for more rows.

        `at` is the level of the source to go round, the doubts so far and the source's value.
        """
        level, doubt, part = at
        slot = self.sources[level].slot
        mask = part[1]
        for membership, item in self.join.members(env, frame, part) if self.join and part[0] else members_of(part):
            env.charge(1)
            frame[slot] = item
            if level + 1 < len(self.sources):
                inner = self.sources[level + 1].expression.tracked(env, frame)
                mask |= self.tracked(env, frame, visit, (level + 1, doubt | membership, inner))
                continue
            kept, own = self.kept(env, frame)
            if kept:
                visit(doubt | membership | own)
            else:
                mask |= own
        return mask

    def kept(self, env: Evaluation, frame: Frame) -> tuple[bool, int]:
        """Return whether plain CQL keeps the row, and the causes for which that could change (or notes of a null)."""
        for slot, value in self.lets:
            frame[slot] = value.tracked(env, frame)
        kept, doubt = True, 0
        for each in self.filters:
            value, mask, _ = each.tracked(env, frame)
            if value is not True:
                if not mask or not env.causes.is_open(mask):
                    return False, mask if value is None else 0
                kept = False
            elif mask:
                mask &= ~env.causes.notes  # what is absent made no null of it
            doubt |= mask
        return kept, doubt


def _returned(scope: Scope, elm: Node, rows: Rows) -> Expr:
    """Return the query as a list, or as one value where no source is a list."""
    returned = elm.get("return")
    result = scope.compile(returned["expression"]) if returned else _alias_result(elm, rows.sources)
    unique = returned.get("distinct", True) if returned else False
    sort = sorter(scope, elm["sort"]) if elm.get("sort") else None
    run = _Returning(rows, result, as_is=not returned, unique=unique, sort=sort)
    return Expr(run.plain, run.tracked)


class _Returning:
    """A query that returns what its rows come to."""

    def __init__(self, rows: Rows, result: Expr, *, as_is: bool, unique: bool, sort: Sorter | None) -> None:
        self.rows, self.result, self.unique, self.sort = rows, result, unique, sort
        self.single = len(rows.sources) == 1
        self.as_is = as_is

    def plain(self, env: Evaluation, frame: Frame) -> Any:
        first = self.rows.sources[0].expression.plain(env, frame)
        if first is None and self.single:
            return None
        values: list[Any] = []
        result = self.result.plain
        if self.rows.is_simple:
            values = self.rows.simple(env, frame, as_list(first), None if self.as_is else result)
        else:
            self.rows.plain(env, frame, lambda: values.append(result(env, frame)), first)
        if self._is_one(first):
            return values[0] if values else None
        if self.unique:
            values = distinct_values(values, env.charge)
        return self.sort.values(env, frame, values) if self.sort else values

    def _is_one(self, first: Any) -> bool:
        """Return whether the query is over one value rather than a list."""
        return self.single and not isinstance(first, list)

    def tracked(self, env: Evaluation, frame: Frame) -> Tracked:
        first = self.rows.sources[0].expression.tracked(env, frame)
        if first[0] is None and self.single:
            return None, depth(first), None
        if self._is_one(first[0]):
            return self._tracked_one(env, frame, first)
        members: list[Member] = []
        result = self.result.tracked
        mask = self.rows.tracked(env, frame, lambda doubt: members.append((doubt, result(env, frame))), (0, 0, first))
        if self.unique:
            members = distinct_members(members, env.charge, env.causes.evidence)
        if self.sort:
            members, doubt = self.sort.members(env, frame, members)
            mask |= doubt
        return listed(members, mask)

    def _tracked_one(self, env: Evaluation, frame: Frame, value: Tracked) -> Tracked:
        frame[self.rows.sources[0].slot] = value
        kept, doubt = self.rows.kept(env, frame)
        result = self.result.tracked(env, frame)
        if not kept:
            return None, doubt | value[1], None
        if env.causes.is_open(doubt):
            return uncertain(env, result[0], depth(result) | doubt)
        return result[0], result[1] | doubt, result[2]


def _alias_result(elm: Node, sources: list[Source]) -> Expr:
    if len(sources) == 1:
        slot = sources[0].slot
        return Expr(lambda _env, frame: frame[slot], lambda _env, frame: frame[slot])
    names = [(each["alias"], source.slot) for each, source in zip(elm["source"], sources, strict=True)]

    def tracked(_env: Evaluation, frame: Frame) -> Tracked:
        mask = 0
        for _, slot in names:
            mask |= depth(frame[slot])
        return {name: frame[slot][0] for name, slot in names}, mask, {name: frame[slot] for name, slot in names}

    return Expr(lambda _env, frame: {name: frame[slot] for name, slot in names}, tracked)


def _aggregated(scope: Scope, elm: Node, rows: Rows) -> Expr:
    """Return the query folded into one value; it needs every row, so any doubt about one is a doubt about all."""
    clause = elm["aggregate"]
    start = scope.compile(clause["starting"]) if clause.get("starting") else constant(None)
    slot = scope.declare(clause["identifier"])
    step = scope.compile(clause["expression"])
    unique = clause.get("distinct", False)
    slots = [each.slot for each in rows.sources] + [let for let, _ in rows.lets]

    def row(frame: Frame) -> list[Any]:
        return [frame[each] for each in slots]

    def plain(env: Evaluation, frame: Frame) -> Any:
        first = rows.sources[0].expression.plain(env, frame)
        found: list[Any] = []
        rows.plain(env, frame, lambda: found.append(row(frame)), first)
        value = start.plain(env, frame)
        for each in distinct_values(found, env.charge) if unique else found:
            _restore(frame, slots, each)
            frame[slot] = value
            value = step.plain(env, frame)
        return value

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        first = rows.sources[0].expression.tracked(env, frame)
        found: list[tuple[int, Any]] = []
        mask = rows.tracked(env, frame, lambda doubt: found.append((doubt, row(frame))), (0, 0, first))
        value = start.tracked(env, frame)
        for doubt, each in _distinct_rows(env, found) if unique else found:
            mask |= doubt
            _restore(frame, slots, each)
            frame[slot] = value
            value = step.tracked(env, frame)
        return uncertain(env, value[0], mask | depth(value))

    return Expr(plain, tracked)


def _restore(frame: Frame, slots: list[int], values: list[Any]) -> None:
    for slot, value in zip(slots, values, strict=True):
        frame[slot] = value


def _distinct_rows(env: Evaluation, rows: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Return tracked rows once each by their plain values; the doubts of those left out stay with the one kept."""
    plains = distinct_values([[value[0] for value in row] for _, row in rows], env.charge)
    result = []
    for plain in plains:
        alike = [
            (doubt, row) for doubt, row in rows if distinct_values([plain, [v[0] for v in row]], env.charge)[1:] == []
        ]
        mask = 0
        for doubt, _ in alike:
            mask |= doubt
        result.append((mask, alike[0][1]))
    return result


def as_list(value: Any) -> list[Any]:
    """Return a list source as it is, one value as a list of one, null as none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def members_of(part: Tracked) -> list[Member]:
    """Return the members of a tracked source; one value is a certain member with its own causes."""
    if part[0] is None:
        return []
    return items(part) if isinstance(part[0], list) else [(0, part)]


@node("ForEach", "Filter", "Repeat")
def scoped(scope: Scope, elm: Node) -> Expr:
    """Return a list operator over a named scope, as the query that it abbreviates."""
    if elm["type"] == "Repeat":
        raise NotSupportedError("Repeat is not supported")
    alias = elm.get("scope", "$this")
    clause = {"where": elm["condition"]} if elm["type"] == "Filter" else {}
    if elm["type"] == "ForEach":
        clause = {"return": {"expression": elm["element"], "distinct": False}}
    return query(scope, {"type": "Query", "source": [{"alias": alias, "expression": elm["source"]}], **clause})


@node("Current")
def current(scope: Scope, elm: Node) -> Expr:
    """Return the item that a scope stands at."""
    slot = scope.slot(elm.get("scope", "$this"))
    return Expr(lambda _env, frame: frame[slot], lambda _env, frame: frame[slot])
