"""ELM libraries, linked with those they include: their definitions and functions by name.

ELM: https://cql.hl7.org/elm.html.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import publisher.expression.nodes  # noqa: F401  registers the builders
from publisher.expression.compiler import Function, LibraryNames, NotSupportedError, Overload, Scope
from publisher.expression.definition import Definition, Needs, Outcome, lazily
from publisher.expression.requirements import reading_nodes
from publisher.expression.specifiers import operand_specifier, predicate_of, type_text
from publisher.expression.values import EvaluationError
from publisher.issue import Issue, IssueError, IssueText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from publisher.expression.compiler import Node
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.requirements import Requirement

FHIR_HELPERS = "FHIRHelpers"
ROWS = {
    "missing": IssueText(
        "not-found",
        "library-missing",
        "Library {name} is not held here.",
        "Biblioteket {name} finns inte här.",
    ),
    "cycle": IssueText(
        "invalid",
        "library-cycle",
        "Library {name} includes itself.",
        "Biblioteket {name} inkluderar sig självt.",
    ),
    "malformed": IssueText(
        "invalid",
        "library-malformed",
        "The ELM of Library {name} is malformed: {error}.",
        "ELM i biblioteket {name} är felaktig: {error}.",
    ),
}


class Library:
    """A compiled library."""

    def __init__(self, elm: Node, includes: Mapping[str, Library | None] | None = None) -> None:
        """Compile `elm` (the `library` object); `includes` by alias, None where the functions are native."""
        self.includes: Mapping[str, Library | None] = includes or {}
        names: dict[str, LibraryNames | None] = {
            alias: each.names if each else None for alias, each in self.includes.items()
        }
        self.names: LibraryNames = LibraryNames(elm, names)
        self.id: str = self.names.id
        self.version: str | None = elm.get("identifier", {}).get("version")
        self._elm = {each["name"]: each for each in _statements(elm) if not _is_function(each)}
        self._needs: dict[str, Needs] = {}
        self._reading: dict[str, list[tuple[str | None, Node, dict[str, Node]]]] = {}
        self._definitions: dict[str, Definition] = {}
        self._statements: dict[str, list[Node]] = {}
        for each in _statements(elm):
            self._statements.setdefault(each["name"], []).append(each)
            if _is_function(each):
                self._add_function(each)
            else:
                definition = self._definitions[each["name"]] = Definition(self, each)
                self.names.definitions[each["name"]] = definition.expression

    def __contains__(self, name: str) -> bool:
        return name in self._elm

    def definitions(self) -> list[str]:
        """Return the names of the public definitions, in the order of the source."""
        return [
            name
            for name, each in self._elm.items()
            if each.get("accessLevel", "Public") == "Public" and name != "Patient"
        ]

    def definition(self, name: str) -> Definition:
        """Return a definition; LookupError where there is none of that name."""
        return self._definitions[name]

    def evaluate(self, name: str, env: Evaluation, *, tracked: bool | None = None) -> Outcome:
        """Return the outcome of a definition; `tracked` forces tracked or plain evaluation."""
        return self._definitions[name].evaluate(env, tracked=tracked)

    def reads_as(self, other: Library) -> None:
        """Take what definitions read from another version of this library, in which they read no less.

        They may find something where the other version finds nothing, so none is settled by what it retrieves.
        """
        self._needs = {name: replace(needs, retrieved=()) for name, needs in other._needs.items()}

    def requirements(self, name: str) -> tuple[Requirement, ...]:
        """Return what a definition and all that it refers to retrieve, each once."""
        return self.needs(name).requirements

    def needs(self, name: str) -> Needs:
        """Return what a definition and all that it refers to read."""
        needs = self._needs.get(name)
        if needs is None:
            needs = self._needs[name] = Needs.of(self, name)
        return needs

    def parameters(self, name: str) -> tuple[str, ...]:
        """Return the names of the parameters that a definition reads."""
        return self.needs(name).parameters

    def dependencies(self, name: str) -> frozenset[tuple[str, str]]:
        """Return library and name of a definition and of all that it refers to."""
        return self.needs(name).definitions

    def statements(self, name: str) -> list[Node]:
        """Return the definition or the functions of a name, as ELM."""
        return self._statements.get(name, [])

    def reading(self, name: str) -> list[tuple[str | None, Node, dict[str, Node]]]:
        """Return what `reading_nodes` finds in the statements of a name, looked for once."""
        found = self._reading.get(name)
        if found is None:
            found = self._reading[name] = [node for each in self.statements(name) for node in reading_nodes(each)]
        return found

    def _add_function(self, elm: Node) -> None:
        operands = elm.get("operand", ())
        types = [operand_specifier(each) for each in operands]
        signature, tests = tuple(map(type_text, types)), tuple(map(predicate_of, types))

        def build() -> Function:
            if "expression" not in elm:
                raise NotSupportedError(f"function {elm['name']} is external")
            scope = Scope(self.names, elm.get("context"))
            for each in operands:
                scope.declare(each["name"])
            return Function(scope.compile(elm["expression"]), len(operands), scope.size)

        overload = Overload(signature, tests, lazily(build))
        self.names.functions.setdefault(elm["name"], []).append(overload)

    def check(self) -> list[Issue]:
        """Return an issue for each definition and function that does not compile."""
        issues = []
        for each in _statements(self.names.elm):
            try:
                if not _is_function(each):
                    self._definitions[each["name"]].compiled(each)
                else:
                    for overload in self.names.functions[each["name"]]:
                        overload.function()
            except (NotSupportedError, EvaluationError) as error:
                message = f"{self.id}.{each['name']}: {error}."
                issues.append(Issue.error("not-supported", "elm-unsupported", message))
        return issues


def _statements(elm: Node) -> list[Node]:
    return list(elm.get("statements", {}).get("def", ()))


def _refused(row: str, /, **values: Any) -> IssueError:
    return IssueError(ROWS[row].issue(**values))


def _is_function(elm: Node) -> bool:
    return bool(elm.get("type") == "FunctionDef")


class Libraries:
    """Libraries linked on demand: each with those it includes, by name and version.

    FHIRHelpers is native where none is held; one that is held is interpreted as it is written.
    """

    def __init__(self, load: Callable[[str, str | None], Node | None]) -> None:
        """Take `load(name, version) -> ELM library object or None`."""
        self._load = load
        self._libraries: dict[tuple[str, str | None], Library] = {}
        self._linking: set[tuple[str, str | None]] = set()

    def library(self, name: str, version: str | None = None) -> Library:
        """Return a compiled library with all that it includes, or raise IssueError."""
        key = (name, version)
        if key not in self._libraries:
            elm = self._load(name, version)
            if elm is None:
                known = f"{name} {version}" if version else name
                raise _refused("missing", name=known)
            if key in self._linking:
                raise _refused("cycle", name=name)
            self._linking.add(key)
            try:
                self._libraries[key] = Library(elm, dict(self._included(elm)))
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                raise _refused("malformed", name=name, error=repr(error)) from error
            finally:
                self._linking.discard(key)
        return self._libraries[key]

    def _included(self, elm: Node) -> Iterator[tuple[str, Library | None]]:
        """Yield the libraries that one includes by their local names; None for FHIRHelpers where it is native."""
        for each in elm.get("includes", {}).get("def", ()):
            name = each["path"].rpartition("/")[2].rpartition(".")[2]
            version = each.get("version")
            native = name == FHIR_HELPERS and self._load(name, version) is None
            yield each.get("localIdentifier") or each["path"], None if native else self.library(name, version)
