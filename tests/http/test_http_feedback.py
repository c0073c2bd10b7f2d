"""Feedback over HTTP: https://cds-hooks.hl7.org/2.0/#feedback."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.feedback import FeedbackStore
from publisher.feedback_reading import MOST_ITEMS
from server.evaluator import RETRY_SECONDS
from server.serve import application, serve
from server.settings import HookSettings, Settings
from tests.topics.server import client_of
from tests.topics.services import NOW, artifacts, request, service_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

RELEASE = Path(__file__).parent.parent.parent / "artifacts"
SERVICE = "/cds-services/example-sneeze-order-select"


@pytest.fixture
def counting(tmp_path: Path) -> FlaskClient:
    hooks = HookSettings(feedback=tmp_path / "feedback.sqlite")
    return client_of(artifacts(), now=lambda: NOW, hooks=hooks, cors_origins=("https://ehr.example",))


def overridden(client: FlaskClient) -> dict[str, Any]:
    asked = request("dust-for-sneeze")
    answer = client.post(f"/cds-services/{service_of(asked)}", json=asked)
    assert answer.status_code == 200
    card = answer.json["cards"][0]["uuid"]
    return {"feedback": [{"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-01-02T12:00:00Z"}]}


def test_feedback_is_counted_and_answered_without_content(counting: FlaskClient, tmp_path: Path) -> None:
    answer = counting.post(f"{SERVICE}/feedback", json=overridden(counting))
    assert (answer.status_code, answer.data) == (200, b"")
    assert [rate.overridden for rate in FeedbackStore(tmp_path / "feedback.sqlite").rates()] == [1]


def test_feedback_that_is_wrong_is_refused_by_its_place(counting: FlaskClient) -> None:
    body = overridden(counting)
    body["feedback"][0]["card"] = "x"
    answer = counting.post(f"{SERVICE}/feedback", json=body)
    assert (answer.status_code, answer.content_type) == (400, "application/fhir+json")
    (issue,) = answer.json["issue"]
    assert (issue["details"]["text"], issue["expression"]) == ("feedback-card", ["feedback[0].card"])


def test_the_line_of_feedback_that_cannot_be_read_names_the_service_where_it_is_one_of_ours(
    counting: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for service in (SERVICE, "/cds-services/19121212-1212"):
        for kind, status in (("application/json", 400), ("text/plain", 415)):
            assert counting.post(f"{service}/feedback", data=b"{", content_type=kind).status_code == status
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    named = SERVICE.rpartition("/")[2]
    assert [(line["status"], line.get("service")) for line in lines] == [
        (400, named), (415, named), (400, None), (415, None)
    ]  # fmt: skip


def test_as_many_items_as_are_taken_may_each_have_a_long_comment(counting: FlaskClient, tmp_path: Path) -> None:
    (item,) = overridden(counting)["feedback"]
    body = {"feedback": [{**item, "overrideReason": {"userComment": "x" * 2_000}}] * MOST_ITEMS}
    assert counting.post(f"{SERVICE}/feedback", json=body).status_code == 200
    assert [rate.overridden for rate in FeedbackStore(tmp_path / "feedback.sqlite").rates()] == [1]


def test_the_log_counts_outcomes_and_quotes_nothing(counting: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    body = overridden(counting)
    body["feedback"][0]["overrideReason"] = {"userComment": "Karin Karlsson"}
    capsys.readouterr()
    counting.post(f"{SERVICE}/feedback", json=body)
    written = capsys.readouterr().err
    assert '"outcomes": 1' in written
    for word in ("Karin", body["feedback"][0]["card"]):
        assert word not in written


def test_a_browser_client_may_send_it_where_it_is_allowed(counting: FlaskClient) -> None:
    headers = {"Origin": "https://ehr.example", "Access-Control-Request-Method": "POST"}
    answer = counting.options(f"{SERVICE}/feedback", headers=headers)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://ehr.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_cards_come_though_they_cannot_be_counted(
    counting: FlaskClient, tmp_path: Path, refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "feedback.sqlite").write_bytes(b"no database, and long enough to be read as the head of one " * 4)
    refused(counting.post(f"{SERVICE}/feedback", json={}), 503, "no-store", "feedback-file")
    body = overridden(counting)
    assert '"error": "feedback-file"' in capsys.readouterr().err
    refused(counting.post(f"{SERVICE}/feedback", json=body), 503, "no-store", "feedback-file")
    assert counting.get("/feedback").status_code == 503


def test_a_file_that_can_be_used_later_counts_without_a_restart(
    settings: dict[str, Any], tmp_path: Path, refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    path, seconds = tmp_path / "feedback.sqlite", [0.0]
    path.write_bytes(b"no database, and long enough to be read as the head of one " * 4)
    held = {**settings, "evaluate_drafts": True, "now": lambda: NOW, "timer": lambda: seconds[0]}
    client = application(artifacts(), Settings(**held, hooks=HookSettings(feedback=path))).test_client()
    for moment, tries in ((0, 1), (RETRY_SECONDS - 1, 0), (RETRY_SECONDS, 1), (RETRY_SECONDS * 2 - 1, 0)):
        seconds[0] = moment
        refused(client.post(f"{SERVICE}/feedback", json=overridden(client)), 503, "no-store", "feedback-file")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        assert lines.count({"level": "error", "error": "feedback-file"}) == tries, moment
        assert (lines[-1]["status"], lines[-1]["error"]) == (503, "feedback-file")
    path.unlink()
    refused(client.post(f"{SERVICE}/feedback", json=overridden(client)), 503, "no-store", "feedback-file")
    seconds[0] = RETRY_SECONDS * 2
    assert client.post(f"{SERVICE}/feedback", json=overridden(client)).status_code == 200
    assert [rate.overridden for rate in FeedbackStore(path).rates()] == [1]
    assert client.get("/feedback").status_code == 200


def test_the_page_of_rates_is_for_everybody_only_where_no_sign_in_is_asked_for(
    settings: dict[str, Any], tmp_path: Path, refused: Callable[..., str]
) -> None:
    for clients, status in ((None, 200), (tmp_path / "clients.json", 404)):
        hooks = HookSettings(feedback=tmp_path / "feedback.sqlite", clients=clients)
        client = application(artifacts(), Settings(**{**settings, "evaluate_drafts": True}, hooks=hooks)).test_client()
        answer = client.get("/feedback")
        assert answer.status_code == status
        assert ('href="feedback?' in client.get("/").text) is (status == 200)
    refused(answer, 404, "not-found", "address-unknown")


def test_without_the_option_there_is_no_such_address(settings: dict[str, Any], refused: Callable[..., str]) -> None:
    client = application(artifacts(), Settings(**{**settings, "evaluate_drafts": True})).test_client()
    refused(client.post(f"{SERVICE}/feedback", json={}), 404, "not-found", "address-unknown")


def test_the_file_is_for_its_owner_alone(counting: FlaskClient, tmp_path: Path) -> None:
    overridden(counting)
    assert [stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("feedback*")] == [0o600]


def test_where_the_file_cannot_be_used_cards_still_come_and_feedback_is_503(
    counting: FlaskClient, tmp_path: Path, refused: Callable[..., str]
) -> None:
    body = overridden(counting)
    (tmp_path / "feedback.sqlite").write_bytes(b"no database" * 1000)
    said = refused(counting.post(f"{SERVICE}/feedback", json=body), 503, "no-store", "feedback-file")
    assert said.startswith("Återkopplingen kan inte räknas")
    assert overridden(counting) == body


def test_a_file_that_cannot_be_used_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path, rule, option in (("feedback", "feedback-file", "--feedback"), ("tokens", "tokens-file", "--tokens")):
        (tmp_path / "clients.json").write_text('{"clients": []}', encoding="utf-8")
        hooks = {path: tmp_path / "none" / "x", "clients": tmp_path / "clients.json"}
        status = serve(
            RELEASE, host="127.0.0.1", port=0, base_url="http://x", evaluate_drafts=True, evaluator=True, workers=1,
            now=lambda: NOW, hooks=hooks,
        )  # fmt: skip
        assert status == 1
        said = capsys.readouterr().err
        assert f"error {rule}: " in said
        assert said.endswith(f"choose another with {option}.\n")
