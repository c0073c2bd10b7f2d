"""Which of what is being written carries no code that a value set could judge, and how much was left out of a call.

What a call is about (draft orders, a new problem) is told of where it could not be judged, also where no card comes:
an answer without cards would say that there is nothing to say of it. https://cds-hooks.hl7.org/2.0/#hooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.subject import contained

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publisher.apply.tree import AppliedPlan
    from publisher.repository import Resource


def unjudged(applied: AppliedPlan, drafted: Mapping[str, Sequence[Resource]]) -> Iterator[tuple[str, int]]:
    """Yield the parameters of `drafted` with drafts that no value set could judge, and how many they are."""
    env = applied.evaluation
    if env is None:
        return
    unrecognised = set[int]().union(*env.unrecognised.values())
    medications = env.context.supply("Medication").resources
    for parameter, drafts in drafted.items():
        count = sum(_is_unjudged(each, unrecognised, medications) for each in drafts)
        if count:
            yield parameter, count


def others_in(applied: AppliedPlan) -> int:
    """Return how many resources came that are about other patients, and were left out."""
    return applied.evaluation.context.others if applied.evaluation else 0


def _is_unjudged(draft: Resource, unrecognised: set[int], medications: Sequence[Resource]) -> bool:
    """Return whether one of a draft's concepts was not recognised, or it is a problem without any."""
    concepts = [each for each in _concepts(draft, medications) if each]
    return any(id(each) in unrecognised for each in concepts) or (draft["resourceType"] == "Condition" and not concepts)


def _concepts(draft: Resource, medications: Sequence[Resource]) -> Iterator[Any]:
    """Yield what a draft is of: its own concept, and those of the Medications that it may refer to."""
    yield from (draft.get(name) for name in ("code", "medicationCodeableConcept"))
    name = str(draft.get("medicationReference", {}).get("reference", "")).lstrip("#").rpartition("/")[2]
    if name:
        held = (*contained(draft, "Medication"), *medications)
        yield from (each.get("code") for each in held if each.get("id") == name)
