"""Worked patients as standard FHIR, for other engines: the data as a Bundle, and the request beside it.

https://hl7.org/fhir/R4/bundle.html (collection), https://hl7.org/fhir/R4/parameters.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.cases.request import collection
from publisher.intake import resources_of
from publisher.r4.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from publisher.cases.request import Prepared
    from publisher.repository import Resource

RECORD = "https://record.example/fhir"  # where references between the entries lead


def export(requests: Iterable[Prepared], folder: Path) -> Iterator[Path]:
    """Write FOLDER/topic/case/data.json and request.json for each case; yield the files."""
    for prepared in requests:
        place = folder / prepared.case.topic / prepared.case.id
        place.mkdir(parents=True, exist_ok=True)
        for name, content in (("data", data_bundle(prepared)), ("request", request_of(prepared))):
            path = place / f"{name}.json"
            path.write_bytes(dumps(content, pretty=True))
            yield path


def data_bundle(prepared: Prepared) -> Resource:
    """Return all that is known of the patient, drafts apart, as one collection."""
    resources = [each for value in prepared.prefetch.values() for each in resources_of(value)]
    bundle = collection(resources)
    entries = [{"fullUrl": f"{RECORD}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources]
    return {**bundle, "id": prepared.case.patient_id, **({"entry": entries} if entries else {})}


def request_of(prepared: Prepared) -> Resource:
    """Return the body that the hook or `$apply` is called with."""
    if prepared.case.hook:
        return prepared.hook_request()
    values = {name: value for name, value in prepared.parameters().items() if name != "trace"}
    return {
        "resourceType": "Parameters",
        "parameter": [_parameter(name, each) for name, listed in values.items() for each in listed],
    }


def _parameter(name: str, value: Any) -> Resource:
    if isinstance(value, str):
        return {"name": name, "valueString": value}
    if "resourceType" in value:
        return {"name": name, "resource": value}
    if name == "descriptor":
        return {"name": name, "valueDataRequirement": value}
    return {"name": name, "part": [_parameter(part, each) for part, listed in value.items() for each in listed]}
