"""What a RequestGroup.action takes over from the action of a plan, whoever it is about.

https://hl7.org/fhir/R4/requestgroup.html. Of plans that are published it is worked out once for each language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.fitting import forbidden_within
from publisher.apply.said import Said, kept
from publisher.language import localised
from publisher.r4.written import Written
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Artifact, Resource

ELEMENTS = (
    "prefix", "title", "description", "textEquivalent", "priority", "code", "documentation", "relatedAction",
    "timingDateTime", "timingAge", "timingPeriod", "timingDuration", "timingRange", "timingTiming", "type",
    "groupingBehavior", "selectionBehavior", "requiredBehavior", "precheckBehavior", "cardinalityBehavior",
)  # fmt: skip
KIND = "RequestGroup.action"
# Of an action of a plan, what one of a RequestGroup does not have: which of the goals it is for.
UNHELD = ("goalId",)
NAMES = ("id", *ELEMENTS, *(f"_{name}" for name in ELEMENTS))


@record
class Carried:
    """What is taken over from an action: its id, and what it says besides, as read and as written.

    `lost` is what R4 has no place for, or whose code it does not allow there: the row of omissions that says so, the
    element, and the type or value set. A code further in stays, and is told.
    """

    id: str | None
    said: Resource
    members: Written
    lost: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, action: Resource, lost: tuple[tuple[str, str, str], ...] = ()) -> Carried:
        """Return an action of a RequestGroup without what is `lost`."""
        gone = {"id", *(name for _, name, _ in lost)}
        said = {name: value for name, value in action.items() if name not in gone}
        return cls(action.get("id"), said, Written.of(said), lost)


def carried(plan: Artifact, action: Resource, language: str) -> Carried:
    """Return what is taken over from an action of `plan`, its texts in `language`."""
    return _carried(Said(plan, action, "", language))


@kept
def _carried(said: Said) -> Carried:
    source = said.action
    found: Resource = localised({name: source[name] for name in NAMES if name in source}, said.language)
    conditions = [each for each in source.get("condition", ()) if each.get("kind") != "applicability"]
    if conditions:
        found["condition"] = conditions
    return Carried.of(found, tuple(_lost(source, found)))


def _lost(source: Resource, action: Resource) -> Iterator[tuple[str, str, str]]:
    """Yield each code that R4 does not allow where it stands, with its value set, and what has no place at all."""
    for place, value_set in forbidden_within(action, KIND):
        yield "activity-code" if place in action else "code-within", place, value_set
    yield from (("activity-element", name, KIND) for name in UNHELD if name in source)
