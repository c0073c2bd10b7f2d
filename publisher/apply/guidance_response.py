"""An undetermined action as a GuidanceResponse that says which data it needs.

https://hl7.org/fhir/R4/guidanceresponse.html; status `data-required` comes with `dataRequirement`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher import wording
from publisher.apply.naming import undecided_name
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from publisher.apply.inputs import Inputs
    from publisher.apply.tree import AppliedAction
    from publisher.expression.requirements import Requirement
    from publisher.repository import Artifact, Resource


def guidance_response(applied: AppliedAction, plan: Artifact, inputs: Inputs) -> Resource:
    """Return the GuidanceResponse of an action of `plan` that could not be decided."""
    title = undecided_name(applied, inputs.language)
    found: Resource = {
        "resourceType": "GuidanceResponse",
        "moduleCanonical": str(plan.canonical),
        "status": "data-required",
        "subject": {"reference": inputs.subject},
    }
    encounter = inputs.reference("encounter")
    if encounter:
        found["encounter"] = encounter
    found["note"] = [{"text": wording.undecided(title, applied.decision.causes, inputs.language)}]
    requirements = data_requirements(applied)
    return {**found, "dataRequirement": requirements} if requirements else found


def data_requirements(applied: AppliedAction) -> list[Resource]:
    """Return what is missing as DataRequirements: of what the conditions read, the types that are open."""
    missing = dict.fromkeys(cause.about.partition(".")[0] for cause in applied.decision.causes)
    needs = [need for each in applied.decision.conditions if each.value is not False for need in each.needs]
    found: list[Resource] = []
    for kind in missing:
        if definitions.is_resource(kind):
            of_kind = [_requirement(need) for need in needs if need.type == kind]
            found.extend(each for each in of_kind or [{"type": kind}] if each not in found)
    return found


def _requirement(need: Requirement) -> Resource:
    requirement: Resource = {"type": need.type}
    if need.elements:
        requirement["mustSupport"] = list(need.elements)
    if need.value_set and need.code_path:
        requirement["codeFilter"] = [{"path": need.code_path, "valueSet": need.value_set}]
    if need.date_path:
        requirement["dateFilter"] = [{"path": need.date_path}]
    return requirement


def missing_words(applied: AppliedAction, language: str) -> Iterable[str]:
    """Return what is missing in words, each once."""
    return dict.fromkeys(wording.describe(cause, language) for cause in applied.decision.causes)
