"""A CDS Hooks request: what each hook requires of it, and the draft orders or new problems that it is about.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service, and the contexts of https://cds-hooks.org/hooks. A draft that
cannot be used is refused by name: an answer without cards would read as "nothing to say about it".
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from publisher.hook_refusals import refused
from publisher.intake import (
    ANY_TYPE,
    FHIR_ID,
    HOLDERS,
    MISSHAPEN,
    doubt_of,
    holds_medicine,
    identified,
    known,
    misshapen_at,
    name_of,
    resources_of,
    take,
    type_of,
    unresolved_medicines,
)
from publisher.r4.shape import is_modifier
from publisher.subject import unversioned, with_subject

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from publisher.issue import Issue
    from publisher.repository import Resource
    from publisher.subject import Patient

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
PATIENT_KEY = "patient"
MOST_PLACES = 20  # that one fault is told of, and all that is wrong with one request
_JSON_NAMES: Mapping[type, str] = {str: "text", list: "array", dict: "object"}


def problems_of(request: Resource, hook: str, service: str) -> Iterator[Issue]:
    """Yield what is wrong with a request, by its members."""
    if request.get("hook") != hook:
        yield refused("hook", "hook", service=service, hook=hook)
    instance = request.get("hookInstance")
    if not isinstance(instance, str) or not UUID.fullmatch(instance):
        yield refused("instance", "hookInstance")
    if not isinstance(request.get("prefetch"), dict | None):  # null is how some write what is not there
        yield refused("prefetch", "prefetch")
    context = request.get("context")
    if not isinstance(context, dict):
        yield refused("context", "context")
        return
    for name, kind in CONTEXTS[hook].items():
        if not isinstance(context.get(name), kind):
            yield refused(f"member-{_JSON_NAMES[kind]}", f"context.{name}", hook=hook)
    if isinstance(context.get("patientId"), str) and not FHIR_ID.fullmatch(patient_of(request)):
        yield refused("patient-id", "context.patientId")
        return
    yield from _patient_problem(request)
    if hook in DRAFTED and _fits(context, {"patientId": str, DRAFTED[hook][0]: dict}):
        yield from _draft_problems(request, *DRAFTED[hook][:2])


def _patient_problem(request: Resource) -> Iterator[Issue]:
    """Yield that the Patient of the prefetch is not the one of the context: nothing of that can be trusted."""
    patient_id = request["context"].get("patientId")
    if isinstance(patient_id, str) and any(each.get("id") != patient_of(request) for each in _patients_in(request)):
        yield refused("patient", f"prefetch.{PATIENT_KEY}")


def _fits(context: Resource, members: Mapping[str, type]) -> bool:
    return all(isinstance(context.get(name), kind) for name, kind in members.items())


def _draft_problems(request: Resource, member: str, kind: str) -> Iterator[Issue]:
    """Yield what is wrong with what is being written, and with selections that name none of it."""
    bundle, place = request["context"][member], f"context.{member}"
    entries = bundle.get("entry", [])
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        yield refused("drafts", place)
        return
    names = _selectable(entry for entry in entries if isinstance(entry, dict))
    patient = known(_patients_in(request), patient_of(request), names, server_of(request))
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        where = f"{place}.entry[{index}]"
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            yield refused("draft", where)
        elif type_of(resource) != resource["resourceType"] or resource["resourceType"] == "Bundle":
            yield _type_problem(resource, f"{where}.resource.resourceType")
        elif resource["resourceType"] == kind:
            yield from _draft_problem(resource, patient, f"{where}.resource")
    selections = request["context"].get("selections")
    for index, selection in enumerate(selections if isinstance(selections, list) else ()):
        if not isinstance(selection, str) or selection not in names:
            yield refused("selection", f"context.selections[{index}]")


def _type_problem(resource: Resource, where: str) -> Issue:
    """Return that a type is none of R4, with the one that is meant where it differs in capitals only, or a Bundle."""
    meant = type_of(resource)
    if meant == "Bundle":
        return refused("type-bundle", where)
    return refused("type", where) if meant == ANY_TYPE else refused("type-meant", where, meant=meant)


def _selectable(entries: Iterable[Resource]) -> dict[str, str]:
    """Return the names by which a draft can be selected, `Type/id` or the fullUrl of its entry, with its `Type/id`."""
    names = {}
    for entry in entries:
        resource, address = entry.get("resource"), entry.get("fullUrl")
        if isinstance(resource, dict):
            address = address if isinstance(address, str) else None
            name = name_of(identified(resource, address))
            names.update({each: name for each in (name, address) if name and each})
    return names


def _draft_problem(resource: Resource, patient: Patient, where: str) -> Iterator[Issue]:
    kind = resource["resourceType"]
    doubt = doubt_of(resource, patient)
    if doubt in MISSHAPEN:
        for place in islice(misshapen_at(resource), MOST_PLACES):
            yield refused("modified" if is_modifier(place) else "shape", f"{where}.{place}", kind=kind)
    elif doubt:
        yield refused("subject", f"{where}.subject", key=PATIENT_KEY)
    elif kind == "MedicationRequest":
        yield from _medicine_problem(resource, where)


def _medicine_problem(resource: Resource, where: str) -> Iterator[Issue]:
    """Yield that a prescription says nothing of its medicine, or says it twice, or refers to one not inside it.

    R4 requires one medication[x], and what a local reference names: https://hl7.org/fhir/R4/references.html#contained.
    """
    if bool(resource.get("medicationCodeableConcept")) is bool(resource.get("medicationReference")):
        yield refused("medicine", where)
        return
    reference = resource.get("medicationReference", {}).get("reference", "")
    if reference.startswith("#") and not holds_medicine(resource, reference):
        yield refused("medicine-inside", f"{where}.medicationReference")


def patient_of(request: Resource) -> str:
    """Return the patient's id; the form `Patient/1` is tolerated."""
    return str(request["context"]["patientId"]).removeprefix("Patient/")


def server_of(request: Resource) -> str | None:
    """Return the address of the record system, which tells references to other systems apart; it is never called."""
    server = request.get("fhirServer")
    return server if isinstance(server, str) and server else None


def drafts_of(request: Resource, hook: str, patient_id: str, server: str | None) -> tuple[Resource, ...]:
    """Return what is being written and what came with it, with the Patient, by whose identifiers drafts are known.

    A draft that names no subject is the patient's.
    """
    if hook not in DRAFTED:
        return ()
    bundle = request["context"][DRAFTED[hook][0]]
    entries = [{**entry, "resource": with_subject(entry["resource"], patient_id)} for entry in bundle.get("entry", ())]
    return take([{**bundle, "entry": entries}, *_patients_in(request)], patient_id, server=server).resources


def unresolved_in(request: Resource, hook: str, keys: Collection[str]) -> Iterator[str]:
    """Yield where a reference to a Medication stands that nothing in the request answers.

    A prefetch key that is none of the service's own is not repeated.
    """
    patient_id, server, prefetch = patient_of(request), server_of(request), request.get("prefetch") or {}
    drafted = drafts_of(request, hook, patient_id, server)
    used = (*take(prefetch.values(), patient_id, server=server).resources, *drafted)
    named = {_key(each) for each in unresolved_medicines(used)}
    for name, answer in prefetch.items():
        found = [place for place, each in _placed(answer, f"prefetch.{name}") if _key(each) in named]
        yield from (f"{each}.medicationReference" if name in keys else "prefetch" for each in found)
    if hook in DRAFTED:
        member = DRAFTED[hook][0]
        for place, each in _placed(request["context"][member], f"context.{member}"):
            if _key(each) in named:
                yield f"{place}.medicationReference"


def misshapen_in(request: Resource, key: str) -> Iterator[str]:
    """Yield where the answer to a key of the prefetch holds what cannot be read."""
    answer, place = request["prefetch"][key], f"prefetch.{key}"
    if isinstance(answer, dict) and answer.get("resourceType") == "Bundle":
        entries = answer.get("entry")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            inside = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(inside, dict) or inside.get("resourceType") not in HOLDERS:
                yield from (f"{place}.entry[{index}].resource{_after(each)}" for each in misshapen_at(inside))
    else:
        yield from (f"{place}{_after(each)}" for each in misshapen_at(answer))


def _after(place: str) -> str:
    return f".{place}" if place else ""


def _key(resource: Resource) -> Any:
    """Return what tells a prescription from others: its name, else the medicine that it refers to."""
    referred = resource.get("medicationReference")
    reference = referred.get("reference") if isinstance(referred, dict) else None
    return name_of(resource) or (unversioned(reference) if isinstance(reference, str) else None)


def _placed(value: Any, place: str, address: Any = None) -> Iterator[tuple[str, Resource]]:
    """Yield the prescriptions in a resource or a Bundle, each with its place."""
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind == "Bundle" and isinstance(value.get("entry", []), list):
        for index, entry in enumerate(value.get("entry", ())):
            if isinstance(entry, dict):
                yield from _placed(entry.get("resource"), f"{place}.entry[{index}].resource", entry.get("fullUrl"))
    elif isinstance(kind, str) and "medicationReference" in value:
        yield place, identified(value, address if isinstance(address, str) else None)


def _patients_in(request: Resource) -> Iterator[Resource]:
    """Yield the Patient that came with a request."""
    prefetch = request.get("prefetch")
    answer = prefetch.get(PATIENT_KEY) if isinstance(prefetch, dict) else None
    return (each for each in resources_of(answer) if each["resourceType"] == "Patient")


def parameters_of(request: Resource, hook: str, drafted: tuple[Resource, ...]) -> dict[str, list[Resource]]:
    """Return what is being written as logic reads it: of order-select what is being selected, else all."""
    if hook not in DRAFTED:
        return {}
    member, kind, parameter = DRAFTED[hook]
    drafts = [each for each in drafted if each["resourceType"] == kind]
    if hook != "order-select":
        return {parameter: drafts}
    names = _selectable(request["context"][member].get("entry", ()))
    selected = {names[each] for each in request["context"]["selections"]}
    return {parameter: [each for each in drafts if name_of(each) in selected]}
