"""Goals of a plan become proposed Goals of the patient.

https://hl7.org/fhir/R4/plandefinition.html#12.18.3.3 and https://hl7.org/fhir/R4/goal.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.language import localised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.inputs import Inputs
    from publisher.repository import Resource

SAME = ("priority", "description")
DETAILS = ("detailQuantity", "detailRange", "detailCodeableConcept")


def goals_of(plan: Resource, inputs: Inputs) -> Iterator[Resource]:
    """Yield a Goal for each goal of a plan."""
    for goal in plan.get("goal", ()):
        yield _goal(localised(goal, inputs.language), inputs.subject)


def _goal(goal: Resource, subject: str) -> Resource:
    found: Resource = {"resourceType": "Goal", "lifecycleStatus": "proposed"}
    if "category" in goal:
        found["category"] = [goal["category"]]
    found |= {name: goal[name] for name in SAME if name in goal}
    found["subject"] = {"reference": subject}
    if "start" in goal:
        found["startCodeableConcept"] = goal["start"]
    if "target" in goal:
        found["target"] = [_target(each) for each in goal["target"]]
    if "addresses" in goal:  # concepts here, references there: R4 lets a reference carry the words alone
        found["addresses"] = [{"display": words} for each in goal["addresses"] if (words := _words(each))]
    return found


def _target(target: Resource) -> Resource:
    names = {"measure": "measure", **{name: name for name in DETAILS}, "due": "dueDuration"}
    return {to: target[name] for name, to in names.items() if name in target}


def _words(concept: Resource) -> Any:
    return concept.get("text") or next((each.get("display") for each in concept.get("coding", ())), None)
