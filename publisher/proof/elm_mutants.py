"""Small wrong versions of a topic's logic: each differs from the compiled ELM in one place.

Mutation testing asks whether the worked patients would notice. The places are the nodes of
https://cql.hl7.org/elm.html that say something of their own; a mutant is named by its definition, what was changed
and how many such changes stand before it there, so that its name outlives a change elsewhere.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from publisher.elm import NOT_NODES
from publisher.proof.atoms import BOOLEAN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Node = dict[str, Any]
Path = tuple[Any, ...]
Change = tuple[str, Any]

SWAPPED: Final[Mapping[str, str]] = {
    "And": "Or",
    "Or": "And",
    "Implies": "And",
    "Xor": "And",
    "Less": "LessOrEqual",
    "LessOrEqual": "Less",
    "Greater": "GreaterOrEqual",
    "GreaterOrEqual": "Greater",
    "First": "Last",
    "Last": "First",
    "Min": "Max",
    "Max": "Min",
    "Union": "Intersect",
    "StartsWith": "EndsWith",
    "EndsWith": "StartsWith",
    "Add": "Subtract",
    "Subtract": "Add",
    "With": "Without",
    "Without": "With",
}
NEGATED: Final = (
    *("Exists", "In", "InValueSet", "AnyInValueSet", "Equal", "Equivalent", "IsNull", "IsTrue", "IsFalse", "Is"),
    *("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "StartsWith", "EndsWith", "Contains", "ExpressionRef"),
    *("FunctionRef", "AliasRef", "OperandRef", "Before", "After", "SameOrBefore", "SameOrAfter", "IncludedIn"),
)
TRUE: Final[Node] = {"type": "Literal", "valueType": BOOLEAN, "value": "true", "resultTypeName": BOOLEAN}
FALSE: Final[Node] = {**TRUE, "value": "false"}
NOT: Final = " negated"
OTHER_TEXT: Final = "none-such"


@dataclass(frozen=True, slots=True)
class ElmMutant:
    """A wrong version of a library: its name, what it does, where, and the definition or function that it is in."""

    id: str
    what: str
    place: str
    owner: tuple[str, str]
    elm: Node = field(repr=False, compare=False)


def elm_mutants(elm: Node, owners: Iterable[str]) -> Iterator[ElmMutant]:
    """Yield the mutants of the definitions and functions of a library that are called `owners`."""
    library = str(elm.get("identifier", {}).get("id"))
    value_sets = [str(each["name"]) for each in elm.get("valueSets", {}).get("def", ())]
    wanted, counts = set(owners), Counter[tuple[str, str]]()
    for index, statement in enumerate(elm["statements"]["def"]):
        name = str(statement["name"])
        if name not in wanted:
            continue
        start: Path = ("statements", "def", index, "expression")
        for path, node, locator in _places(statement.get("expression"), start, str(statement.get("locator", ""))):
            for what, new in _changes(node, value_sets) if not _is_counted(elm, path) else ():
                if what.endswith(NOT) and _parent(elm, path).get("type") == "IsNull":
                    continue  # whether it is null is the same for its negation
                counts[name, what] += 1
                identity = f"cql/{library}/{name}/{what}/{counts[name, what]}"
                place = f"{library}.cql:{locator}" if locator else library
                yield ElmMutant(identity, what, place, (library, name), _replaced(elm, path, new))


def _places(node: Any, path: Path, locator: str) -> Iterator[tuple[Path, Node, str]]:
    """Yield every node below one with its path and the nearest place in the source."""
    if isinstance(node, list):
        for index, each in enumerate(node):
            yield from _places(each, (*path, index), locator)
    elif isinstance(node, dict):
        locator = str(node.get("locator", locator))
        yield path, node, locator
        for key, part in node.items():
            if key not in NOT_NODES:
                yield from _places(part, (*path, key), locator)


def _changes(node: Node, value_sets: Sequence[str]) -> Iterator[Change]:
    """Yield what may be put in the place of a node, and the words for it."""
    kind = str(node.get("type"))
    if kind in SWAPPED:
        yield f"{kind} to {SWAPPED[kind]}", {**node, "type": SWAPPED[kind]}
    if kind in NEGATED and _is_boolean(node):
        yield f"{kind}{NOT}", {"type": "Not", "operand": node, "resultTypeName": BOOLEAN}
    yield from _OPERATORS.get(kind, _nothing)(node)
    yield from _value_set_changes(node, kind, value_sets)
    yield from _clause_changes(node)


def _is_boolean(node: Node) -> bool:
    """Return whether a node is of a truth value; the ELM says so, or its type can be nothing else."""
    return node.get("resultTypeName", BOOLEAN) == BOOLEAN and (
        "resultTypeName" in node or node["type"] not in ("ExpressionRef", "FunctionRef", "AliasRef", "OperandRef")
    )


def _nothing(_node: Node) -> Iterator[Change]:
    yield from ()


def _not(node: Node) -> Iterator[Change]:
    yield "Not removed", node["operand"]


def _exists(_node: Node) -> Iterator[Change]:
    yield "Exists to true", TRUE


def _if(node: Node) -> Iterator[Change]:
    yield "If to its then", node["then"]
    yield "If to its else", node["else"]


def _case(node: Node) -> Iterator[Change]:
    for index in range(len(node.get("caseItem", ()))):
        yield "Case item removed", {**node, "caseItem": _without(node["caseItem"], index)}


def _literal(node: Node) -> Iterator[Change]:
    value, kind = str(node.get("value", "")), str(node.get("valueType", "")).rpartition("}")[2]
    if kind == "Boolean":
        yield f"{value} to {'false' if value == 'true' else 'true'}", FALSE if value == "true" else TRUE
    elif kind == "Integer":
        yield "number plus one", {**node, "value": str(int(value) + 1)}
        yield "number minus one", {**node, "value": str(int(value) - 1)}
    elif kind == "Decimal":
        yield "number plus one", {**node, "value": str(float(value) + 1)}
    elif kind == "String":
        yield f"'{value}' to another text", {**node, "value": OTHER_TEXT}


def _quantity(node: Node) -> Iterator[Change]:
    yield "quantity plus one", {**node, "value": node.get("value", 0) + 1}


def _as(node: Node) -> Iterator[Change]:
    if node.get("asType") == BOOLEAN and node.get("operand", {}).get("type") == "Null":
        yield "null to true", TRUE
        yield "null to false", FALSE


def _operands(node: Node) -> Iterator[Change]:
    for index, each in enumerate(node.get("operand", ())):
        yield f"{node['type']} to its operand {index + 1}", each


def _list(node: Node) -> Iterator[Change]:
    for index, each in enumerate(node.get("element", ())):
        what = f"'{each['value']}' dropped" if each.get("type") == "Literal" else f"item {index + 1} dropped"
        yield what, {**node, "element": _without(node["element"], index)}


def _coalesce(node: Node) -> Iterator[Change]:
    if len(node.get("operand", ())) > 1:
        for index in range(len(node["operand"])):
            yield f"Coalesce without operand {index + 1}", {**node, "operand": _without(node["operand"], index)}


_OPERATORS: Final[Mapping[str, Any]] = {
    "Not": _not,
    "Exists": _exists,
    "If": _if,
    "Case": _case,
    "Literal": _literal,
    "Quantity": _quantity,
    "As": _as,
    "And": _operands,
    "Or": _operands,
    "Union": _operands,
    "List": _list,
    "Coalesce": _coalesce,
}


def _value_set_changes(node: Node, kind: str, value_sets: Sequence[str]) -> Iterator[Change]:
    """Yield a node with another value set than it has, and without any."""
    key = {"InValueSet": "valueset", "AnyInValueSet": "valueset", "Retrieve": "codes"}.get(kind)
    reference = node.get(key) if key else None
    if not key or not isinstance(reference, dict) or reference.get("name") not in value_sets:
        return
    if len(value_sets) > 1:
        other = value_sets[(value_sets.index(reference["name"]) + 1) % len(value_sets)]
        yield f"value set '{reference['name']}' to '{other}'", {**node, key: {**reference, "name": other}}
    if kind == "Retrieve":
        yield f"value set '{reference['name']}' removed", {k: v for k, v in node.items() if k != key}
    else:
        yield f"value set '{reference['name']}' removed", TRUE


def _clause_changes(node: Node) -> Iterator[Change]:
    """Yield a query without each of its clauses, and sorted the other way."""
    if node.get("type") != "Query":
        return
    if node.get("where") is not None:
        yield "where removed", {key: part for key, part in node.items() if key != "where"}
    for index in range(len(node.get("relationship") or ())):
        yield "relationship removed", {**node, "relationship": _without(node["relationship"], index)}
    for index, each in enumerate((node.get("sort") or {}).get("by", ())):
        direction = "desc" if str(each.get("direction", "asc")).startswith("asc") else "asc"
        by = [*node["sort"]["by"][:index], {**each, "direction": direction}, *node["sort"]["by"][index + 1 :]]
        yield f"sort to {direction}", {**node, "sort": {**node["sort"], "by": by}}


def _parent(elm: Node, path: Path) -> Node:
    """Return the nearest node above a path."""
    here: Any = elm
    above: Node = {}
    for step in path[:-1]:
        here = here[step]
        above = here if isinstance(here, dict) else above
    return above


def _is_counted(elm: Node, path: Path) -> bool:
    """Return whether a node is the number that a query returns for each item: only that there is one counts."""
    node = _at(elm, path)
    return path[-2:] == ("return", "expression") and node.get("valueType", "").endswith("}Integer")


def _at(elm: Node, path: Path) -> Node:
    here: Any = elm
    for step in path:
        here = here[step]
    found: Node = here
    return found


def _without(items: Sequence[Any], index: int) -> list[Any]:
    return [*items[:index], *items[index + 1 :]]


def _replaced(value: Any, path: Path, new: Any) -> Any:
    """Return `value` with `new` at `path`; what stands beside the path is shared."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_replaced(each, rest, new) if index == step else each for index, each in enumerate(value)]
    return {key: _replaced(part, rest, new) if key == step else part for key, part in value.items()}
