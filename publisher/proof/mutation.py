"""Mutation score: of the small wrong versions of a topic's logic and plans, how many the worked patients notice.

Its logic is all that its plans come to, in libraries of other topics too, but for those that another topic proves.
A mutant is killed when one patient does not get what its file expects. Only patients whose answer came by way of the
changed place are asked, and of these only whom the change decides otherwise; in the default language, and no more once
one has noticed. A mutant that nobody can notice is
excused in proof.yaml with a reason, and then does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import Knowledge, actions_of, names_of
from publisher.cases.comparison import differences
from publisher.cases.finding import Runner
from publisher.elm import elm_of
from publisher.expression.requirements import Walk
from publisher.issue import IssueError
from publisher.proof.atoms import BOOLEAN
from publisher.proof.elm_mutants import elm_mutants
from publisher.proof.patient import Patient
from publisher.proof.plan_mutants import NEGATION, Names, plan_mutants
from publisher.repository import Artifact, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.apply.tree import AppliedPlan
    from publisher.cases.request import Prepared
    from publisher.cases.suite import Result
    from publisher.proof.declared import Declared
    from publisher.proof.elm_mutants import ElmMutant
    from publisher.proof.plan_mutants import PlanMutant
    from publisher.repository import Canonical, Resource

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant that was put to the patients: what it changes, where, and the one that noticed, if any did."""

    id: str
    what: str
    place: str
    killed_by: str | None
    asked: int


Trial = Callable[[], Tried]
Watched = Callable[[Sequence[Trial]], Iterable[Trial]]


@dataclass(frozen=True, slots=True)
class Score:
    """What came of all mutants of a topic."""

    topic: str
    tried: tuple[Tried, ...]
    excused: Mapping[str, str]
    proved_elsewhere: Mapping[str, str]

    def parts(self) -> dict[str, tuple[int, int]]:
        """Return by library, and for the plans, how many mutants were noticed and how many count."""
        found: dict[str, tuple[int, int]] = {}
        for one in self.tried:
            if one.killed_by or one.id not in self.excused:
                part = one.id.split("/")[1] if one.id.startswith("cql/") else "plans"
                noticed, counted = found.get(part, (0, 0))
                found[part] = noticed + bool(one.killed_by), counted + 1
        return found

    @property
    def survivors(self) -> list[Tried]:
        """Return the mutants that no patient noticed and nothing excuses."""
        return [one for one in self.tried if one.killed_by is None and one.id not in self.excused]

    @property
    def counted(self) -> int:
        """Return how many mutants count: those that are not excused."""
        return len(self.tried) - len([one for one in self.tried if one.killed_by is None and one.id in self.excused])

    @property
    def percent(self) -> float:
        """Return the share of mutants that were noticed, in percent."""
        return 100.0 * (self.counted - len(self.survivors)) / self.counted if self.counted else 100.0


class Mutation:
    """The mutants of one topic, and what its worked patients say of each."""

    def __init__(
        self,
        topic: str,
        results: Sequence[Result],
        knowledge: Knowledge,
        language: str,
        *,
        provers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take the topic's results, which must all be as expected, what they were found with, and who proves whom."""
        self.topic = topic
        self._provers = provers
        self._knowledge = knowledge
        self._language = language
        own = [one for one in results if one.case.topic == topic and _tree(one)]
        below: dict[Key, frozenset[Key]] = {}
        self._patients = [Patient.of(one, knowledge, below) for one in own]
        libraries = knowledge.repository.of_type("Library")
        found = {one.canonical: elm_of(one.resource) for one in libraries}
        self._elms = {canonical: elm for canonical, elm in found.items() if elm is not None}

    def score(self, declared: Declared, *, every: int = 1, watched: Watched = iter) -> Score:
        """Return what came of the mutants, of all or of each `every`-th one; `watched` is told of each trial."""
        excused = {one.id: one.reason for one in declared.excuses if one.id.startswith(("cql/", "plan/"))}
        tried = [trial() for trial in watched([*self._trials()][::every])]
        return Score(self.topic, tuple(tried), excused, self._proved_elsewhere())

    def _proved_elsewhere(self) -> dict[str, str]:
        """Return the libraries that the plans come to and another topic proves, with that one."""
        reached = {library for library, _ in self._named()}
        held = (one for one in self._knowledge.repository.of_type("Library") if one.topic != self.topic)
        others = {one.id: self._provers[one.topic] for one in held if one.topic in self._provers and one.id in reached}
        return {library: prover for library, prover in others.items() if prover != self.topic}

    def _trials(self) -> Iterator[Trial]:
        """Yield what tries each mutant."""
        for canonical, mutant in self._elm_mutants():
            yield partial(self._elm_tried, canonical, mutant)
        for plan, changed in self._plan_mutants():
            yield partial(self._plan_tried, plan, changed)

    def _elm_mutants(self) -> Iterator[tuple[Canonical, ElmMutant]]:
        elsewhere = self._proved_elsewhere()
        owners = [key for key in self._named() if key[0] not in elsewhere]
        for canonical, elm in self._elms.items():
            own = [name for owner, name in owners if owner == elm.get("identifier", {}).get("id")]
            yield from ((canonical, mutant) for mutant in elm_mutants(elm, own))

    def _plan_mutants(self) -> Iterator[tuple[Artifact, PlanMutant]]:
        held = [one for one in self._knowledge.repository if one.topic == self.topic]
        definitions: dict[str, list[str]] = {}
        for one in held:
            definitions.setdefault(one.type, []).append(str(one.canonical))
        plans = [one for one in held if one.type == "PlanDefinition"]
        for plan in plans:
            conditions = dict.fromkeys(_conditions(plans, str(plan.resource.get("library", [""])[0])))
            names = Names(tuple(conditions), definitions)
            yield from ((plan, mutant) for mutant in plan_mutants(plan.resource, names))

    def _elm_tried(self, canonical: Canonical, mutant: ElmMutant) -> Tried:
        touched = [one for one in self._patients if any(mutant.owner in below for below in one.named.values())]
        knowledge = Knowledge(self._knowledge.repository, elms={**self._elms, canonical: mutant.elm})
        knowledge.terminology, knowledge.required = self._knowledge.terminology, self._knowledge.required
        for one in self._elms:
            knowledge.library(str(one)).reads_as(self._knowledge.library(str(one)))
        differing = (one for one in touched if one.is_decided_otherwise(knowledge, self._knowledge, mutant.owner))
        return Tried(mutant.id, mutant.what, mutant.place, self._killer(knowledge, differing), len(touched))

    def _plan_tried(self, plan: Artifact, mutant: PlanMutant) -> Tried:
        touched = [one for one in self._patients if plan.id in one.plans]
        changed = Artifact(mutant.plan, {}, plan.topic)
        held = [changed if one.canonical == plan.canonical else one for one in self._knowledge.repository]
        repository = Repository(held, drafts=True)
        if mutant.negated is None:
            knowledge = self._knowledge.over(repository)
        else:
            knowledge = Knowledge(repository, elms=_with_negation(self._elms, mutant.negated))
            knowledge.terminology = self._knowledge.terminology
        differing = (one for one in touched if one.is_applied_otherwise(knowledge))
        return Tried(mutant.id, mutant.what, mutant.place, self._killer(knowledge, differing), len(touched))

    def _killer(self, knowledge: Knowledge, patients: Iterable[Patient]) -> str | None:
        """Return the first patient who does not get what is expected."""
        runner = Runner(knowledge, (self._language,))
        return next((one.prepared.case.id for one in patients if _differs(runner, one.prepared)), None)

    def _named(self) -> dict[Key, None]:
        """Return the definitions and functions that the plans of the topic come to."""
        walk = Walk()
        for plan in self._knowledge.repository.of_type("PlanDefinition"):
            if plan.topic == self.topic:
                libraries = self._knowledge.libraries_of(plan)
                for name in (name for action in actions_of(plan.resource) for name in names_of(action)):
                    for library in libraries:
                        if name in library:
                            walk.definition(library, name)
        return dict.fromkeys(sorted(walk.seen))


def _differs(runner: Runner, prepared: Prepared) -> bool:
    try:
        found = runner.run(prepared)
    except IssueError:
        return True
    return next(iter(differences(found)), None) is not None


def _tree(result: Result) -> AppliedPlan | None:
    return result.found.applied if result.found else None


def _conditions(plans: Sequence[Artifact], library: str) -> Iterator[str]:
    for plan in plans:
        if library in plan.resource.get("library", ()):
            for action in actions_of(plan.resource):
                yield from (str(each.get("expression", {}).get("expression")) for each in action.get("condition", ()))


def _with_negation(elms: Mapping[Canonical, Resource], name: str) -> dict[Canonical, Resource]:
    """Return the libraries with one more definition in that which defines `name`: its negation."""
    found: dict[Canonical, Any] = dict(elms)
    for canonical, elm in elms.items():
        statements = elm.get("statements", {}).get("def", [])
        if any(each["name"] == name for each in statements):
            reference = {"type": "ExpressionRef", "name": name, "resultTypeName": BOOLEAN}
            negation = {
                "name": f"{NEGATION}{name}",
                "context": "Patient",
                "accessLevel": "Public",
                "resultTypeName": BOOLEAN,
                "expression": {"type": "Not", "operand": reference, "resultTypeName": BOOLEAN},
            }
            found[canonical] = {**elm, "statements": {**elm["statements"], "def": [*statements, negation]}}
    return found
