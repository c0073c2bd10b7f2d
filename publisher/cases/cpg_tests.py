"""Worked patients in the layout in which CPG guides keep test cases, for the engines and tools that read it.

input/tests/PlanDefinition/PLAN/CASE/ holds each resource as TYPE/ID.json, all of them as one transaction
(tests-CASE-bundle.json), the parameters of `$apply`, and what must come of it. Neither CPG 2.0 nor CRMI has a profile
for any of these, so none is claimed; the layout is that of published guides, and the two Parameters name what the
artifact test case of https://hl7.org/fhir/uv/crmi/testing.html lists: input parameters, input data, output parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.cases.export import data_bundle, parameter
from publisher.intake import resources_of
from publisher.r4.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from publisher.cases.finding import Found
    from publisher.cases.request import Prepared
    from publisher.cases.suite import Result
    from publisher.repository import Resource

STATES = ("applied", "undetermined")


def export_tests(results: Iterable[Result], folder: Path) -> Iterator[Path]:
    """Write the test case of each result that has a tree behind it; yield the files."""
    for result in results:
        found = result.found
        if found is not None and found.applied is not None:
            plan = found.applied.artifact.id
            place = folder / "input" / "tests" / "PlanDefinition" / plan / result.case.id
            for name, content in _files(result.prepared, found):
                path = place / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(dumps(content, pretty=True))
                yield path


def input_parameters(prepared: Prepared) -> Resource:
    """Return the parameters of `$apply`: the subject, all that is known as one Bundle, and the drafts."""
    logic = prepared.parameters().get("parameters", ())
    subject = parameter("subject", f"Patient/{prepared.case.patient_id}")
    data = parameter("data", data_bundle(prepared))
    return {
        "resourceType": "Parameters",
        "parameter": [subject, data, *(parameter("parameters", one) for one in logic)],
    }


def output_parameters(found: Found) -> Resource:
    """Return the ids of the actions that apply, and of those that cannot be decided."""
    walked = list(found.applied.walk()) if found.applied else []
    named = {state: dict.fromkeys(one.id for one in walked if one.decision.state == state) for state in STATES}
    parts = [parameter(state, name) for state, names in named.items() for name in names]
    return {"resourceType": "Parameters", **({"parameter": parts} if parts else {})}


def _files(prepared: Prepared, found: Found) -> Iterator[tuple[str, Resource]]:
    case = prepared.case
    resources = [each for value in prepared.prefetch.values() for each in resources_of(value)]
    for each in resources:
        yield f"{each['resourceType']}/{each['id']}.json", each
    yield f"tests-{case.id}-bundle.json", _transaction(case.patient_id, resources)
    yield f"Parameters-{case.id}-input.json", input_parameters(prepared)
    yield f"Parameters-{case.id}-output.json", output_parameters(found)


def _transaction(name: str, resources: Iterable[Resource]) -> Resource:
    """Return a Bundle that puts resources on a server."""
    entries: list[Any] = []
    for each in resources:
        address = f"{each['resourceType']}/{each['id']}"
        entries.append({"resource": each, "request": {"method": "PUT", "url": address}})
    return {"resourceType": "Bundle", "id": name, "type": "transaction", **({"entry": entries} if entries else {})}
