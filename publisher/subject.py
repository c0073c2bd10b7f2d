"""Whose a resource is: the patient's own, another's, or nobody can tell.

https://hl7.org/fhir/R4/references.html#literal. A subject that is written in another way is the same one; what cannot
be told apart from the patient's own is never passed over as another's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Resource = dict[str, Any]

# Elements that name the patient a resource is about, in the order they are looked for.
SUBJECTS = ("subject", "patient", "beneficiary", "individual")
UNBOUND = frozenset({"Medication", "Practitioner", "PractitionerRole", "Organization", "Location", "Device"})
_WHOSE = frozenset({"reference", "identifier", "display"})  # of a Reference, what says who is meant
OTHER, UNTOLD = "other-patient", "other-subject"
_HISTORY = re.compile(r"/_history/[A-Za-z0-9\-.]+/?$")
_BASE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://\S+")
_LOCAL = re.compile(r"(?P<type>[A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_DEFAULT_PORTS = (None, 80, 443)


@dataclass(frozen=True, slots=True)
class Patient:
    """Whom the data are to be about: `names` are the references that mean the patient, as they may be written.

    `addresses` has the `Type/id` of what a Bundle holds by its address, `server` is where the record lies, and
    `identifiers` are those that the Patient itself carries.
    """

    id: str
    names: frozenset[str]
    addresses: Mapping[str, str]
    server: str | None
    identifiers: frozenset[tuple[str, str]]

    @classmethod
    def among(
        cls, resources: Iterable[Resource], patient_id: str, addresses: Mapping[str, str], server: str | None
    ) -> Patient:
        """Return the patient of this id, whose own resource may be among `resources`."""
        local = f"Patient/{patient_id}"
        names = {local, patient_id}
        ours = (url for url, name in addresses.items() if name == local)
        names.update(url for url in ours if url.startswith("urn:") or url.endswith(f"/{local}"))
        if server:
            names.add(f"{server.rstrip('/')}/{local}")
        own = (each for each in resources if each["resourceType"] == "Patient" and each.get("id") == patient_id)
        identifiers = frozenset(pair for each in own for pair in _pairs(each.get("identifier", ())))
        return cls(patient_id, frozenset(names), addresses, place(server) if server else None, identifiers)


def about(resource: Resource, patient: Patient) -> str | None:
    """Return None for the patient's own, `other-patient`, or `other-subject` where it cannot be told whose it is."""
    kind = resource["resourceType"]
    if kind in UNBOUND:
        return None
    if kind == "Patient":
        return _named("Patient", resource.get("id"), patient)
    subject: Resource = {}
    for name in SUBJECTS:
        found = resource.get(name)
        if type(found) is dict:
            subject = found
            break
    target = subject.get("reference")
    if target in patient.names:
        return None
    if target is None:
        return _identified([subject["identifier"]] if "identifier" in subject else [], patient)
    return _inside(resource, target, patient) if target.startswith("#") else _referred(unversioned(target), patient)


def with_subject(resource: Resource, patient_id: str) -> Resource:
    """Return what somebody writes in the record of a patient: the patient's, where it says nothing of whose it is."""
    if resource["resourceType"] in UNBOUND or any(_says_whose(resource.get(name)) for name in SUBJECTS):
        return resource
    return {**resource, "subject": {"reference": f"Patient/{patient_id}"}}


def _says_whose(subject: Any) -> bool:
    """Return whether a subject names somebody; what is no Reference is left to be told of."""
    return not _WHOSE.isdisjoint(subject) if isinstance(subject, dict) else subject is not None


def contained(resource: Resource, kind: str) -> Iterator[Resource]:
    """Yield the resources of a type that a resource contains."""
    return (each for each in resource.get("contained", ()) if each["resourceType"] == kind)


def unversioned(reference: str) -> str:
    """Return a reference without the version that it names."""
    return _HISTORY.sub("", reference) if "/_history/" in reference else reference


def _inside(resource: Resource, target: str, patient: Patient) -> str | None:
    """Return the verdict on a Patient inside the resource: its id says nothing, for it holds there only."""
    inside = (each for each in contained(resource, "Patient") if each.get("id") == target[1:])
    return _identified((one for each in inside for one in each.get("identifier", ())), patient)


def _referred(target: str, patient: Patient) -> str | None:
    if target in patient.names:
        return None
    if target in patient.addresses:
        return OTHER
    base, local = _parted(target)
    found = _LOCAL.fullmatch(local)
    if not found or not (base is None or _BASE.fullmatch(base)):
        return UNTOLD
    verdict = _named(found["type"], found["id"], patient)
    elsewhere = base is not None and patient.server is not None and place(base) != patient.server
    return UNTOLD if verdict is None and elsewhere else verdict


def _parted(target: str) -> tuple[str | None, str]:
    """Return the address before a reference, None for a relative one, and `Type/id`."""
    parts = target.removeprefix("./").rstrip("/").rsplit("/", 2)
    return parts[0].rstrip("/") if parts[2:] else None, "/".join(parts[-2:])


def _named(kind: str, name: Any, patient: Patient) -> str | None:
    """Return the verdict on a type and an id; of a Group the patient may be a member."""
    if kind in UNBOUND or (kind.lower() == "patient" and name not in (None, patient.id)):
        return OTHER
    return None if kind == "Patient" and name == patient.id else UNTOLD


def _identified(identifiers: Iterable[Resource], patient: Patient) -> str | None:
    return UNTOLD if patient.identifiers.isdisjoint(_pairs(identifiers)) else None


def _pairs(identifiers: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    return ((each["system"], each["value"]) for each in identifiers if "system" in each and "value" in each)


def place(url: str) -> str:
    """Return an address as it can be compared: http and https of one path are the same object.

    https://hl7.org/fhir/R4/http.html#general.
    """
    try:
        parts = urlsplit(url)
        port = "" if parts.port in _DEFAULT_PORTS else f":{parts.port}"
    except ValueError:
        return url
    return f"{parts.hostname}{port}{parts.path.rstrip('/')}"
