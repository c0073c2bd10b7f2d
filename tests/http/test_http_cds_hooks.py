"""CDS Hooks: https://cds-hooks.hl7.org/."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from publisher.r4.written import Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

CALL = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "fhirServer": "https://ehr.example/fhir",
    "fhirAuthorization": {"access_token": "secret-token", "token_type": "Bearer"},
    "context": {"userId": "Practitioner/1", "patientId": "1"},
    "prefetch": {},
}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "incomplete"}]}


@dataclass
class Answer:
    """What the services answer."""

    status: int = 200
    body: dict[str, Any] = field(default_factory=lambda: {"cards": []})
    log_fields: dict[str, int] = field(default_factory=dict)

    @property
    def written(self) -> Written:
        return Written.of(self.body)


class Services:
    """Services that answer what they are told to, and remember the calls."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer or Answer()
        self.calls: list[tuple[str, dict[str, Any], str]] = []

    def discovery(self, language: str) -> dict[str, Any]:
        """Return one service, titled in the language."""
        title = "Benkramp" if language == "sv" else "Leg cramps"
        return {"services": [{"id": "leg-cramps", "hook": "patient-view", "title": title, "description": title}]}

    def call(self, service_id: str, request: dict[str, Any], language: str) -> Answer:
        """Return the answer that the test gave."""
        self.calls.append((service_id, request, language))
        return self.answer

    def feedback(self, service_id: str, body: dict[str, Any], language: str) -> Answer:
        """Return the answer that the test gave."""
        self.calls.append((service_id, body, language))
        return self.answer

    def rates(self) -> list[Any]:
        """Return nothing."""
        return []


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def client(make_client: Callable[..., FlaskClient], services: Services) -> FlaskClient:
    return make_client(hooks=services)


def test_discovery_lists_the_services(client: FlaskClient) -> None:
    answer = client.get("/cds-services")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert [one["id"] for one in answer.json["services"]] == ["leg-cramps"]


def test_discovery_is_in_the_language_asked_for(client: FlaskClient) -> None:
    answer = client.get("/cds-services", headers={"Accept-Language": "en-GB"})
    assert answer.json["services"][0]["title"] == "Leg cramps"
    assert (answer.headers["Content-Language"], answer.headers["Vary"]) == ("en", "Accept-Language")


def test_discovery_of_a_server_without_services_is_empty(make_client: Callable[..., FlaskClient]) -> None:
    assert make_client().get("/cds-services").json == {"services": []}


def test_discovery_is_empty_where_the_evaluator_is_off(
    make_client: Callable[..., FlaskClient], services: Services
) -> None:
    answer = make_client(hooks=services, evaluator=False).get("/cds-services")
    assert (answer.status_code, answer.json) == (200, {"services": []})


def test_call_answers_with_cards(client: FlaskClient) -> None:
    answer = client.post("/cds-services/leg-cramps", json=CALL)
    assert (answer.status_code, answer.content_type, answer.json) == (200, "application/json", {"cards": []})


def test_service_gets_the_request_and_the_language(client: FlaskClient, services: Services) -> None:
    client.post("/cds-services/leg-cramps", json=CALL, headers={"Accept-Language": "en"})
    ((service_id, request, language),) = services.calls
    assert (service_id, language) == ("leg-cramps", "en")
    assert request["context"] == CALL["context"]


def test_access_token_does_not_reach_the_service(client: FlaskClient, services: Services) -> None:
    client.post("/cds-services/leg-cramps", json=CALL)
    assert "fhirAuthorization" not in services.calls[0][1]
    assert "secret-token" not in str(services.calls)


def test_answer_is_kept_by_no_cache(client: FlaskClient) -> None:
    assert client.post("/cds-services/leg-cramps", json=CALL).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", [400, 404, 412])
def test_refusal_of_a_service_is_its_outcome_as_fhir_json(make_client: Callable[..., FlaskClient], status: int) -> None:
    client = make_client(hooks=Services(Answer(status, OUTCOME)))
    answer = client.post("/cds-services/leg-cramps", json=CALL)
    assert (answer.status_code, answer.content_type, answer.json) == (
        status,
        "application/fhir+json",
        OUTCOME,
    )


def test_call_of_a_server_without_services_is_404(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str]
) -> None:
    answer = make_client().post("/cds-services/leg-cramps", json=CALL)
    refused(answer, 404, "not-found", "hook-service-unknown")


def test_call_is_404_where_the_evaluator_is_off(
    make_client: Callable[..., FlaskClient], services: Services, refused: Callable[..., str]
) -> None:
    answer = make_client(hooks=services, evaluator=False).post("/cds-services/leg-cramps", json=CALL)
    refused(answer, 404, "not-supported", "evaluator-off")
    assert services.calls == []


def test_feedback_is_off(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.post("/cds-services/leg-cramps/feedback", json={"feedback": []})
    refused(answer, 404, "not-found", "address-unknown")


@pytest.mark.parametrize(("body", "rule"), [(b"", "json-syntax"), (b"{", "json-syntax"), (b"[]", "body-not-object")])
def test_body_that_is_no_json_object_is_400(
    client: FlaskClient, services: Services, refused: Callable[..., str], body: Any, rule: str
) -> None:
    answer = client.post("/cds-services/leg-cramps", data=body, content_type="application/json")
    refused(answer, 400, "structure", rule)
    assert services.calls == []


@pytest.mark.parametrize("accept", ["text/xml", "application/fhir+json", "text/html;q=0.1", "*/*", "x"])
def test_hook_services_answer_json_whatever_is_accepted(client: FlaskClient, accept: str) -> None:
    for answer in (
        client.get("/cds-services", headers={"Accept": accept}),
        client.post("/cds-services/leg-cramps", json=CALL, headers={"Accept": accept}),
    ):
        assert (answer.status_code, answer.content_type) == (200, "application/json")


def test_other_content_type_is_415(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.post("/cds-services/leg-cramps", data=json.dumps(CALL), content_type="text/plain")
    diagnostics = refused(answer, 415, "not-supported", "content-type-not-supported")
    assert "application/json" in diagnostics


def test_hooks_have_a_limit_of_their_own(
    make_client: Callable[..., FlaskClient], services: Services, refused: Callable[..., str]
) -> None:
    client = make_client(hooks=services, max_body=10, data_max_body=2000)
    assert client.post("/cds-services/leg-cramps", json=CALL).status_code == 200
    answer = client.post("/cds-services/leg-cramps", json={**CALL, "x": "y" * 2000})
    refused(answer, 413, "too-long", "body-too-large")


def test_log_holds_what_the_service_counts_and_nothing_of_the_request(
    make_client: Callable[..., FlaskClient], capsys: pytest.CaptureFixture[str]
) -> None:
    client = make_client(hooks=Services(Answer(log_fields={"cards": 2, "ask": 1})))
    client.post("/cds-services/leg-cramps", json={**CALL, "context": {"patientId": "19121212-1212"}})
    written = capsys.readouterr()
    entry = json.loads(written.err)
    assert (entry["route"], entry["cards"], entry["ask"]) == ("/cds-services/<service_id>", 2, 1)
    for word in ("19121212", "secret-token", "leg-cramps", "d1577c69"):
        assert word not in written.err + written.out
