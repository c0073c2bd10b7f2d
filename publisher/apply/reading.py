"""Which types of data a definition's logic reads, so that the rest of what was sent is not looked at.

A record is mostly about other things; of what no expression retrieves, neither shape nor subject matters.
https://hl7.org/fhir/R4/metadatatypes.html#DataRequirement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.apply.knowledge import actions_of, led_to
from publisher.apply.logic import CQL
from publisher.issue import IssueError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.knowledge import Knowledge
    from publisher.repository import Artifact, Resource

# Whom it is about, and what tells which medicine a prescription is for.
ALWAYS = frozenset({"Patient", "Medication", "MedicationRequest"})


class _AnyTypeError(Exception):
    """An expression that may read anything: FHIRPath, or one that is not found."""


def types_read(knowledge: Knowledge, definition: Artifact) -> frozenset[str] | None:
    """Return the types that applying a definition reads, or None where that may be any."""
    kept = knowledge.reads
    if definition.canonical not in kept:
        try:
            kept[definition.canonical] = ALWAYS.union(_types(knowledge, definition))
        except (_AnyTypeError, IssueError):
            kept[definition.canonical] = None
    return kept[definition.canonical]


def _types(knowledge: Knowledge, definition: Artifact) -> Iterator[str]:
    for held in knowledge.led_from(definition):
        for action in (held.resource, *actions_of(held.resource)):
            if "#" in (led_to(action) or ""):
                raise _AnyTypeError
            for each in (*action.get("condition", ()), *action.get("dynamicValue", ())):
                yield from _of_expression(knowledge, held, each.get("expression", {}))


def _of_expression(knowledge: Knowledge, owner: Artifact, expression: Resource) -> Iterator[str]:
    reference, name = expression.get("reference"), expression.get("expression")
    libraries = [knowledge.library(reference)] if reference else knowledge.libraries_of(owner)
    found = [each for each in libraries if name in each] if isinstance(name, str) else []
    if expression.get("language") not in CQL or len(found) != 1 or name is None:
        raise _AnyTypeError
    yield from (need.type for need in found[0].requirements(name))
