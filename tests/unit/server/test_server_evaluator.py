"""The evaluator behind the routes: made once, at its first use, with the server's settings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.issue import IssueError
from publisher.repository import Artifact, Rendition, Repository
from server.evaluator import Evaluator
from server.settings import Settings
from tests.topics.server import settings_of

PLAN = {
    "resourceType": "PlanDefinition",
    "id": "plan",
    "language": "sv",
    "url": "https://vademecum.example/fhir/PlanDefinition/plan",
    "version": "1.0.0",
    "status": "draft",
    "title": "Plan",
    "action": [{"trigger": [{"type": "named-event", "name": "patient-view"}], "title": "Omfattning"}],
}


def evaluator(*, evaluate_drafts: bool) -> Evaluator:
    """Return the evaluator of a server that holds one draft."""
    return Evaluator(
        Repository([Artifact(PLAN, {"sv": Rendition.of(b"{}")})], drafts=evaluate_drafts),
        settings_of(evaluate_drafts=evaluate_drafts),
    )


def test_draft_is_a_service_only_where_drafts_are_evaluated() -> None:
    assert evaluator(evaluate_drafts=False).discovery("sv") == {"services": []}
    (service,) = evaluator(evaluate_drafts=True).discovery("sv")["services"]
    assert (service["id"], service["hook"]) == ("plan", "patient-view")


def test_draft_is_applied_only_where_drafts_are_evaluated() -> None:
    inputs = {"subject": ["Patient/1"]}
    with pytest.raises(IssueError) as refused:
        evaluator(evaluate_drafts=False).apply("PlanDefinition/apply", "plan", inputs, "sv")
    assert [issue.rule for issue in refused.value.report] == ["plan-status"]
    assert (
        evaluator(evaluate_drafts=True).apply("PlanDefinition/apply", "plan", inputs, "sv").value["status"] == "draft"
    )


def test_call_goes_to_the_service() -> None:
    made = evaluator(evaluate_drafts=True)
    call = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "1"},
    }
    assert made.call("plan", call, "sv").status == 200
    assert made.call("other", call, "sv").status == 404


def test_evaluator_is_made_once() -> None:
    made = evaluator(evaluate_drafts=True)
    made.discovery("sv")
    parts = made._parts  # noqa: SLF001  that it is kept is the point
    made.discovery("en")
    assert made._parts is parts  # noqa: SLF001


def test_ids_of_results_follow_from_the_release() -> None:
    def ids(body: bytes) -> list[str]:
        settings = Settings(
            base_url="https://x.example",
            default_language="sv",
            languages=("sv",),
            evaluate_drafts=True,
            evaluator=True,
            now=lambda: datetime(2026, 6, 1, tzinfo=UTC),
        )
        made = Evaluator(Repository([Artifact(PLAN, {"sv": Rendition.of(body)})], drafts=True), settings)
        result = made.apply("PlanDefinition/r5.apply", "plan", {"subject": ["Patient/1"]}, "sv")
        return [entry["fullUrl"] for entry in result.value["entry"]]

    assert ids(b"{}") == ids(b"{}")
    assert ids(b"{}") != ids(b"{ }")
