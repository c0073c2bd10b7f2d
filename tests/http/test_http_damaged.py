"""Packages and operation bodies with random damage are answered or refused: never a failure of the server."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import IssueError
from publisher.package.loading import load_packages
from tests.artifacts.test_hostile_requests import damaged
from tests.topics.server import client_of
from tests.unit.apply import asking, sneeze
from tests.unit.apply.builders import PATIENT, bundle, does, plan, value, when
from tests.unit.package.archives import package_of

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.repository import Artifact

PACKAGES, BODIES = 25, 120
HOOK = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"userId": "Practitioner/x", "patientId": "1"},
    "prefetch": {"patient": PATIENT},
}
SCOPE = {
    "id": "scope",
    "trigger": [{"type": "named-event", "name": "patient-view"}],
    "action": [
        asking.helps(),
        does(
            id="b", **when("gender = 'female'"), dynamicValue=[value("note", "'n'")], participant=[{"type": "patient"}]
        ),
    ],
}
GOOD = [each.resource for each in asking.held(SCOPE).repository]
GOOD.append(plan(does(), name="second", title="Second", goal=[{"description": {"text": "g"}}]))


def parameters(**inputs: Any) -> dict[str, Any]:
    items = [
        {"name": name, "resource" if isinstance(each, dict) else "valueString": each} for name, each in inputs.items()
    ]
    return {"resourceType": "Parameters", "parameter": items}


def calls(artifact: Artifact) -> list[tuple[str, dict[str, Any] | None]]:
    """Return every way to ask for an artifact, with the body of those that have one."""
    body = parameters(subject="Patient/1", data=bundle(PATIENT, asking.response(rain=True)))
    own = f"/fhir/{artifact.type}/{artifact.id}"
    found: list[tuple[str, dict[str, Any] | None]] = [(own, None), (artifact.page, None)]
    found += [
        (f"/fhir/{artifact.type}?_id={artifact.id}&title=x", None),
        (f"/fhir/{artifact.type}?status=active", None),
    ]
    operations = {"PlanDefinition": ("apply", "r5.apply"), "ActivityDefinition": ("apply",), "Library": ("evaluate",)}
    found += [(f"{own}/${code}", body) for code in operations.get(artifact.type, ())]
    return [*found, (f"/cds-services/{artifact.id}", HOOK)]


@pytest.mark.parametrize("seed", range(PACKAGES))
def test_a_damaged_package_is_refused_or_served(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    held = [damaged(each, chance) if chance.random() < 0.6 else each for each in GOOD]
    named = [{**each, "resourceType": str(each.get("resourceType")), "id": str(each.get("id"))} for each in held]
    archive = package_of(tmp_path / "a.tgz", *({**each, "id": each["id"].replace("/", "-")} for each in named))
    try:
        loaded = load_packages([], [archive], translate=False)
    except IssueError as error:
        assert error.report.has_errors
        return
    client = client_of(list(loaded.artifacts), packages=loaded.packages, translated=loaded.translated)
    asked = [("/", None), ("/fhir/metadata", None), ("/cds-services", None)]
    asked += [call for artifact in loaded.artifacts for call in calls(artifact)]
    answers = {path: client.get(path) if body is None else client.post(path, json=body) for path, body in asked}
    assert {path: each.text for path, each in answers.items() if each.status_code >= 500} == {}


def test_damaged_bodies_of_operations_are_answered_or_refused() -> None:
    client = client_of(list(sneeze.KNOWLEDGE.repository))
    whistle = sneeze.answered("whistle", value=True)
    logic = parameters(ContextPrescriptions=sneeze.draft())
    whole = parameters(
        subject="Patient/1", parameters=logic, trace="true", data=bundle(PATIENT, sneeze.condition(), whistle)
    )
    descriptor = {"type": "Observation", "codeFilter": [{"path": "code", "valueSet": "http://x"}]}
    answer = {"name": "data", "resource": bundle(whistle, type="searchset")}
    parts = [{"name": "key", "valueString": "k"}, {"name": "descriptor", "valueDataRequirement": descriptor}, answer]
    prefetched = parameters(subject="Patient/1")
    prefetched["parameter"].append({"name": "prefetchData", "part": parts})
    operations = (f"PlanDefinition/{sneeze.VIEW}/$r5.apply", "Library/ExampleSneeze/$evaluate")
    chance = random.Random(1)
    for _ in range(BODIES):
        for operation in operations:
            for body in (whole, prefetched):
                sent = damaged(body, chance)
                found = client.post(f"/fhir/{operation}", json=sent)
                assert found.status_code < 500, (operation, sent, found.text)
