"""The loop over HTTP: what was left undetermined is asked for, and the answers decide it, in $apply and in a hook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Artifact, Rendition
from tests.topics.server import client_of
from tests.unit.apply import asking
from tests.unit.apply.builders import bundle

if TYPE_CHECKING:
    from flask.testing import FlaskClient

SCOPE = {"id": "scope", "trigger": [{"type": "named-event", "name": "patient-view"}], "action": [asking.helps()]}
HELD = [Artifact(each.resource, {"sv": Rendition.of(b"{}")}) for each in asking.held(SCOPE).repository]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return client_of(HELD, evaluate_drafts=False)


def applied(client: FlaskClient, *data: dict[str, Any]) -> list[dict[str, Any]]:
    items = [
        {"name": "subject", "valueString": "Patient/1"},
        {"name": "data", "resource": bundle(asking.PATIENT, *data)},
    ]
    answer = client.post("/fhir/PlanDefinition/plan/$r5.apply", json={"resourceType": "Parameters", "parameter": items})
    assert answer.status_code == 200, answer.text
    return [each["resource"] for each in answer.json["entry"]]


def answer_to(form: dict[str, Any]) -> dict[str, Any]:
    """Return a response to a Questionnaire as a form filler makes it: yes to rain, no to all else."""

    def items(element: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {"linkId": each["linkId"], "item": items(each)}
            if each["type"] == "group"
            else {"linkId": each["linkId"], "answer": [{"valueBoolean": each["linkId"] == "rain"}]}
            for each in element["item"]
        ]

    about = {"status": "completed", "subject": {"reference": "Patient/1"}, "questionnaire": form["derivedFrom"][0]}
    return {"resourceType": "QuestionnaireResponse", "id": "r", **about, "item": items(form)}


def test_the_answers_to_what_is_asked_decide_it(client: FlaskClient) -> None:
    before = applied(client)
    (form,) = [each for each in before if each["resourceType"] == "Questionnaire"]
    after = [each["resourceType"] for each in applied(client, answer_to(form))]
    assert [each["resourceType"] for each in before] == ["RequestGroup", "GuidanceResponse", "Questionnaire", "Task"]
    assert after == ["RequestGroup", "ServiceRequest"]


def test_the_answers_under_their_prefetch_key_decide_a_hook(client: FlaskClient) -> None:
    (service,) = client.get("/cds-services").json["services"]
    assert service["prefetch"]["answers"].startswith("QuestionnaireResponse?")
    (form,) = [each for each in applied(client) if each["resourceType"] == "Questionnaire"]
    request = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/x", "patientId": "1"},
    }
    asked = client.post(f"/cds-services/{service['id']}", json=request)
    told = client.post(
        f"/cds-services/{service['id']}",
        json={**request, "prefetch": {"answers": bundle(answer_to(form), type="searchset")}},
    )
    assert "A" not in [each["summary"] for each in asked.json.get("cards", [])]
    assert [each["summary"] for each in told.json["cards"]] == ["A"]
