"""Joins: a condition that compares a text of each row with one text of the rest is looked up, not tried row by row.

What a query keeps is what https://cql.hl7.org/04-logicalspecification.html#query says; the rows passed over are those
for which the condition is firmly false. Two forms are known, alone or first in a conjunction, or as the body of a
function: `A = B`, and `A = B or EndsWith(A, '/' + B)` (a FHIR reference, with or without the address of a server).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.elm import NOT_NODES, nodes_of
from publisher.expression.compiler import Expr, depth, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation

    Member = tuple[int, Tracked]

FEWEST = 3
SEPARATOR = "/"

# What the text of a row may be made of, so that it rests on the row alone.
_OF_A_ROW = frozenset({"Property", "AliasRef", "FunctionRef", "Concatenate", "Literal", "As"})


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """The text that is looked for, the text of the row in `slot`, and whether one that ends with it will do."""

    wanted: Expr
    key: Expr
    slot: int
    by_end: bool

    def values(self, env: Evaluation, frame: Frame, rows: list[Any]) -> list[Any]:
        """Return the rows that may meet the condition."""
        if len(rows) < FEWEST:
            return rows
        wanted = self.wanted.plain(env, frame)
        if type(wanted) is not str:
            return rows
        return self._found(wanted, env.retrieved.get((self, id(rows))) or self._indexed(env, frame, rows))

    def members(self, env: Evaluation, frame: Frame, part: Tracked) -> list[Member]:
        """Return the members of a tracked list that may meet the condition."""
        if type(part[0]) is not list or len(part[0]) < FEWEST:
            return items(part)
        wanted = self.wanted.tracked(env, frame)
        if type(wanted[0]) is not str or env.causes.is_open(depth(wanted)):
            return items(part)
        known = env.retrieved.get((self, ~id(part[0])))
        return self._found(wanted[0], known or self._indexed_members(env, frame, part))

    def _found(self, wanted: str, index: _Index) -> list[Any]:
        places = index.undecided.copy()
        for text in self._texts(wanted):
            places += index.places.get(text, ())
        return [index.rows[place] for place in sorted(set(places))]

    def _texts(self, wanted: str) -> Iterator[str]:
        yield wanted
        at = wanted.find(SEPARATOR) if self.by_end else -1
        while at >= 0:
            yield wanted[at + 1 :]
            at = wanted.find(SEPARATOR, at + 1)

    def _indexed(self, env: Evaluation, frame: Frame, rows: list[Any]) -> _Index:
        index = env.retrieved[self, id(rows)] = _Index(rows, rows)
        env.charge(len(rows))
        for place, row in enumerate(rows):
            frame[self.slot] = row
            index.add(place, self.key.plain(env, frame))
        return index

    def _indexed_members(self, env: Evaluation, frame: Frame, part: Tracked) -> _Index:
        rows = items(part)
        index = env.retrieved[self, ~id(part[0])] = _Index(rows, part[0])
        env.charge(len(rows))
        for place, (_, row) in enumerate(rows):
            frame[self.slot] = row
            key = self.key.tracked(env, frame)
            index.add(place, None if env.causes.is_open(depth(key)) else key[0])
        return index


class _Index:
    """Rows by their text, and those whose text does not decide; `source` is held on to, for it is told by identity."""

    def __init__(self, rows: list[Any], source: Any) -> None:
        self.rows, self.source = rows, source
        self.places: dict[str, list[int]] = {}
        self.undecided: list[int] = []

    def add(self, place: int, text: Any) -> None:
        if type(text) is str:
            self.places.setdefault(text, []).append(place)
        else:
            self.undecided.append(place)


def join_of(scope: Scope, condition: Node, alias: str) -> Join | None:
    """Return the join that a condition on the rows of `alias`, which are the same each time, is; None for another."""
    while condition.get("type") == "And":
        condition = condition["operand"][0]
    condition = _inlined(scope, condition)
    by_end = condition.get("type") == "Or"
    equal = condition["operand"][0] if by_end else condition
    if equal.get("type") != "Equal" or (by_end and not _is_end(condition["operand"][1], *equal["operand"])):
        return None
    left, right = equal["operand"]
    for wanted, key in ((left, right), (right, left)):
        if _rests_on(scope, key, alias) and not _mentions(wanted, alias) and (wanted is left or not by_end):
            return Join(scope.compile(wanted), scope.compile(key), scope.slot(alias), by_end)
    return None


def _is_end(elm: Node, text: Node, end: Node) -> bool:
    """Return whether a condition is `EndsWith(text, '/' + end)`."""
    if elm.get("type") != "EndsWith" or not _alike(elm["operand"][0], text):
        return False
    tail = elm["operand"][1]
    if tail.get("type") != "Concatenate" or len(tail["operand"]) != 2:  # noqa: PLR2004  a separator and the end
        return False
    mark, rest = tail["operand"]
    return mark.get("type") == "Literal" and mark.get("value") == SEPARATOR and _alike(rest, end)


def _rests_on(scope: Scope, elm: Node, alias: str) -> bool:
    """Return whether an expression reads nothing but the row of `alias`, and is a text."""
    nodes = list(_nodes(elm))
    names = {name for each in nodes if (name := _name_in_scope(each)) is not None}
    includes = scope.library.includes
    calls = [each.get("libraryName", "") for each in nodes if each["type"] == "FunctionRef"]
    native = all(name in includes and includes[name] is None for name in calls)
    return names == {alias} and native and all(each["type"] in _OF_A_ROW for each in nodes)


def _mentions(elm: Node, alias: str) -> bool:
    return any(_name_in_scope(each) == alias for each in _nodes(elm))


def _name_in_scope(elm: Node) -> Any:
    """Return the alias, let or operand that a node refers to."""
    if elm["type"] == "Property":
        return elm.get("scope")
    return elm["name"] if elm["type"] in ("AliasRef", "OperandRef", "QueryLetRef", "IdentifierRef") else None


def _nodes(elm: Any) -> Iterator[Node]:
    """Yield the nodes that compute something; the type that one is cast to is none."""
    return (each for each in nodes_of(elm) if not each.get("type", "TypeSpecifier").endswith("TypeSpecifier"))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        names = (one.keys() | other.keys()) - NOT_NODES
        return all(_alike(one.get(name), other.get(name)) for name in names)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


def _inlined(scope: Scope, call: Node) -> Node:
    """Return the body of a function of this library with its operands put in, where it declares no names of its own."""
    if call.get("type") != "FunctionRef" or call.get("libraryName"):
        return call
    statements = scope.library.elm.get("statements", {}).get("def", ())
    named = [each for each in statements if each["name"] == call["name"]]
    if len(named) != 1 or "expression" not in named[0] or any("alias" in each for each in _nodes(named[0])):
        return call
    operands = named[0].get("operand", ())
    if len(operands) != len(call["operand"]) or any(each["type"] == "Query" for each in _nodes(named[0])):
        return call
    given = {each["name"]: value for each, value in zip(operands, call["operand"], strict=True)}
    body: Node = _put_in(named[0]["expression"], given)
    return body


def _put_in(elm: Any, given: dict[str, Node]) -> Any:
    if isinstance(elm, list):
        return [_put_in(each, given) for each in elm]
    if not isinstance(elm, dict):
        return elm
    if elm.get("type") == "OperandRef":
        return given.get(elm["name"], elm)
    if elm.get("type") == "Property" and elm.get("scope") in given:
        rest = {name: each for name, each in elm.items() if name != "scope"}
        return {**rest, "source": given[elm["scope"]]}
    return {name: _put_in(each, given) for name, each in elm.items()}
