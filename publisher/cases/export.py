"""Worked patients as standard FHIR, for other engines: the data as a Bundle, and the request beside it.

https://hl7.org/fhir/R4/bundle.html (collection), https://hl7.org/fhir/R4/parameters.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.cases.request import KEYS, collection
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
    """Return all that is known of the patient, drafts apart, as one collection.

    That a search found nothing, or gave only a page, is known too: then its answer stands in the collection as it came.
    """
    patient = prepared.case.patient_id
    resources = [each for name, value in prepared.prefetch.items() for each in _known(name, value, patient)]
    bundle = collection(resources)
    entries = [{"fullUrl": f"{RECORD}/{each['resourceType']}/{each['id']}", "resource": each} for each in resources]
    return {**bundle, "id": patient, **({"entry": entries} if entries else {})}


def _known(key: str, value: Any, patient: str) -> list[Resource]:
    """Return what an answer tells: its resources, or itself where it has none or is not whole."""
    resources = list(resources_of(value))
    asked = next((each for each in KEYS if each.name == key), None)
    is_refusal = isinstance(value, dict) and value.get("resourceType") == "OperationOutcome"
    if asked is None or asked.types[0] == "Patient" or is_refusal:
        return resources
    answer: Resource = value or {"resourceType": "Bundle", "type": "searchset", "total": 0}
    if resources and "total" in answer:
        return resources
    query = asked.query.replace("{{context.patientId}}", patient)
    links = [{"relation": "self", "url": f"{RECORD}/{query}"}, *answer.get("link", ())]
    return [{**answer, "id": f"answer-{key}", "link": links}]


def request_of(prepared: Prepared) -> Resource:
    """Return the body that the hook or `$apply` is called with."""
    if prepared.case.hook:
        return prepared.hook_request()
    values = {name: value for name, value in prepared.parameters().items() if name != "trace"}
    return {
        "resourceType": "Parameters",
        "parameter": [parameter(name, each) for name, listed in values.items() for each in listed],
    }


def parameter(name: str, value: Any) -> Resource:
    """Return a parameter of a Parameters resource with a text, a resource, a data requirement or parts."""
    if isinstance(value, str):
        return {"name": name, "valueString": value}
    if "resourceType" in value:
        return {"name": name, "resource": value}
    if name == "descriptor":
        return {"name": name, "valueDataRequirement": value}
    return {"name": name, "part": [parameter(part, each) for part, listed in value.items() for each in listed]}
