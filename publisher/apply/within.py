"""What a definition contains and the request made of it refers to, which goes with the request.

https://hl7.org/fhir/R4/references.html#contained: a contained resource is known inside its container only, so that a
reference to it alone would lead nowhere. It gets an id that is its own among all results, for a CarePlan contains what
came of many definitions.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.repository import Artifact, Resource


def taken_along(artifact: Artifact, contained: Any, request: Resource) -> tuple[Resource, list[Resource], list[str]]:
    """Return a request that refers to what goes with it, that, and the references that lead to nothing."""
    beside = {f"#{each['id']}": each for each in contained or () if "id" in each}
    found: dict[str, Resource] = {}
    lost: list[str] = []
    waiting = list(_local(request))
    while waiting:
        reference = waiting.pop(0)
        if reference in beside and reference not in found:
            found[reference] = beside[reference]
            waiting += _local(found[reference])
        elif reference not in beside and reference not in lost:
            lost.append(reference)
    names = {reference: f"#{_name(artifact, each)}" for reference, each in found.items()}
    along = [{**_renamed(each, names), "id": names[reference][1:]} for reference, each in found.items()]
    return (_renamed(request, names) if names else request), along, lost


def _local(value: Any) -> Iterator[str]:
    """Yield each reference inside a value to what is contained."""
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _local(each)
    if isinstance(value, dict) and str(value.get("reference", "")).startswith("#"):
        yield str(value["reference"])


def _name(artifact: Artifact, resource: Resource) -> str:
    known = hashlib.sha256(f"{artifact.canonical}#{resource['id']}".encode()).hexdigest()[:12]
    return f"{resource['resourceType'].lower()}-{known}"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _renamed(each, names) for name, each in value.items()}
    if found.get("reference") in names:
        found["reference"] = names[found["reference"]]
    return found
