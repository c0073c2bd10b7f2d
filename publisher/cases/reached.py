"""How far worked patients reach: the values of each condition, and the patients for and against each rule.

A condition is a public definition of a topic's logic that is true or false (https://cql.hl7.org/elm.html). What
counts is what it came to where a plan was decided by it; one that no plan names is evaluated on the data of each case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.apply.data import context_of
from publisher.elm import elm_of
from publisher.expression.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedPlan
    from publisher.cases.suite import Result
    from publisher.expression.library import Library
    from publisher.repository import Artifact

BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean"
VALUES = ("true", "false", "undetermined")
SIDES = ("for", "against")


@dataclass(frozen=True, slots=True)
class Reach:
    """What the cases reach of one condition or rule: the cases by value, and the values that none reaches."""

    topic: str
    kind: str
    name: str
    cases: dict[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the values that no case reaches."""
        return tuple(value for value, cases in self.cases.items() if not cases)


def reached(results: Sequence[Result], knowledge: Knowledge, topics: Iterable[str]) -> Iterator[Reach]:
    """Yield the reach of every condition, then of every rule, of each of `topics`."""
    for topic in topics:
        own = [one for one in results if one.case.topic == topic]
        for library in knowledge.repository.of_type("Library"):
            if library.topic == topic and elm_of(library.resource):
                yield from _conditions(own, knowledge, topic, knowledge.library(str(library.canonical)))
        for plan in knowledge.repository.of_type("PlanDefinition"):
            if plan.topic == topic:
                yield from _rules(own, knowledge, plan)


def _conditions(results: Sequence[Result], knowledge: Knowledge, topic: str, library: Library) -> Iterator[Reach]:
    judged = [(one.case.id, dict(_judged(one.found.applied))) for one in results if one.found and one.found.applied]
    for name in filter(lambda name: _is_condition(library, name), library.definitions()):
        states = [(case, state) for case, values in judged for key, state in values if key == name]
        if not states:
            states = [(one.case.id, state) for one in results if (state := _evaluated(one, knowledge, library, name))]
        cases = {value: tuple(dict.fromkeys(case for case, state in states if state == value)) for value in VALUES}
        yield Reach(topic, "condition", name, cases)


def _is_condition(library: Library, name: str) -> bool:
    return any(each.get("resultTypeName") == BOOLEAN for each in library.statements(name))


def _judged(applied: AppliedPlan) -> dict[tuple[str, str], None]:
    """Return every condition that decided an action, with what it came to."""
    judged = [each for action in applied.walk() for each in action.decision.conditions if not each.error]
    return {(str(each.expression.get("expression")), _state(each)): None for each in judged}


def _state(judged: Any) -> str:
    return "undetermined" if judged.is_open or judged.value is None else str(judged.value).lower()


def _evaluated(result: Result, knowledge: Knowledge, library: Library, name: str) -> str | None:
    """Return what a definition comes to on the data of a case that gives the parameters it reads."""
    parameters = result.prepared.drafted()
    if not set(library.parameters(name)) <= parameters.keys():
        return None
    values = result.prepared.parameters()
    context = context_of(values, result.case.patient_id, lambda: library.requirements(name))
    outcome = library.evaluate(
        name, Evaluation(context, knowledge.terminology, parameters=parameters, now=result.case.now)
    )
    return None if outcome.error else _state(outcome)


def _rules(results: Sequence[Result], knowledge: Knowledge, plan: Artifact) -> Iterator[Reach]:
    """Yield the reach of the rules under a hook-level plan: one that applies is for, an answer without it against."""
    for action in plan.resource.get("action", ()):
        hooks = {str(each.get("name")) for each in action.get("trigger", ()) if each.get("type") == "named-event"}
        asked = [one for one in results if one.case.hook in hooks and one.found and one.found.answer.status == 200]  # noqa: PLR2004  HTTP
        for name in _rule_names(action, knowledge) if hooks else ():
            yield Reach(plan.topic, "rule", name, _sides(name, asked))


def _rule_names(scope: dict[str, Any], knowledge: Knowledge) -> Iterator[str]:
    for action in scope.get("action", ()):
        nested = knowledge.repository.resolve(action.get("definitionCanonical", ""))
        is_plan = nested is not None and nested.type == "PlanDefinition"
        rules = nested.resource.get("action", ()) if nested and is_plan else [action]
        yield from (str(each["id"]) for each in rules)


def _sides(name: str, results: Sequence[Result]) -> dict[str, tuple[str, ...]]:
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    for one in results:
        walked = one.found.applied.walk() if one.found and one.found.applied else ()
        states = {each.decision.state for each in walked if each.id == name}
        if "applied" in states:
            sides["for"].append(one.case.id)
        elif "undetermined" not in states:
            sides["against"].append(one.case.id)
    return {side: tuple(cases) for side, cases in sides.items()}
