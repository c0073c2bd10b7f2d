"""What keeps an action or a definition from being applied at all, since going on would be guessing what it means.

A modifier extension that is not understood may turn the meaning into its opposite
(https://hl7.org/fhir/R4/extensibility.html#modifierExtension), one of another subject is not about the patient
(https://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.subject_x_), and a condition without a kind that
R4 knows may be one of applicability (https://hl7.org/fhir/R4/valueset-action-condition-kind.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.omissions import omitted
from publisher.extension import IS_UNENROLLMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.issue import Issue
    from publisher.repository import Resource

KINDS = frozenset({"applicability", "start", "stop"})
# Modifiers that are carried over to what is made of the definition.
CARRIED = frozenset({IS_UNENROLLMENT})
TYPES = "http://hl7.org/fhir/resource-types"


def barred(element: Resource, where: str, name: Any) -> Issue | None:
    """Return why an action or definition at `where`, called `name`, cannot be applied, or None."""
    return next(_barriers(element, where, name), None)


def _barriers(element: Resource, where: str, name: Any) -> Iterator[Issue]:
    conditions = element.get("condition", ())
    for each in (element, *conditions):
        for extension in each.get("modifierExtension", ()):
            if extension.get("url") not in CARRIED:
                yield omitted("modifier-unknown", where, name=name, url=extension.get("url"))
    for index, each in enumerate(conditions):
        if each.get("kind") not in KINDS:
            yield omitted("condition-kind", f"{where}.condition[{index}]", name=name, known=sorted(KINDS))
    codings = element.get("subjectCodeableConcept", {}).get("coding", ())
    types = [each.get("code") for each in codings if each.get("system") == TYPES]
    if types and "Patient" not in types:
        yield omitted("subject-other", where, name=name, kind=types[0])
