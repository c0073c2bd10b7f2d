"""How far worked patients reach: the values of each condition, and the patients for and against each rule.

A condition is a public definition of a topic's logic that is true or false (https://cql.hl7.org/elm.html). What
counts is what it came to where a plan was decided by it; one that no plan names is evaluated on the data of each case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
                yield from _conditions(own, topic, knowledge.library(str(library.canonical)))
        for plan in knowledge.repository.of_type("PlanDefinition"):
            if plan.topic == topic:
                yield from _rules(own, knowledge, plan)


def _conditions(results: Sequence[Result], topic: str, library: Library) -> Iterator[Reach]:
    judged = [
        (one.case.id, key) for one in results if one.found and one.found.applied for key in _judged(one.found.applied)
    ]
    names = [name for name in library.definitions() if _is_condition(library, name)]
    others = [name for name in names if name not in {key for _, (key, _) in judged}]
    states = [(case, name, state) for case, (name, state) in judged]
    states += [(one.case.id, name, state) for one in results for name, state in _evaluated(one, library, others)]
    for name in names:
        own = [(case, state) for case, key, state in states if key == name]
        cases = {value: tuple(dict.fromkeys(case for case, state in own if state == value)) for value in VALUES}
        yield Reach(topic, "condition", name, cases)


def _is_condition(library: Library, name: str) -> bool:
    return any(each.get("resultTypeName") == BOOLEAN for each in library.statements(name))


def _judged(applied: AppliedPlan) -> dict[tuple[str, str], None]:
    """Return every condition that decided an action, with what it came to."""
    judged = [each for action in applied.walk() for each in action.decision.conditions if not each.error]
    return {(str(each.expression.get("expression")), _state(each)): None for each in judged}


def _state(judged: Any) -> str:
    return "undetermined" if judged.is_open or judged.value is None else str(judged.value).lower()


def _evaluated(result: Result, library: Library, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what definitions come to on the data of a case, those that read parameters which it does not give apart."""
    given = result.found.applied.evaluation if result.found and result.found.applied else None
    if given is None:
        return
    # The time that an evaluation may take runs from its making, so this is one of its own.
    env = Evaluation(given.context, given.terminology, parameters=given.parameters, now=given.now)
    for name in names:
        if set(library.parameters(name)) <= env.parameters.keys():
            outcome = library.evaluate(name, env)
            if not outcome.error:
                yield name, _state(outcome)


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
