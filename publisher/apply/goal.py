"""Goals of a plan become proposed Goals of the patient.

https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3 and https://hl7.org/fhir/R4/goal.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.lacking import lacking
from publisher.apply.omissions import omitted
from publisher.language import localised, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.inputs import Inputs
    from publisher.issue import Issue
    from publisher.repository import Artifact, Resource

SAME = ("priority", "description")
DETAILS = ("detailQuantity", "detailRange", "detailCodeableConcept")


def goals_of(plan: Artifact, inputs: Inputs) -> Iterator[tuple[Resource, list[Issue]]]:
    """Yield a Goal for each goal of a plan, with an issue for each thing that R4 requires and the plan does not say."""
    for index, each in enumerate(plan.resource.get("goal", ())):
        goal = _goal(localised(each, inputs.language), inputs.subject)
        missing = [*lacking(goal, "Goal"), *_unmeasured(goal)]
        rows = {"request-incomplete": missing, "activity-element": _lost(each)}
        told = {"name": plan.canonical, "kind": "Goal"}
        where = f"goal[{index}]"
        issues = [
            omitted(row, where, severity="warning", element=one, **told) for row, those in rows.items() for one in those
        ]
        yield goal, issues


def _unmeasured(goal: Resource) -> Iterator[str]:
    """Yield the measure of each target that has a detail and none (gol-1)."""
    for index, target in enumerate(goal.get("target", ())):
        if "measure" not in target and not target.keys().isdisjoint(DETAILS):
            yield f"target[{index}].measure"


def _lost(goal: Resource) -> Iterator[str]:
    """Yield what a Goal of R4 has no place for: it addresses what is in the record, which no code alone is."""
    for index, each in enumerate(goal.get("addresses", ())):
        if "coding" in each:
            yield f"addresses[{index}].coding"
    if "documentation" in goal:
        yield "documentation"


def _goal(goal: Resource, subject: str) -> Resource:
    found: Resource = {"resourceType": "Goal", "lifecycleStatus": "proposed"}
    if "category" in goal:
        found["category"] = [goal["category"]]
    found |= {name: goal[name] for name in SAME if name in goal}
    found["subject"] = {"reference": subject}
    if "start" in goal:
        found["startCodeableConcept"] = goal["start"]
    # concepts here, references there: R4 lets a reference carry the words alone
    addresses = [{"display": words} for each in goal.get("addresses", ()) if (words := words_of(each))]
    targets = [target for each in goal.get("target", ()) if (target := _target(each))]
    lists = {"target": targets, "addresses": addresses}
    return found | {name: each for name, each in lists.items() if each}


def _target(target: Resource) -> Resource:
    names = {"measure": "measure", **{name: name for name in DETAILS}, "due": "dueDuration"}
    return {to: target[name] for name, to in names.items() if name in target}
