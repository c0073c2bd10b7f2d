"""A CDS Hooks request: what each hook requires of it, and the draft orders or new problems that it is about.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service, and the contexts of https://cds-hooks.org/hooks. A draft that
cannot be used is refused by name: an answer without cards would read as "nothing to say about it".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.intake import FHIR_ID, take
from publisher.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Resource

UUID = re.compile(r"(urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Members of the context that each hook requires, with their JSON types.
CONTEXTS: Mapping[str, Mapping[str, type]] = {
    "patient-view": {"userId": str, "patientId": str},
    "order-select": {"userId": str, "patientId": str, "selections": list, "draftOrders": dict},
    "order-sign": {"userId": str, "patientId": str, "draftOrders": dict},
    "problem-list-item-create": {"userId": str, "patientId": str, "conditions": dict},
}
# By hook: the member of the context that holds what is being written, the type that logic reads of it, and the
# parameter that carries it.
DRAFTED: Mapping[str, tuple[str, str, str]] = {
    "order-select": ("draftOrders", "MedicationRequest", "ContextPrescriptions"),
    "order-sign": ("draftOrders", "MedicationRequest", "ContextPrescriptions"),
    "problem-list-item-create": ("conditions", "Condition", "ContextConditions"),
}
PARAMETERS: Mapping[str, str] = {kind: parameter for _, kind, parameter in DRAFTED.values()}
_JSON_NAMES: Mapping[type, str] = {str: "text", list: "an array", dict: "an object"}


def problems_of(request: Resource, hook: str, service: str) -> Iterator[Issue]:
    """Yield what is wrong with a request, by its members."""
    if request.get("hook") != hook:
        text = f"The service {service} answers the hook {hook}; hook must say so."
        yield Issue.error("value", "hook-mismatch", text, expression="hook")
    instance = request.get("hookInstance")
    if not isinstance(instance, str) or not UUID.fullmatch(instance):
        yield Issue.error("value", "hook-instance", "hookInstance must be a UUID.", expression="hookInstance")
    if not isinstance(request.get("prefetch", {}), dict):
        text = "prefetch must be an object of keys and their answers."
        yield Issue.error("structure", "prefetch-shape", text, expression="prefetch")
    context = request.get("context")
    if not isinstance(context, dict):
        yield Issue.error("required", "context-missing", "context must be an object.", expression="context")
        return
    for name, kind in CONTEXTS[hook].items():
        if not isinstance(context.get(name), kind):
            text = f"context.{name} must be {_JSON_NAMES[kind]} for the hook {hook}."
            yield Issue.error("required", "context-member", text, expression=f"context.{name}")
    if isinstance(context.get("patientId"), str) and not FHIR_ID.fullmatch(patient_of(request)):
        text = "context.patientId must be the id of a Patient."
        yield Issue.error("value", "patient-id", text, expression="context.patientId")
    elif hook in DRAFTED and _fits(context, {"patientId": str, DRAFTED[hook][0]: dict}):
        yield from _draft_problems(request, *DRAFTED[hook][:2])


def _fits(context: Resource, members: Mapping[str, type]) -> bool:
    return all(isinstance(context.get(name), kind) for name, kind in members.items())


def _draft_problems(request: Resource, member: str, kind: str) -> Iterator[Issue]:
    """Yield what is wrong with what is being written, and with selections that name none of it."""
    bundle, place = request["context"][member], f"context.{member}"
    entries = bundle.get("entry", [])
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        yield Issue.error("structure", "draft-orders", f"{place} must be a Bundle.", expression=place)
        return
    names = set()
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        where = f"{place}.entry[{index}]"
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            text = f"{where} must hold a resource."
            yield Issue.error("structure", "draft-orders", text, expression=where)
            continue
        names.add(f"{resource['resourceType']}/{resource.get('id')}")
        if resource["resourceType"] == kind:
            yield from _draft_problem(resource, request, f"{where}.resource")
    selections = request["context"].get("selections")
    for index, selection in enumerate(selections if isinstance(selections, list) else ()):
        if not isinstance(selection, str) or selection not in names:
            where = f"context.selections[{index}]"
            text = f"{where} must name one of the draft orders, as in MedicationRequest/1."
            yield Issue.error("value", "selection-unknown", text, expression=where)


def _draft_problem(resource: Resource, request: Resource, where: str) -> Iterator[Issue]:
    kind = resource["resourceType"]
    taken = take([_with_subject(resource, request)], patient_of(request), server=server_of(request))
    doubt = taken.doubts.get(kind)
    if doubt in ("malformed", "other-release"):
        text = f"{where} must have the shape of a {kind} of FHIR R4."
        yield Issue.error("structure", "draft-shape", text, expression=where)
    elif not taken.resources:
        text = f"{where} must be about the patient of context.patientId."
        yield Issue.error("value", "draft-subject", text, expression=f"{where}.subject")


def patient_of(request: Resource) -> str:
    """Return the patient's id; the form `Patient/1` is tolerated."""
    return str(request["context"]["patientId"]).removeprefix("Patient/")


def server_of(request: Resource) -> str | None:
    """Return the address of the record system, which tells references to other systems apart; it is never called."""
    server = request.get("fhirServer")
    return server if isinstance(server, str) and server else None


def drafts_of(request: Resource, hook: str, patient_id: str, server: str | None) -> tuple[Resource, ...]:
    """Return what is being written and what came with it; one that names no subject is the patient's."""
    if hook not in DRAFTED:
        return ()
    bundle = request["context"][DRAFTED[hook][0]]
    entries = [{**entry, "resource": _with_subject(entry["resource"], request)} for entry in bundle.get("entry", ())]
    return take([{**bundle, "entry": entries}], patient_id, server=server).resources


def parameters_of(request: Resource, hook: str, drafted: tuple[Resource, ...]) -> dict[str, list[Resource]]:
    """Return what is being written as logic reads it: of order-select what is being selected, else all."""
    if hook not in DRAFTED:
        return {}
    _, kind, parameter = DRAFTED[hook]
    selections = request["context"]["selections"] if hook == "order-select" else None
    drafts = [each for each in drafted if each["resourceType"] == kind]
    chosen = [each for each in drafts if selections is None or f"{kind}/{each.get('id')}" in selections]
    return {parameter: chosen}


def _with_subject(resource: Resource, request: Resource) -> Resource:
    subject: Any = resource.get("subject")
    if resource["resourceType"] == "Medication" or (isinstance(subject, dict) and "reference" in subject):
        return resource
    return {**resource, "subject": {"reference": f"Patient/{patient_of(request)}"}}
