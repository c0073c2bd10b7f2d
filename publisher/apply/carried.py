"""What a RequestGroup.action takes over from the action of a plan, whoever it is about.

https://hl7.org/fhir/R4/requestgroup.html. Of plans that are published it is worked out once for each language.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from publisher.apply.fitting import forbidding
from publisher.apply.said import Said, kept
from publisher.language import localised
from publisher.r4 import definitions
from publisher.r4.written import Written
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.repository import Artifact, Resource

ELEMENTS = (
    "prefix", "title", "description", "textEquivalent", "priority", "code", "documentation", "relatedAction",
    "timingDateTime", "timingAge", "timingPeriod", "timingDuration", "timingRange", "timingTiming", "type",
    "groupingBehavior", "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior",
)  # fmt: skip
NAMES = ("id", *ELEMENTS, *(f"_{name}" for name in ELEMENTS))


@record
class Carried:
    """What is taken over from an action: its id, and what it says besides, as read and as written.

    `lost` are the elements whose codes R4 does not allow there, each with the value set.
    """

    id: str | None
    said: Resource
    members: Written
    lost: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, action: Resource, lost: Mapping[str, str] = MappingProxyType({})) -> Carried:
        """Return an action of a RequestGroup without what is `lost`."""
        said = {name: value for name, value in action.items() if name != "id" and name not in lost}
        return cls(action.get("id"), said, Written.of(said), tuple(lost.items()))


def carried(plan: Artifact, action: Resource, language: str) -> Carried:
    """Return what is taken over from an action of `plan`, its texts in `language`."""
    return _carried(Said(plan, action, "", language))


@kept
def _carried(said: Said) -> Carried:
    source = said.action
    found: Resource = localised({name: source[name] for name in NAMES if name in source}, said.language)
    conditions = [each for each in source.get("condition", ()) if each.get("kind") != "applicability"]
    return Carried.of({**found, "condition": conditions} if conditions else found, _not_allowed(found))


def _not_allowed(action: Resource) -> dict[str, str]:
    """Return the value set of each code that R4 does not allow where it stands in an action."""
    children = definitions.children("RequestGroup.action")
    codes = {name: value for name, value in action.items() if name in children and isinstance(value, str)}
    found = {name: forbidding([value], children[name]) for name, value in codes.items()}
    return {name: value_set for name, value_set in found.items() if value_set}
