"""What a RequestGroup.action takes over from the action of a plan, whoever it is about.

https://hl7.org/fhir/R4/requestgroup.html. Of plans that are published it is worked out once for each language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.said import Said, kept
from publisher.language import localised
from publisher.r4.written import Written
from publisher.record import record

if TYPE_CHECKING:
    from publisher.repository import Artifact, Resource

ELEMENTS = (
    "prefix", "title", "description", "textEquivalent", "priority", "code", "documentation", "relatedAction",
    "timingDateTime", "timingAge", "timingPeriod", "timingDuration", "timingRange", "timingTiming", "type",
    "groupingBehavior", "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior",
)  # fmt: skip
NAMES = ("id", *ELEMENTS, *(f"_{name}" for name in ELEMENTS))


@record
class Carried:
    """What is taken over from an action: its id, and what it says besides, as read and as written."""

    id: str | None
    said: Resource
    members: Written

    @classmethod
    def of(cls, action: Resource) -> Carried:
        """Return an action of a RequestGroup."""
        said = {name: value for name, value in action.items() if name != "id"}
        return cls(action.get("id"), said, Written.of(said))


def carried(plan: Artifact, action: Resource, language: str) -> Carried:
    """Return what is taken over from an action of `plan`, its texts in `language`."""
    return _carried(Said(plan, action, "", language))


@kept
def _carried(said: Said) -> Carried:
    source = said.action
    found: Resource = localised({name: source[name] for name in NAMES if name in source}, said.language)
    conditions = [each for each in source.get("condition", ()) if each.get("kind") != "applicability"]
    return Carried.of({**found, "condition": conditions} if conditions else found)
