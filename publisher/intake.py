"""Intake: what arrives about a patient is made comparable before any of it is believed.

Each resource is looked at by itself, so that a damaged or foreign one takes nothing else with it: its shape, its
FHIR release, whom it is about. References that a Bundle resolves by address are written as `Type/id`, the form that
logic compares. https://hl7.org/fhir/R4/bundle.html#references.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.r4 import definitions
from publisher.r4.shape import fits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Resource = dict[str, Any]

# Elements that name the patient a resource is about, in the order they are looked for.
SUBJECTS = ("subject", "patient", "beneficiary", "individual")
UNBOUND = frozenset({"Medication", "Practitioner", "PractitionerRole", "Organization", "Location", "Device"})
FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_HISTORY = re.compile(r"/_history/[A-Za-z0-9\-.]+$")


@dataclass(frozen=True, slots=True)
class Taken:
    """What can be used, and for the types of what was left out the reason (`malformed`, `other-subject`, ...)."""

    resources: tuple[Resource, ...]
    doubts: dict[str, str]


def take(values: Iterable[Any], patient_id: str, *, server: str | None = None) -> Taken:
    """Return what `values` (resources, Bundles, Bundles in them) hold about one patient.

    `server` is the address of the record system, where it is known: an absolute reference to another one is another
    patient's. What is about another patient is left out without a doubt; what cannot be told leaves one.
    """
    held: list[tuple[Resource, str | None]] = []
    doubts: dict[str, str] = {}
    for resource, address in _entries(values):
        kind = str(resource.get("resourceType"))
        if isinstance(resource.get("medication"), dict):
            doubts.setdefault(kind, "other-release")
        elif not fits(resource):
            doubts.setdefault(kind, "malformed")
        else:
            held.append((_identified(resource, address), address))
    addresses = {address: f"{each['resourceType']}/{each['id']}" for each, address in held if address and "id" in each}
    names = _names(addresses, patient_id, server)
    used = []
    for resource, _ in held:
        verdict = _about(resource, patient_id, names, strict=server is not None)
        if verdict is None:
            used.append(_resolved(resource, addresses))
        elif verdict == "other-subject":
            doubts.setdefault(str(resource["resourceType"]), verdict)
    return Taken(tuple(_distinct(used)), doubts)


def resources_of(value: Any) -> Iterator[Resource]:
    """Yield the resources of an answer: itself, or those of a Bundle and the Bundles in it; an outcome is none."""
    return (resource for resource, _ in _entries([value]))


def unresolved_medicine(resources: Iterable[Resource]) -> bool:
    """Return whether any prescription refers to a Medication that is not among `resources`."""
    resources = list(resources)
    held = {f"Medication/{each.get('id')}" for each in resources if each["resourceType"] == "Medication"}
    for resource in resources:
        reference = resource.get("medicationReference", {}).get("reference")
        if reference and not reference.startswith("#") and "/".join(reference.split("/")[-2:]) not in held:
            return True
    return False


def _entries(values: Iterable[Any], address: str | None = None) -> Iterator[tuple[Resource, str | None]]:
    """Yield every resource with the full URL of its entry; an OperationOutcome is no data."""
    for value in values:
        if not isinstance(value, dict):
            continue
        if value.get("resourceType") == "Bundle":
            entries = value.get("entry")
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict):
                    full_url = entry.get("fullUrl")
                    yield from _entries([entry.get("resource")], full_url if isinstance(full_url, str) else None)
        elif isinstance(value.get("resourceType"), str) and value["resourceType"] != "OperationOutcome":
            yield value, address


def _identified(resource: Resource, address: str | None) -> Resource:
    """Return a resource with an id: that of its address where it has none of its own."""
    if "id" in resource or not address:
        return resource
    name = re.split("[:/]", address)[-1]
    return {**resource, "id": name} if FHIR_ID.fullmatch(name) else resource


def _names(addresses: dict[str, str], patient_id: str, server: str | None) -> frozenset[str]:
    """Return the references that mean the patient, as they may be written."""
    local = f"Patient/{patient_id}"
    names = {local, patient_id} | {address for address, name in addresses.items() if name == local}
    if server:
        names.add(f"{server.rstrip('/')}/{local}")
    return frozenset(name for name in names if name == patient_id or name.endswith(local) or name.startswith("urn:"))


def _about(resource: Resource, patient_id: str, names: frozenset[str], *, strict: bool) -> str | None:
    """Return None for the patient's own, `other-patient`, or `other-subject` where there is nothing to compare."""
    kind = resource["resourceType"]
    if kind in UNBOUND:
        return None
    if kind == "Patient":
        return None if resource.get("id") == patient_id else "other-patient"
    target = None
    for name in SUBJECTS:
        subject = resource.get(name)
        if type(subject) is dict:
            target = subject.get("reference")
            break
    if target in names:
        return None
    if type(target) is not str:
        return "other-subject"
    target = _unversioned(target)
    if target in names:
        return None
    tail = "/".join(target.split("/")[-2:])
    return None if not strict and "://" in target and tail in names else "other-patient"


def _resolved(resource: Resource, addresses: dict[str, str]) -> Resource:
    """Return a resource whose references at its top are `Type/id` where a Bundle or a version made them otherwise."""
    changed = {}
    for name in references_of(resource["resourceType"]):
        value = resource.get(name)
        if value is not None:
            new = [_local(each, addresses) for each in value] if type(value) is list else _local(value, addresses)
            if new != value:
                changed[name] = new
    return {**resource, **changed} if changed else resource


@cache
def references_of(kind: str) -> tuple[str, ...]:
    """Return the elements at the top of a resource type that are references."""
    return tuple(name for name, child in definitions.children(kind).items() if child.type.code == "Reference")


def _local(reference: Any, addresses: dict[str, str]) -> Any:
    text = reference.get("reference") if type(reference) is dict else None
    if type(text) is not str:
        return reference
    plain = _unversioned(text)
    plain = addresses.get(plain, plain)
    return reference if plain == text else {**reference, "reference": plain}


def _unversioned(reference: str) -> str:
    return _HISTORY.sub("", reference) if "/_history/" in reference else reference


def _distinct(resources: list[Resource]) -> Iterator[Resource]:
    """Yield each resource once; two that share an id and differ are both evidence.

    Only those that share one are compared, by their texts, so that many of them take no more time each than few.
    """
    first: dict[tuple[Any, Any], Resource] = {}
    texts: dict[tuple[Any, Any], set[str]] = {}
    for resource in resources:
        key = (resource["resourceType"], resource.get("id"))
        if key not in first:
            first[key] = resource
            yield resource
            continue
        seen = texts.setdefault(key, {_as_text(first[key])})
        text = _as_text(resource)
        if text not in seen:
            seen.add(text)
            yield resource


def _as_text(resource: Resource) -> str:
    return json.dumps(resource, sort_keys=True, default=repr)
