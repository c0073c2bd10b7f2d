"""Intake: what arrives about a patient is made comparable before any of it is believed.

Each resource is looked at by itself, so that a damaged or foreign one takes nothing else with it: its shape, its
FHIR release, whom it is about. References that a Bundle resolves by address are written as `Type/id`, the form that
logic compares. https://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4 import definitions
from publisher.r4.shape import fits, is_modifier, misfits
from publisher.subject import OTHER, UNTOLD, Patient, about, contained, unversioned, with_subject
from publisher.versions import in_force, not_moved

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from publisher.versions import Placed

Resource = dict[str, Any]

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
ANY_TYPE = "*"  # the type of what does not tell its type
HOLDERS = ("Bundle", "OperationOutcome")  # what is in the place of a resource and is no data itself
MALFORMED, OTHER_RELEASE, MODIFIED = MISSHAPEN = ("malformed", "other-release", "modified")  # why one cannot be read


@dataclass(frozen=True, slots=True)
class Taken:
    """What can be used, and for the types of what was left out the reason (`malformed`, `other-subject`, ...).

    What does not tell its type may be of any: its reason stands under `ANY_TYPE`. `others` is how many resources were
    about other patients.
    """

    resources: tuple[Resource, ...]
    doubts: dict[str, str]
    others: int = 0


def take(values: Iterable[Any], patient_id: str, *, server: str | None = None) -> Taken:
    """Return what `values` (resources, Bundles, Bundles in them) hold about one patient.

    `server` is the address of the record system, where it is known: the same id at another one may be of anybody.
    What is about another patient is left out without a doubt, and counted; what cannot be told leaves one.
    """
    held: list[Placed] = []
    addresses: dict[str, str] = {}
    doubts: dict[str, str] = {}
    for resource, address in _entries(values):
        misshapen = _misshapen(resource)
        if misshapen:
            doubts.setdefault(type_of(resource), misshapen)
            continue
        named = resource if "id" in resource else identified(resource, address)
        held.append((named, address))
        if address and "id" in named:
            addresses[address] = f"{named['resourceType']}/{named['id']}"
    patient = Patient.among((resource for resource, _ in held), patient_id, addresses, server)
    used: list[Placed] = []
    others: list[Placed] = []
    for resource, address in held:
        verdict = about(resource, patient)
        if verdict is None:
            used.append((_resolved(resource, addresses), address))
        elif verdict == UNTOLD:
            doubts.setdefault(resource["resourceType"], verdict)
        elif verdict == OTHER:
            others.append((resource, address))
    left = not_moved(used, others, server) if others else used
    return Taken(tuple(in_force(left, doubts, server)), doubts, len(others))


def known(
    patients: Iterable[Resource], patient_id: str, addresses: Mapping[str, str], server: str | None = None
) -> Patient:
    """Return whom a request is about, by the identifiers too that its own Patient among `patients` carries.

    `addresses` has the `Type/id` of what came with what is written, by its address.
    """
    return Patient.among([each for each in patients if fits(each)], patient_id, addresses, server)


def doubt_of(resource: Resource, patient: Patient) -> str | None:
    """Return why what somebody writes in the record of a patient cannot be used, or None."""
    return _misshapen(resource) or about(with_subject(resource, patient.id), patient)


def _misshapen(resource: Resource) -> str | None:
    """Return why a resource cannot be read at all, or None."""
    if "medication" in resource and isinstance(resource["medication"], dict):
        return OTHER_RELEASE
    if fits(resource):
        return MALFORMED if _lacks_status(resource) else None
    return MODIFIED if all(map(is_modifier, misfits(resource))) else MALFORMED


def _lacks_status(resource: Resource) -> bool:
    """Return whether answers lack the status that R4 requires: nobody can say whether they are meant."""
    return resource["resourceType"] == "QuestionnaireResponse" and "status" not in resource


def misshapen_at(resource: Any) -> Iterator[str]:
    """Yield where a resource cannot be read, as paths within it; an empty one where it is none."""
    if isinstance(resource, dict) and isinstance(resource.get("medication"), dict):
        yield "medication"
    elif not fits(resource):
        yield from misfits(resource)
    elif _lacks_status(resource):
        yield "status"


def resources_of(value: Any) -> Iterator[Resource]:
    """Yield the resources of an answer: itself, or those of a Bundle and the Bundles in it; an outcome is none.

    One without an id has that of its address.
    """
    found = (identified(resource, address) for resource, address in _entries([value]))
    return (each for each in found if isinstance(each.get("resourceType"), str))


def type_of(resource: Resource) -> str:
    """Return the R4 type of a resource, be it in other letters, or `ANY_TYPE` where it does not tell one."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return ANY_TYPE
    return kind if definitions.is_resource(kind) else _types_in_small_letters().get(kind.lower(), ANY_TYPE)


@cache
def _types_in_small_letters() -> Mapping[str, str]:
    return {kind.lower(): kind for kind in definitions.types("resource") if definitions.is_resource(kind)}


def unresolved_medicines(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Yield each prescription that refers to a Medication that is not among `resources`, nor inside it.

    One that gives a name or an identifier in place of a reference waits for nothing more.
    """
    held, referring = set(), []
    for resource in resources:
        if resource["resourceType"] == "Medication":
            held.add(f"Medication/{resource.get('id')}")
        elif "medicationReference" in resource and "medicationReference" in references_of(resource["resourceType"]):
            referring.append(resource)
    for resource in referring:
        reference = resource["medicationReference"].get("reference")
        if reference and not holds_medicine(resource, reference, held):
            yield resource


def holds_medicine(resource: Resource, reference: str, held: Container[str] = ()) -> bool:
    """Return whether a reference to a Medication is answered inside the resource, or among the names `held`."""
    if reference.startswith("#"):
        return any(inside.get("id") == reference[1:] for inside in contained(resource, "Medication"))
    return "/".join(reference.split("/")[-2:]) in held


def name_of(resource: Resource) -> str | None:
    """Return `Type/id`, or None for a resource without an id."""
    return f"{resource['resourceType']}/{resource['id']}" if "resourceType" in resource and "id" in resource else None


def _entries(values: Iterable[Any], address: str | None = None) -> list[Placed]:
    """Return every resource with the full URL of its entry; an OperationOutcome is no data.

    What is no object where a resource should be is returned as an empty one, for it may have been any.
    """
    found: list[Placed] = []
    for value in values:
        kind = value.get("resourceType") if isinstance(value, dict) else "OperationOutcome"
        if kind == "Bundle":
            entries = value.get("entry")
            for entry in entries if isinstance(entries, list) else ():
                if not isinstance(entry, dict):
                    found.append(({}, None))
                elif "resource" in entry:
                    inside, full_url = entry["resource"], entry.get("fullUrl")
                    place = full_url if isinstance(full_url, str) else None
                    if not isinstance(inside, dict):
                        found.append(({}, place))
                    elif inside.get("resourceType") in HOLDERS:
                        found += _entries([inside], place)
                    else:
                        found.append((inside, place))
        elif kind != "OperationOutcome":
            found.append((value, address))
    return found


def identified(resource: Resource, address: str | None) -> Resource:
    """Return a resource with an id: that of its address where it has none of its own."""
    if "id" in resource or not address:
        return resource
    name = re.split("[:/]", address)[-1]
    return {**resource, "id": name} if FHIR_ID.fullmatch(name) else resource


def _resolved(resource: Resource, addresses: dict[str, str]) -> Resource:
    """Return a resource whose references at its top are `Type/id` where a Bundle or a version made them otherwise."""
    changed = {}
    references = references_of(resource["resourceType"])
    for name in resource:
        if name in references:
            value = resource[name]
            new = [_local(each, addresses) for each in value] if type(value) is list else _local(value, addresses)
            if new is not value and new != value:
                changed[name] = new
    return {**resource, **changed} if changed else resource


@cache
def references_of(kind: str) -> frozenset[str]:
    """Return the elements at the top of a resource type that are references."""
    return frozenset(name for name, child in definitions.children(kind).items() if child.type.code == "Reference")


def _local(reference: Resource, addresses: dict[str, str]) -> Resource:
    text = reference.get("reference")
    if text is None or (text not in addresses and "/_history/" not in text):
        return reference
    plain = unversioned(text)
    plain = addresses.get(plain, plain)
    return reference if plain == text else {**reference, "reference": plain}
