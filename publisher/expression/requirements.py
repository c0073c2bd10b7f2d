"""What data a definition reads, derived from its ELM: the retrieves of all that it refers to.

https://hl7.org/fhir/R4/metadatatypes.html#DataRequirement. Elements are told by static types, so they are those read
of any resource of the type: never too few where the ELM carries result types, and () where it does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from publisher.elm import NOT_NODES, nodes_of
from publisher.expression.library_names import declared_code, included
from publisher.expression.nodes.retrieve import code_path_of, is_beyond_patient
from publisher.expression.specifiers import FHIR, local_name, operand_specifier, specifier_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.compiler import LibraryNames, Node
    from publisher.expression.library import Library
    from publisher.expression.values import Code

# How codes that a library declares stand in a retrieve.
_CODES = frozenset({"CodeRef", "ConceptRef", "ToList", "List", "Property"})
_READING = frozenset({"Retrieve", "Property", "ParameterRef", "ExpressionRef", "FunctionRef"})
# What may come to something else on another day, or says something besides having a value.
_MOVING = frozenset({"Now", "Today", "TimeOfDay", "CalculateAge", "Message"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One retrieve, and the elements that are read of its type.

    `code_path` and `date_path` are the elements that it filters by, `value_set` or `codes` what the codes must be of.
    """

    type: str
    code_path: str | None = None
    value_set: str | None = None
    codes: tuple[Code, ...] = ()
    date_path: str | None = None
    elements: tuple[str, ...] = ()


@dataclass(slots=True)
class Walk:
    """A walk through all that a definition refers to: what it retrieves, the elements it reads by type, parameters.

    Of a parameter it says whether it has a default. `moves` says that a value depends on more than what is retrieved by
    value sets and codes: on the clock, on a parameter, on a version of a value set; or that the logic says something.
    """

    retrieves: dict[Requirement, None] = field(default_factory=dict)
    elements: dict[str, dict[str, None]] = field(default_factory=dict)
    parameters: dict[str, bool] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    beyond_patient: bool = False
    moves: bool = False
    context: str | None = None

    def requirements(self) -> tuple[Requirement, ...]:
        """Return the retrieves, each once, with the elements read of their type."""
        return tuple(replace(each, elements=self._elements_of(each)) for each in self.retrieves)

    def _elements_of(self, each: Requirement) -> tuple[str, ...]:
        filtered = [path.partition(".")[0] for path in (each.code_path, each.date_path) if path]
        return tuple(dict.fromkeys((*filtered, *self.elements.get(each.type, ()))))

    def definition(self, library: Library, name: str) -> None:
        """Walk through the definitions and functions of a name, once."""
        if (library.id, name) in self.seen:
            return
        self.seen.add((library.id, name))
        before = self.context
        for context, elm, scope in library.reading(name):
            self.context = context
            self._reads(library, elm, scope)
        self.context = before

    def _reads(self, library: Library, elm: Node, scope: dict[str, Node]) -> None:
        kind = elm["type"]
        if kind in _MOVING:
            self.moves = True
        elif kind == "Retrieve":
            self.retrieves[_retrieve(library.names, elm)] = None
            self.moves = self.moves or not _is_plain(library.names, elm.get("codes"))
            self.beyond_patient = self.beyond_patient or is_beyond_patient(self.context, local_name(elm["dataType"]))
        elif kind == "Property":
            kind_of = local_name(_type_of(elm, scope))
            if kind_of:
                self.elements.setdefault(kind_of, {})[elm["path"].partition(".")[0]] = None
        elif kind == "ParameterRef":
            self.moves = True
            owner = included(library.names, elm.get("libraryName"))
            self.parameters[elm["name"]] = "default" in owner.parameters.get(elm["name"], {})
        else:
            alias = elm.get("libraryName")
            target = library.includes.get(alias) if alias else library
            if target is not None:
                self.definition(target, elm["name"])


def reading_nodes(statement: Node) -> Iterator[tuple[str | None, Node, dict[str, Node]]]:
    """Yield each node of a statement that reads or moves, between its context and the static types of what it names."""
    context = statement.get("context")
    operands = {operand["name"]: operand_specifier(operand) for operand in statement.get("operand", ())}
    pending: list[tuple[Any, dict[str, Node]]] = [(statement.get("expression", {}), operands)]
    while pending:
        each, known = pending.pop()
        if isinstance(each, list):
            pending.extend((item, known) for item in reversed(each))
        elif isinstance(each, dict):
            kind = each.get("type")
            if kind == "Query":
                known = {**known, **_aliases(each)}
            if kind in _MOVING or kind in _READING:
                yield context, each, known
            below = [part for key, part in each.items() if key not in NOT_NODES]
            pending.extend((part, known) for part in reversed(below))


def _aliases(query: Node) -> dict[str, Node]:
    """Return the static types of a query's aliases and lets."""
    clauses = [*query.get("source", ()), *query.get("relationship", ())]
    types = {each["alias"]: _item_type(specifier_of(each["expression"])) for each in clauses}
    return types | {each["identifier"]: specifier_of(each["expression"]) for each in query.get("let", ())}


def _item_type(specifier: Node) -> Node:
    return dict(specifier["elementType"]) if specifier.get("type") == "ListTypeSpecifier" else specifier


def _type_of(elm: Node, scope: dict[str, Node]) -> str:
    """Return the FHIR type that a property is read of, or ''."""
    if "scope" in elm:
        specifier = scope.get(elm["scope"], {})
    else:
        source = elm.get("source", {})
        named = source.get("type") in ("AliasRef", "OperandRef", "QueryLetRef")
        specifier = specifier_of(source) or (scope.get(source["name"], {}) if named else {})
    name = str(specifier.get("name", ""))
    return name if name.startswith(FHIR) else ""


def _is_plain(names: LibraryNames, codes: Any) -> bool:
    """Return whether a requirement says all that a retrieve asks for: no codes, one value set, or declared codes."""
    if not codes:
        return True
    if codes.get("type") == "ValueSetRef":
        owner = included(names, codes.get("libraryName"))
        return "version" not in owner.value_sets.get(codes["name"], {})
    return all(each.get("type") in _CODES for each in nodes_of(codes) if "type" in each)


def _retrieve(names: LibraryNames, elm: Node) -> Requirement:
    codes = elm.get("codes")
    date_path = elm.get("dateProperty")
    kind = local_name(elm["dataType"])
    if not codes:
        return Requirement(kind, elm.get("codeProperty"), date_path=date_path)
    reference = next((each for each in nodes_of(codes) if each.get("type") == "ValueSetRef"), None)
    if reference is None:
        return Requirement(kind, code_path_of(elm), codes=tuple(_codes(names, codes)), date_path=date_path)
    owner = included(names, reference.get("libraryName"))
    value_set = owner.value_sets.get(reference["name"], {}).get("id")
    return Requirement(kind, code_path_of(elm), value_set, date_path=date_path)


def _codes(names: LibraryNames, elm: Node) -> Iterator[Code]:
    for each in nodes_of(elm):
        alias = each.get("libraryName")
        if each.get("type") == "CodeRef":
            yield declared_code(names, each["name"], alias)
        elif each.get("type") == "ConceptRef":
            owner = included(names, alias)
            for code in owner.concepts.get(each["name"], {}).get("code", ()):
                yield declared_code(owner, code["name"], code.get("libraryName"))
