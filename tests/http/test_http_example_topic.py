"""The topic that only tests use, served alone: what a topic needs comes from its folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cases_command import compiled_suite
from publisher.pipeline import compile_topics, write_topics
from publisher.release import load_release
from tests.topics import ROOT
from tests.topics.server import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from publisher.repository import Artifact

SUITE, _ = compiled_suite(ROOT)
assert SUITE is not None
RESULTS = {one.case.id: one for one in SUITE.results()}
HOOKS = ["a-feather-is-near", "a-whistle-is-heard", "observations-refused", "problems-not-supplied", "dust-for-sneeze"]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> list[Artifact]:
    """Return the compiled topic as it is read back from disk, alone."""
    folder = tmp_path_factory.mktemp("release")
    topics, report = compile_topics(ROOT)
    assert not report.has_errors
    write_topics([type(one)(one.topic, folder / one.topic.id, one.artifacts, one.files) for one in topics])
    return load_release(folder)


@pytest.fixture(scope="module")
def client(held: list[Artifact]) -> FlaskClient:
    now = datetime(2026, 1, 2, 12, tzinfo=UTC)
    return client_of(held, base_url="https://example.org/site", now=lambda: now)


def test_every_artifact_is_read_and_found_in_both_languages(client: FlaskClient, held: list[Artifact]) -> None:
    assert len(held) > 10
    for artifact in held:
        for language in ("sv", "en"):
            answer = client.get(f"/fhir/{artifact.type}/{artifact.id}", headers={"Accept-Language": language})
            assert (answer.status_code, answer.data) == (200, artifact.renditions[language].body)
        found = client.get(f"/fhir/{artifact.type}?_id={artifact.id}").json
        assert found is not None
        assert [entry["resource"]["id"] for entry in found["entry"]] == [artifact.id]


def test_every_artifact_has_a_page_in_both_languages(client: FlaskClient, held: list[Artifact]) -> None:
    for artifact in held:
        for language in ("sv", "en"):
            page = client.get(artifact.page, headers={"Accept-Language": language})
            assert page.status_code == 200, artifact.page
            assert artifact.id in page.text


def test_its_plans_are_the_services_in_discovery(client: FlaskClient) -> None:
    answer = client.get("/cds-services", headers={"Accept-Language": "en"})
    assert answer.json is not None
    services = {one["id"]: one for one in answer.json["services"]}
    assert set(services) == {"example-sneeze-patient-view", "example-sneeze-order-select"}
    assert services["example-sneeze-patient-view"]["title"] == "Example sneeze, when the record is opened"
    assert set(services["example-sneeze-patient-view"]["prefetch"]) >= {"conditions", "observations"}


@pytest.mark.parametrize("case", HOOKS)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_hook_call_is_answered_as_its_worked_patient_says(client: FlaskClient, case: str, language: str) -> None:
    result = RESULTS[case]
    request = result.prepared.hook_request()
    answer = client.post(
        f"/cds-services/example-sneeze-{request['hook']}", json=request, headers={"Accept-Language": language}
    )
    assert result.found is not None
    wanted = result.found.answers[language]
    assert answer.status_code == wanted.status
    assert list(actions(answer.json)) == [one.action for one in wanted.made]


def actions(body: Any) -> Iterator[str]:
    for card in body.get("cards", ()):
        yield next(value["action"] for name, value in card["extension"].items() if name.endswith("provenance"))


def test_its_plan_is_applied(client: FlaskClient) -> None:
    prepared = RESULTS["a-feather-is-near"].prepared
    entries = [entry for value in prepared.prefetch.values() for entry in value.get("entry", ())]
    data = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one["resource"]} for one in entries]}
    subject = {"name": "subject", "valueString": f"Patient/{prepared.case.patient_id}"}
    body = {"resourceType": "Parameters", "parameter": [subject, {"name": "data", "resource": data}]}
    answer = client.post("/fhir/PlanDefinition/example-sneeze-patient-view/$apply", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["resourceType"] == "CarePlan"
    assert "feather-nearby" in json.dumps(answer.json)
    assert "handkerchief-offer" not in json.dumps(answer.json)
