"""Attacks on the hook services that a plain Flask route does not withstand, and this server does: docs/threats.md."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request

from server.limit import ClientLimit
from server.replay import ReplayStore
from server.serve import application
from server.settings import Settings
from server.trust import Trust
from tests.http.test_http_trust import KEYS
from tests.topics import services as sneeze

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ADDRESS = "/cds-services/example-sneeze-patient-view"
JSON = {"Content-Type": "application/json"}
WORD = "Testsson-Provberg"


@pytest.fixture
def ours(settings: dict[str, Any]) -> FlaskClient:
    held = {**settings, "evaluate_drafts": True, "now": lambda: sneeze.NOW, "data_max_body": 1024 * 1024}
    return application(sneeze.artifacts(), Settings(**held)).test_client()


@pytest.fixture
def plain() -> FlaskClient:
    """Return a service as one is quickly written: it reads what comes, and answers with a card about it."""
    app = Flask("plain")

    @app.get("/cds-services")
    def discovery() -> Any:
        return {"services": [{"id": "example-sneeze-patient-view", "url": f"{request.url_root}cds-services"}]}

    @app.post("/cds-services/<service>")
    def call(service: str) -> Any:
        asked = request.get_json()
        texts = [
            str(entry["resource"]["code"].get("text")) for entry in asked["prefetch"]["conditions"].get("entry", ())
        ]
        return {"cards": [{"summary": service, "detail": ", ".join(texts), "source": {"label": json.dumps(asked)}}]}

    return app.test_client()


def asked() -> dict[str, Any]:
    return sneeze.request("a-feather-is-near")


def post(client: FlaskClient, body: Any, **headers: str) -> TestResponse:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(ADDRESS, data=data, headers={**JSON, **headers})


def refuses(status: int) -> Callable[[TestResponse], bool]:
    """Return whether an answer refuses with a status and an OperationOutcome."""

    def check(answer: TestResponse) -> bool:
        is_outcome = answer.content_type == "application/fhir+json"
        return answer.status_code == status and is_outcome and "Traceback" not in answer.text

    return check


def nested(client: FlaskClient) -> TestResponse:
    return post(client, b'{"prefetch": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def huge(client: FlaskClient) -> TestResponse:
    return post(client, {**asked(), "extension": {"x": "y" * 2 * 1024 * 1024}})


def compressed(client: FlaskClient) -> TestResponse:
    return post(client, gzip.compress(json.dumps(asked()).encode()), **{"Content-Encoding": "gzip"})


def repeated(client: FlaskClient) -> TestResponse:
    text = json.dumps(asked())
    return post(client, text.replace('"patientId"', '"patientId": "another", "patientId"', 1).encode())


def not_a_number(client: FlaskClient) -> TestResponse:
    return post(client, json.dumps({**asked(), "extension": {"x": float("nan")}}).encode())


def cut(client: FlaskClient) -> TestResponse:
    return post(client, json.dumps(asked()).encode()[:-20])


def wrong_shape(client: FlaskClient) -> TestResponse:
    return post(client, {**asked(), "prefetch": 3})


def wrong_hook(client: FlaskClient) -> TestResponse:
    return post(client, {**asked(), "hook": "order-sign"})


def in_utf_16(client: FlaskClient) -> TestResponse:
    return post(client, json.dumps(asked()).encode("utf-16"))


def half_a_character(client: FlaskClient) -> TestResponse:
    return post(client, {**asked(), "extension": {"x": "\ud800"}})


def as_xml(client: FlaskClient) -> TestResponse:
    entities = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    return post(client, entities, **{"Content-Type": "application/fhir+xml"})


def as_text(client: FlaskClient) -> TestResponse:
    return post(client, json.dumps(asked()).encode(), **{"Content-Type": "text/plain"})


def written_over(client: FlaskClient) -> TestResponse:
    return client.put(ADDRESS, json=asked())


def taken_away(client: FlaskClient) -> TestResponse:
    return client.delete("/fhir/PlanDefinition/example-sneeze-patient-view")


@pytest.mark.parametrize(
    ("attack", "status"),
    [
        (in_utf_16, 400),
        (half_a_character, 400),
        (as_xml, 415),
        (as_text, 415),
        (written_over, 405),
        (taken_away, 405),
        (nested, 400),
        (huge, 413),
        (compressed, 415),
        (repeated, 400),
        (not_a_number, 400),
        (cut, 400),
        (wrong_shape, 400),
        (wrong_hook, 400),
    ],
)
def test_a_body_that_must_not_be_read_is_refused(
    ours: FlaskClient, plain: FlaskClient, attack: Callable[[FlaskClient], TestResponse], status: int
) -> None:
    assert refuses(status)(attack(ours))
    assert not refuses(status)(attack(plain))


def test_a_token_of_the_record_system_goes_nowhere(ours: FlaskClient, plain: FlaskClient) -> None:
    body = {**asked(), "fhirServer": "https://ehr.example", "fhirAuthorization": {"access_token": WORD}}
    assert WORD not in post(ours, body).text
    assert WORD in post(plain, body).text


def test_text_of_the_record_is_no_markup(ours: FlaskClient, plain: FlaskClient) -> None:
    body = asked()
    for key in ("conditions", "observations"):
        for entry in body["prefetch"][key]["entry"]:
            entry["resource"]["code"]["text"] = "<img src=x onerror=alert(1)>"
            entry["resource"]["code"]["coding"][0]["display"] = "<img src=x onerror=alert(1)>"
    assert "<img" not in post(ours, body).text
    assert "&lt;img" in post(ours, body).text
    assert "<img" in post(plain, body).text


def test_a_refusal_does_not_repeat_what_was_sent(ours: FlaskClient, plain: FlaskClient) -> None:
    assert WORD not in ours.post(f"/cds-services/{WORD}", json=asked()).text
    assert WORD in plain.post(f"/cds-services/{WORD}", json=asked()).text


def test_a_client_that_asks_without_end_has_to_wait(settings: dict[str, Any], plain: FlaskClient) -> None:
    held = {**settings, "evaluate_drafts": True, "now": lambda: sneeze.NOW, "wait": ClientLimit(3, lambda: 0.0).wait}
    client = application(sneeze.artifacts(), Settings(**held)).test_client()
    answers = [post(client, asked()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert refuses(429)(answers[-1])
    assert {post(plain, asked()).status_code for _ in range(5)} == {200}


def test_the_host_header_does_not_move_the_service(ours: FlaskClient, plain: FlaskClient) -> None:
    headers = {"Host": "stranger.example", "X-Forwarded-Host": "stranger.example"}
    assert "stranger" not in ours.get("/cds-services", headers=headers).text
    assert "stranger" not in post(ours, asked(), **headers).text
    assert "stranger" in plain.get("/cds-services", headers=headers).text


def test_a_caller_without_a_token_gets_nothing_where_one_is_asked_for(
    settings: dict[str, Any], plain: FlaskClient, tmp_path: Path
) -> None:
    (tmp_path / "clients.json").write_text(KEYS, encoding="utf-8")
    gate = Trust(tmp_path / "clients.json", ReplayStore(tmp_path / "tokens.sqlite"), lambda: sneeze.NOW)
    client = application(sneeze.artifacts(), Settings(**{**settings, "evaluate_drafts": True}), gate=gate).test_client()
    assert refuses(401)(post(client, asked()))
    assert refuses(401)(client.get("/cds-services"))
    assert post(plain, asked()).status_code == 200


def test_another_patients_data_count_for_nothing(ours: FlaskClient, plain: FlaskClient) -> None:
    body = asked()
    for entry in body["prefetch"]["observations"]["entry"]:
        entry["resource"]["subject"] = {"reference": "Patient/another"}
    mine, theirs = post(ours, asked()), post(ours, body)
    assert [card["summary"] for card in mine.json["cards"]] != [card["summary"] for card in theirs.json["cards"]]
    assert post(plain, body).json["cards"][0]["detail"] == post(plain, asked()).json["cards"][0]["detail"]
