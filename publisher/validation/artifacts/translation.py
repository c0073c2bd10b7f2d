"""Compare the ELM of a Library with a new translation of its CQL, by a translator that the caller gives.

Implements https://cql.hl7.org/04-logicalspecification.html as far as translators of different versions must agree: the
names, literals and references of each definition. What they write otherwise (annotations, types, conversions) differs.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.validation.artifacts.logic import Elm, defs, nodes, read_logic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    # From CQL texts by library name: the library object of each that translates, the errors of each that does not.
    Translate = Callable[[Mapping[str, str]], Mapping[str, Elm | list[str]]]

_SECTIONS = ("usings", "includes", "parameters", "codeSystems", "valueSets", "codes")
_FACTS = {
    "Literal": ("value",),
    "ValueSetRef": ("name",),
    "CodeRef": ("name",),
    "ParameterRef": ("name",),
    "ExpressionRef": ("libraryName", "name"),
    "Retrieve": ("dataType",),
}
_OPERATORS = frozenset(
    {"And", "Or", "Not", "Exists", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Add", "Subtract", "Union"}
)


@dataclass(frozen=True, slots=True)
class Untranslatable:
    """CQL that the translator refuses, with its messages."""

    messages: Sequence[str]


@dataclass(frozen=True, slots=True)
class Different:
    """ELM that is not what its CQL translates to, and where the first difference is."""

    what: str


class Retranslation:
    """New translations of all the CQL that is at hand, made together when the first is asked for."""

    def __init__(self, translate: Translate) -> None:
        self._translate = translate
        self._texts: dict[str, str] = {}
        self._made: dict[str, Elm | list[str]] = {}

    def add(self, library: dict[str, Any]) -> str | None:
        """Take the CQL of a Library, and return its name; the first of each name stays."""
        logic = read_logic(library)
        if logic.data is None or logic.header is None:
            return None
        self._texts.setdefault(logic.header[0], logic.data.decode())
        return logic.header[0]

    def of(self, library: dict[str, Any]) -> Untranslatable | Different | None:
        """Return what a new translation of a Library shows."""
        name = self.add(library)
        if name is None:
            return None
        if name not in self._made:
            self._made = dict(self._translate(self._texts))
        made = self._made.get(name)
        if made is None:
            return None
        return Untranslatable(made) if isinstance(made, list) else compared(read_logic(library).elm, made)


def compared(held: Elm | None, made: Elm) -> Different | None:
    """Return the first difference in meaning between ELM and a new translation."""
    if held is None:
        return None
    for section in _SECTIONS:
        if _identities(held, section) != _identities(made, section):
            return Different(f"its {section}")
    ours, theirs = (_definitions(one) for one in (held, made))
    for name in sorted(ours.keys() | theirs.keys()):
        if ours.get(name) != theirs.get(name):
            return Different(f"the definition {name!r}")
    return None


def _identities(library: Elm, section: str) -> list[str]:
    keys = ("localIdentifier", "uri", "path", "version", "name", "id")
    # A translator that is told of a namespace writes it before the path of what is included.
    rows = [
        [str(one.get(key, "")).rpartition("/")[2] if key == "path" else one.get(key) for key in keys]
        for one in defs(library, section)
    ]
    return sorted(json.dumps(row) for row in rows if row[0] != "System")


def _definitions(library: Elm) -> dict[str, Counter[tuple[Any, ...]]]:
    found: dict[str, Counter[tuple[Any, ...]]] = {}
    for one in defs(library, "statements"):
        found.setdefault(str(one.get("name")), Counter()).update(_facts(one.get("expression")))
    return found


def _facts(expression: Any) -> Counter[tuple[Any, ...]]:
    """Return what an expression is made of, as every translator writes it."""
    found: Counter[tuple[Any, ...]] = Counter()
    for node in nodes(expression):
        kind = node.get("type")
        if isinstance(kind, str) and kind in _FACTS:
            found[kind, *(str(node.get(key)) for key in _FACTS[kind])] += 1
        elif isinstance(kind, str) and kind in _OPERATORS:
            found[kind,] += 1
    return found
