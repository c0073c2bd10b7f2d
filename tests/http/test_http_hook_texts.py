"""What is wrong with a hook request or with feedback is told in the language asked for, at the member.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service and https://cds-hooks.hl7.org/2.0/#feedback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server.settings import HookSettings
from tests.topics.server import client_of
from tests.topics.services import NOW, artifacts, request, service_of

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

SELECT = "/cds-services/example-sneeze-order-select"
DRAFT = "context.draftOrders.entry[0].resource"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    hooks = HookSettings(feedback=tmp_path / "feedback.sqlite")
    return client_of(artifacts(), now=lambda: NOW, hooks=hooks)


def told(answer: TestResponse, language: str, status: int = 400) -> list[tuple[str, str]]:
    """Return place and sentence of each issue of a refusal in a language."""
    assert (answer.status_code, answer.content_type) == (status, "application/fhir+json"), answer.text
    assert answer.headers["Content-Language"] == language
    return [(each.get("expression", [""])[0], each["diagnostics"]) for each in answer.json["issue"]]


def asked(client: FlaskClient, language: str | None, change: dict[str, Any], draft: Any = None) -> TestResponse:
    body = request("dust-for-sneeze")
    context = {**body["context"], **change.pop("context", {})}
    if draft is not None:
        context["draftOrders"]["entry"][0]["resource"] = {**context["draftOrders"]["entry"][0]["resource"], **draft}
    headers = {"Accept-Language": language} if language else {}
    return client.post(
        f"/cds-services/{service_of(body)}", json={**body, "context": context, **change}, headers=headers
    )


@pytest.mark.parametrize(
    ("change", "place", "swedish", "english"),
    [
        (
            {"hook": "order-sign"},
            "hook",
            "hook ska vara order-select, som tjänsten example-sneeze-order-select svarar på.",
            "hook must be order-select, which the service example-sneeze-order-select answers.",
        ),
        ({"hookInstance": "1"}, "hookInstance", "hookInstance ska vara ett UUID.", "hookInstance must be a UUID."),
        (
            {"prefetch": []},
            "prefetch",
            "prefetch ska vara ett objekt med nycklar och deras svar.",
            "prefetch must be an object of keys and their answers.",
        ),
        (
            {"context": {"userId": 1}},
            "context.userId",
            "context.userId ska vara en text för hooken order-select.",
            "context.userId must be text for the hook order-select.",
        ),
        (
            {"context": {"selections": {}}},
            "context.selections",
            "context.selections ska vara en lista för hooken order-select.",
            "context.selections must be an array for the hook order-select.",
        ),
        (
            {"context": {"draftOrders": []}},
            "context.draftOrders",
            "context.draftOrders ska vara ett objekt för hooken order-select.",
            "context.draftOrders must be an object for the hook order-select.",
        ),
        (
            {"context": {"patientId": "a b"}},
            "context.patientId",
            "context.patientId ska vara id för en Patient.",
            "context.patientId must be the id of a Patient.",
        ),
        (
            {"prefetch": {"patient": {"resourceType": "Patient", "id": "another"}}},
            "prefetch.patient",
            "prefetch.patient ska innehålla den Patient som context.patientId anger, med det id:t, och ingen annan.",
            "prefetch.patient must hold the Patient of context.patientId, with that id, and nobody else.",
        ),
        (
            {"context": {"selections": ["MedicationRequest/none"]}},
            "context.selections[0]",
            "context.selections[0] ska ange ett av utkasten, som i MedicationRequest/1 eller med fullUrl för dess "
            "entry.",
            "context.selections[0] must name one of the draft orders, as in MedicationRequest/1, or by the fullUrl of "
            "its entry.",
        ),
    ],
)
def test_a_member_of_a_request_is_told_of_in_either_language(
    client: FlaskClient, change: dict[str, Any], place: str, swedish: str, english: str
) -> None:
    assert told(asked(client, None, dict(change)), "sv") == [(place, swedish)]
    assert told(asked(client, "en", dict(change)), "en") == [(place, english)]


@pytest.mark.parametrize(
    ("draft", "place", "swedish", "english"),
    [
        (
            {"dosageInstruction": [{"text": "x"}, {"text": 1}]},
            ".dosageInstruction[1].text",
            "ska vara som FHIR R4 har det i MedicationRequest.",
            "must be as FHIR R4 has it in MedicationRequest.",
        ),
        (
            {"note": [{"text": "x"}], "modifierExtension": [{"url": "https://record.example/not"}]},
            ".modifierExtension",
            "kan ändra vad resten betyder och är inte känt här, så denna MedicationRequest går inte att bedöma.",
            "may change what the rest means and is not known here, so that this MedicationRequest cannot be judged.",
        ),
        ({"subject": {"reference": "Patient/2"}}, ".subject", "ska ange patienten i", "must name the patient of"),
        (
            {"resourceType": "medicationrequest"},
            ".resourceType",
            "ska vara en typ i FHIR R4; menade du MedicationRequest?",
            "must be a type of FHIR R4; did you mean MedicationRequest?",
        ),
    ],
)
def test_a_draft_is_told_of_in_either_language(
    client: FlaskClient, draft: dict[str, Any], place: str, swedish: str, english: str
) -> None:
    for language, said in (("sv", swedish), ("en", english)):
        (where, sentence), *_ = told(asked(client, language, {}, draft), language)
        assert where == f"{DRAFT}{place}"
        assert sentence.startswith(f"{DRAFT}{place} {said}")


@pytest.mark.parametrize(
    ("change", "place", "swedish", "english"),
    [
        ({"card": "x"}, ".card", "ska vara uuid för ett kort från den här tjänsten.", "must be the uuid of a card"),
        ({"outcome": "ignored"}, ".outcome", "ska vara accepted eller overridden.", "must be accepted or overridden."),
        ({"outcomeTimestamp": "now"}, ".outcomeTimestamp", "ska vara en tidpunkt i UTC", "must be a moment in UTC"),
        ({"overrideReason": 1}, ".overrideReason", "ska ha en reason, som är en Coding", "must have a reason, which"),
        (
            {"outcome": "accepted"},
            ".acceptedSuggestions",
            "ska ange ett förslag på kortet.",
            "must name a suggestion of the card.",
        ),
    ],
)
def test_feedback_is_told_of_in_either_language(
    client: FlaskClient, change: dict[str, Any], place: str, swedish: str, english: str
) -> None:
    card = asked(client, "en", {}).json["cards"][0]["uuid"]
    item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-01-02T12:00:00Z", **change}
    for language, said in (("sv", swedish), ("en", english)):
        headers = {"Accept-Language": language}
        answer = client.post(f"{SELECT}/feedback", json={"feedback": [item]}, headers=headers)
        ((where, sentence),) = told(answer, language)
        assert where == f"feedback[0]{place}"
        assert sentence.startswith(f"{where} {said}")


def test_feedback_to_a_service_that_is_not_there_is_404_in_either_language(client: FlaskClient) -> None:
    for language, said in (("sv", "Här finns ingen CDS-tjänst"), ("en", "There is no CDS service")):
        answer = client.post("/cds-services/none/feedback", json={}, headers={"Accept-Language": language})
        ((_, sentence),) = told(answer, language, 404)
        assert sentence.startswith(said)
