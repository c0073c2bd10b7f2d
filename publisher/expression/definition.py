"""One definition of an ELM library: its closures, what it reads, and what it comes to for a patient.

ELM: https://cql.hl7.org/elm.html. A definition that uses something unsupported has no value and says so; the others
of its library stay usable.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from publisher.expression.compiler import Expr, NotSupportedError, Scope
from publisher.expression.nodes.retrieve import finds_nothing
from publisher.expression.requirements import Requirement, Walk
from publisher.expression.values import EvaluationError
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Cause, Tracked
    from publisher.expression.compiler import Frame, Node
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.library import Library
    from publisher.expression.terminology import Terminology

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


@record
class Settled:
    """What a definition comes to where none of its retrieves finds anything and some types may be missing.

    `met` are these types in the order in which their causes come up, `open` those that the value is open for.
    """

    value: bool | None
    met: tuple[str, ...] = ()
    open: frozenset[str] = frozenset()


TRUE, FALSE = Outcome(value=True), Outcome(value=False)
"""The outcomes of most definitions: firm, and decided by data that are all there."""
NONE: frozenset[str] = frozenset()
MOST_SETTLED = 128  # sets of missing types that are kept of one definition: callers choose what they leave out


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
class Needs:
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

    @classmethod
    def of(cls, library: Library, name: str) -> Needs:
        """Return what a definition and all that it refers to read."""
        walk = Walk()
        walk.definition(library, name)
        types = _same(frozenset(each.type for each in walk.retrieves))
        needed = frozenset(each for each, has_default in walk.parameters.items() if not has_default)
        retrieved = () if walk.moves or walk.beyond_patient else tuple(map(_same, walk.retrieves))
        parameters, seen = tuple(walk.parameters), frozenset(walk.seen)
        return cls(walk.requirements(), types, parameters, needed, walk.beyond_patient, seen, retrieved)


class Definition:
    """A definition: compiled at first use, its value kept for the evaluation."""

    __slots__ = ("_body", "_from_nothing", "_reads", "expression", "key", "library", "name")

    def __init__(self, library: Library, elm: Node) -> None:
        """Take the ELM of the definition; nothing is compiled yet."""
        self.library = library
        self.name: str = elm["name"]
        self.expression = Expr(self._plain, self._tracked, fixed=True)
        self.key = (library.id, self.name)
        self._reads: Needs | None = None
        self._body = lazily(lambda: self.compiled(elm))
        # the value sets that it was evaluated with, and what it comes to where it finds nothing, by offset and by the
        # types that may be missing; None where that is no truth value
        self._from_nothing: tuple[Terminology | None, dict[tuple[int, frozenset[str]], Settled | None]] = (None, {})

    @property
    def needs(self) -> Needs:
        """Return what it and all that it refers to read."""
        if self._reads is None:
            self._reads = self.library.needs(self.name)
        return self._reads

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return what it and all that it refers to retrieve, each once."""
        return self.needs.requirements

    def compiled(self, elm: Node) -> tuple[Expr, int]:
        """Return the closures of the expression and the size of its frame, or raise NotSupportedError."""
        if "expression" not in elm:
            raise NotSupportedError(f"the definition {self.name!r} has no expression")
        scope = Scope(self.library.names, elm.get("context"))
        return scope.compile(elm["expression"]), scope.size

    def evaluate(self, env: Evaluation, *, tracked: bool | None = None) -> Outcome:
        """Return the outcome: by plain closures where nothing that it reads can be missing.

        `tracked` forces the one or the other.
        """
        depth = env.depth
        try:
            if tracked is None and not env.explains:
                value = self._certain(env)
                if value is not None:
                    return TRUE if value is True else FALSE if value is False else Outcome(value)
            elif tracked is False:
                return Outcome(self._plain(env, []))
            value, mask, members = self._tracked(env, [])
        except Exception as error:  # noqa: BLE001  whatever it is, it ends this definition and no other
            env.depth = depth
            return _failed(error)
        for membership, item in members if isinstance(members, list) else ():
            mask |= membership | item[1]
        causes = env.causes
        return Outcome(value, causes.is_open(mask), causes.of(mask), evidence=causes.evidence_of(mask))

    def _certain(self, env: Evaluation) -> Any:
        """Return its value by plain CQL where nothing that it reads can be missing, neither data nor a parameter."""
        needs = self._reads or self.needs
        if env.open_types(needs.types) or needs.beyond_patient or not needs.needed <= env.parameters.keys():
            return None
        return self._plain(env, [])

    def _plain(self, env: Evaluation, _frame: Frame) -> Any:
        kept, key = env.plain, self.key
        if key not in kept:
            settled = self._settled(env, NONE) if self._finds_nothing(env) else None
            kept[key] = settled.value if settled else self._computed(env)
        return kept[key]

    def _computed(self, env: Evaluation) -> Any:
        body, size = self._body()
        env.enter()
        value = body.plain(env, [None] * size)
        env.depth -= 1
        return value

    def _tracked(self, env: Evaluation, _frame: Frame) -> Tracked:
        kept, key = env.tracked, self.key
        if key not in kept:
            kept[key] = self._known(env) or self._followed(env)
        return kept[key]

    def _followed(self, env: Evaluation) -> Tracked:
        body, size = self._body()
        env.enter()
        value = body.tracked(env, [None] * size)
        env.depth -= 1
        return value

    def _known(self, env: Evaluation) -> Tracked | None:
        """Return what it comes to where it finds nothing, with the causes for which that is open."""
        if env.traces or not self._finds_nothing(env):
            return None
        settled = self._settled(env, env.open_types(self.needs.types))
        if settled is None:
            return None
        mask = 0
        for kind in settled.met:
            bit = env.missing(kind)
            mask |= bit if kind in settled.open else 0
        return settled.value, mask, None

    def _finds_nothing(self, env: Evaluation) -> bool:
        """Return whether it rests on retrieves alone, and none of them finds anything."""
        retrieved, idle = (self._reads or self.needs).retrieved, env.idle
        for each in retrieved:
            known = idle.get(id(each))
            if known is False or (known is None and not finds_nothing(env, each)):
                return False
        return bool(retrieved)

    def _settled(self, env: Evaluation, missing: frozenset[str]) -> Settled | None:
        """Return what it then comes to, for every patient alike; None where that is neither a truth value nor null."""
        terminology, kept = self._from_nothing
        if terminology is not env.terminology:
            kept = {}
            self._from_nothing = (env.terminology, kept)
        key = (env.offset, missing)
        if key in kept:
            return kept[key]
        settled = self._of_nothing(env, missing)
        if len(kept) < MOST_SETTLED:
            kept[key] = settled
        return settled

    def _of_nothing(self, env: Evaluation, missing: frozenset[str]) -> Settled | None:
        """Work out by itself what it comes to, so that only its own causes are met, in their order."""
        if not missing:
            value = env.alone(self._computed)[0]
            return Settled(value) if value is None or isinstance(value, bool) else None
        (value, mask, _), causes = env.alone(self._followed)
        kinds = {env.context.supply(kind).cause: kind for kind in missing}
        if (value is not None and not isinstance(value, bool)) or not kinds.keys() >= set(causes.causes):
            return None
        met = tuple(kinds[each] for each in causes.causes)
        return Settled(value, met, frozenset(kinds[each] for each in causes.of(mask)))


def lazily(build: Callable[[], T]) -> Callable[[], T]:
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


@lru_cache(maxsize=4096)
def _same(value: T) -> T:
    """Return one object for equal ones (requirements, sets of types), which an evaluation then knows by identity."""
    return value
