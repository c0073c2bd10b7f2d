"""The rules of a topic: each action of a plan with all the conditions that it needs, and what it proposes.

A plan is entered where no other plan leads to it. An action applies when its own conditions and those of every action
above it hold (https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import actions_of
from publisher.apply.plan import is_tracked
from publisher.extension import EVALUATION_MODE, value_of
from publisher.proof.atoms import named_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.knowledge import Knowledge
    from publisher.proof.atoms import Definition
    from publisher.repository import Artifact, Resource


@dataclass(frozen=True, slots=True)
class Step:
    """One condition on the way to an action; a plain one takes what is not known for no."""

    definition: Definition
    tracked: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an action proposes to do, or not to do, with one code."""

    system: str
    code: str
    do_not_perform: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """An action under the plan that is entered: the ids of the actions above it, its conditions, its proposals.

    `decides` says that it has conditions of its own, beside those of the actions above it.
    """

    plan: str
    action: str
    above: tuple[str, ...]
    steps: tuple[Step, ...]
    decides: bool
    proposals: frozenset[Proposal]

    @property
    def name(self) -> str:
        """Return the id of the plan and of the action."""
        return f"{self.plan}/{self.action}"


def rules_of(knowledge: Knowledge, topic: str) -> list[Rule]:
    """Return the rules of a topic, plan by plan."""
    plans = [plan for plan in knowledge.repository.of_type("PlanDefinition") if plan.topic == topic]
    led = {str(each.canonical) for plan in plans for each in _led(plan, knowledge)}
    entered = [plan for plan in plans if str(plan.canonical) not in led]
    return [
        rule
        for plan in entered
        for action in plan.resource.get("action", ())
        for rule in _rules(action, plan, plan.id, (), (), knowledge)
    ]


def _led(plan: Artifact, knowledge: Knowledge) -> Iterator[Artifact]:
    for action in actions_of(plan.resource):
        nested = knowledge.repository.resolve(action.get("definitionCanonical", ""))
        if nested is not None and nested.type == "PlanDefinition":
            yield nested


def _rules(  # noqa: PLR0913, PLR0917  what is known on the way down a plan
    action: Resource,
    plan: Artifact,
    entered: str,
    above: tuple[str, ...],
    steps: tuple[Step, ...],
    knowledge: Knowledge,
) -> Iterator[Rule]:
    tracked = is_tracked(plan) and value_of(action, EVALUATION_MODE) != "plain"
    own = tuple(Step(each, tracked) for each in named_by(action, plan, knowledge))
    steps = (*steps, *own)
    nested = knowledge.repository.resolve(action.get("definitionCanonical", ""))
    name = str(action.get("id", ""))
    yield Rule(entered, name, above, steps, bool(own), frozenset(_proposals(nested)))
    below = [(each, plan) for each in action.get("action", ())]
    if nested is not None and nested.type == "PlanDefinition":  # a circle of plans does not compile
        below += [(each, nested) for each in nested.resource.get("action", ())]
    for each, owner in below:
        yield from _rules(each, owner, entered, (*above, name), steps, knowledge)


def _proposals(definition: Artifact | None) -> Iterator[Proposal]:
    if definition is None or definition.type != "ActivityDefinition":
        return
    activity = definition.resource
    concepts: list[Any] = [activity.get("productCodeableConcept", {}), activity.get("code", {})]
    for concept in concepts:
        for coding in concept.get("coding", ()):
            yield Proposal(
                str(coding.get("system")), str(coding.get("code")), bool(activity.get("doNotPerform", False))
            )
