"""ELM libraries compiled once: their definitions by name, and what data those need.

ELM: https://cql.hl7.org/elm.html. A definition that uses something unsupported has no value and says so; the
others of its library stay usable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import publisher.expression.nodes  # noqa: F401  registers the builders
from publisher.expression.compiler import (
    Expr,
    Function,
    LibraryNames,
    NotSupportedError,
    Overload,
    Scope,
)
from publisher.expression.nodes.retrieve import finds_nothing
from publisher.expression.requirements import Requirement, Walk
from publisher.expression.specifiers import operand_specifier, predicate_of, type_text
from publisher.expression.values import EvaluationError
from publisher.issue import Issue, IssueError
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from publisher.expression.causes import Cause, Tracked
    from publisher.expression.compiler import Frame, Node
    from publisher.expression.evaluation import Evaluation

FHIR_HELPERS = "FHIRHelpers"

T = TypeVar("T")


@record
class Outcome:
    """What a definition came to.

    `value` is plain CQL over what arrived; `causes` are those for which it could still change (`is_open`) or, of a
    firm null, those that explain it; `error` is the run-time error that left it without a value, `code` its kind;
    `evidence` and `trace` are the data and the definitions that it rests on, where they were asked for.
    """

    value: Any
    is_open: bool = False
    causes: tuple[Cause, ...] = ()
    error: str | None = None
    code: str | None = None
    evidence: tuple[Any, ...] = ()
    trace: tuple[Any, ...] = ()


def _failed(error: Exception) -> Outcome:
    """Return the outcome of a definition that ended in an error; an error that is ours to mend is raised again."""
    if isinstance(error, EvaluationError):
        return Outcome(None, error=str(error), code=error.code)
    if isinstance(error, RecursionError):
        return Outcome(None, error="the logic is nested too deeply", code="limit")
    if isinstance(error, AttributeError | LookupError | TypeError | ValueError | ArithmeticError):
        # What arrived is somebody else's JSON; where an object should be there may be anything.
        return Outcome(None, error="the data that it reads do not have the shape of FHIR R4", code="shape")
    raise error


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a definition reads: data, the types of them, parameters, and those of these that have no default.

    `beyond_patient` says that it asks for more than the data of one patient; `retrieved` are the retrieves of one
    whose value depends on what they find and on nothing else.
    """

    requirements: tuple[Requirement, ...]
    types: frozenset[str]
    parameters: tuple[str, ...]
    needed: frozenset[str]
    beyond_patient: bool
    definitions: frozenset[tuple[str, str]]
    retrieved: tuple[Requirement, ...] = ()


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
        self._statements: dict[str, list[Node]] = {}
        for each in _statements(elm):
            self._statements.setdefault(each["name"], []).append(each)
            if _is_function(each):
                self._add_function(each)
            else:
                self.names.definitions[each["name"]] = self._definition(each)
        self._needs: dict[str, _Needs] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._elm

    def definitions(self) -> list[str]:
        """Return the names of the public definitions, in the order of the source."""
        return [
            name
            for name, each in self._elm.items()
            if each.get("accessLevel", "Public") == "Public" and name != "Patient"
        ]

    def evaluate(self, name: str, env: Evaluation, *, tracked: bool | None = None) -> Outcome:
        """Return the outcome of a definition: by plain closures where nothing it reads can be missing.

        `tracked` forces the one or the other.
        """
        definition: Expr = self.names.definitions[name]
        depth = env.depth
        try:
            if tracked is None:
                tracked = env.explains or not self._is_complete(name, env)
                value = None if tracked else definition.plain(env, [])
                if value is not None:
                    return Outcome(value)
            elif not tracked:
                return Outcome(definition.plain(env, []))
            value, mask, members = definition.tracked(env, [])
        except Exception as error:  # noqa: BLE001  whatever it is, it ends this definition and no other
            env.depth = depth
            return _failed(error)
        for membership, item in members or ():
            mask |= membership | item[1]
        causes = env.causes
        return Outcome(value, causes.is_open(mask), causes.of(mask), evidence=causes.evidence_of(mask))

    def reads_as(self, other: Library) -> None:
        """Take what definitions read from another version of this library, in which they read no less."""
        self._needs = other._needs

    def requirements(self, name: str) -> tuple[Requirement, ...]:
        """Return what a definition and all that it refers to retrieve, each once."""
        return self._needs_of(name).requirements

    def _needs_of(self, name: str) -> _Needs:
        needs = self._needs.get(name)
        if needs is None:
            walk = Walk()
            walk.definition(self, name)
            types = frozenset(each.type for each in walk.retrieves)
            needed = frozenset(each for each, has_default in walk.parameters.items() if not has_default)
            retrieved = () if walk.moves or walk.beyond_patient else tuple(map(_same, walk.retrieves))
            parameters, seen = tuple(walk.parameters), frozenset(walk.seen)
            needs = _Needs(walk.requirements(), types, parameters, needed, walk.beyond_patient, seen, retrieved)
            self._needs[name] = needs
        return needs

    def _is_complete(self, name: str, env: Evaluation) -> bool:
        """Return whether nothing that a definition reads can be missing: neither data nor a parameter."""
        needs = self._needs_of(name)
        if needs.beyond_patient:
            return False
        return needs.needed <= env.parameters.keys() and all(map(env.context.is_closed, needs.types))

    def parameters(self, name: str) -> tuple[str, ...]:
        """Return the names of the parameters that a definition reads."""
        return self._needs_of(name).parameters

    def dependencies(self, name: str) -> frozenset[tuple[str, str]]:
        """Return library and name of a definition and of all that it refers to."""
        return self._needs_of(name).definitions

    def statements(self, name: str) -> list[Node]:
        """Return the definition or the functions of a name, as ELM."""
        return self._statements.get(name, [])

    def _definition(self, elm: Node) -> Expr:
        """Return the closures of a definition: compiled at first use, its value kept for the evaluation."""
        name = elm["name"]
        key = (self.id, name)
        expression = self._lazily(lambda: self._compile(elm))

        def computed(env: Evaluation) -> Any:
            body, size = expression()
            env.enter()
            value = body.plain(env, [None] * size)
            env.depth -= 1
            return value

        def plain(env: Evaluation, _frame: Frame) -> Any:
            if key not in env.plain:
                env.plain[key] = self._from_nothing(name, env, computed) if self._idles(name, env) else computed(env)
            return env.plain[key]

        def tracked(env: Evaluation, _frame: Frame) -> Tracked:
            if key not in env.tracked:
                body, size = expression()
                env.enter()
                env.tracked[key] = body.tracked(env, [None] * size)
                env.depth -= 1
            return env.tracked[key]

        return Expr(plain, tracked, fixed=True)

    def _idles(self, name: str, env: Evaluation) -> bool:
        """Return whether a definition rests on retrieves alone, and none of them finds anything."""
        retrieved = self._needs_of(name).retrieved
        return bool(retrieved) and all(finds_nothing(env, each) for each in retrieved)

    def _from_nothing(self, name: str, env: Evaluation, computed: Callable[[Evaluation], Any]) -> Any:
        """Return what such a definition comes to, for every patient alike; kept where that is a truth value or null."""
        kept, key = env.terminology.from_nothing, (self, name, env.offset)
        if key not in kept:
            value = computed(env)
            if value is not None and not isinstance(value, bool):
                return value
            kept[key] = value
        return kept[key]

    def _compile(self, elm: Node) -> tuple[Expr, int]:
        if "expression" not in elm:
            raise NotSupportedError(f"the definition {elm['name']!r} has no expression")
        scope = Scope(self.names, elm.get("context"))
        return scope.compile(elm["expression"]), scope.size

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

        overload = Overload(signature, tests, self._lazily(build))
        self.names.functions.setdefault(elm["name"], []).append(overload)

    @staticmethod
    def _lazily(build: Callable[[], T]) -> Callable[[], T]:
        """Return `build` run once; what it does not support becomes a run-time error of its user."""
        built: list[T] = []

        def get() -> T:
            if not built:
                try:
                    built.append(build())
                except NotSupportedError as error:
                    raise EvaluationError(str(error), "not-supported") from error
                except (AttributeError, LookupError, TypeError, ValueError) as error:
                    raise EvaluationError(f"the ELM is malformed: {error!r}", "elm") from error
            return built[0]

        return get

    def check(self) -> list[Issue]:
        """Return an issue for each definition and function that does not compile."""
        issues = []
        for each in _statements(self.names.elm):
            try:
                if not _is_function(each):
                    self._compile(each)
                else:
                    for overload in self.names.functions[each["name"]]:
                        overload.function()
            except (NotSupportedError, EvaluationError) as error:
                message = f"{self.id}.{each['name']}: {error}."
                issues.append(Issue.error("not-supported", "elm-unsupported", message))
        return issues


@lru_cache(maxsize=4096)
def _same(need: Requirement) -> Requirement:
    """Return one object for equal requirements, so that an evaluation knows them by identity."""
    return need


def _statements(elm: Node) -> list[Node]:
    return list(elm.get("statements", {}).get("def", ()))


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
                raise IssueError(Issue.error("not-found", "library-missing", f"Library {known} is not held here."))
            if key in self._linking:
                raise IssueError(Issue.error("invalid", "library-cycle", f"Library {name} includes itself."))
            self._linking.add(key)
            try:
                self._libraries[key] = Library(elm, dict(self._included(elm)))
            except (AttributeError, LookupError, TypeError, ValueError) as error:
                message = f"The ELM of Library {name} is malformed: {error!r}."
                raise IssueError(Issue.error("invalid", "library-malformed", message)) from error
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
