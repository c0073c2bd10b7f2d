"""The page of rates tells rules and reasons in words where they are held here, and by their names where not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.feedback import Rate
from publisher.repository import Artifact, Rendition, Repository
from server.pages.rates import rates_page
from server.settings import Settings
from server.site import Site

REASONS = {
    "resourceType": "CodeSystem",
    "id": "reasons",
    "language": "sv",
    "url": "https://x.example/CodeSystem/reasons",
    "version": "1",
    "status": "active",
    "concept": [{"code": "mood", "display": "Humör", "designation": [{"language": "en", "value": "Mood"}]}],
}


@pytest.mark.parametrize(("language", "mood"), [("sv", "Humör"), ("en", "Mood")])
def test_a_reason_is_told_by_its_display(language: str, mood: str) -> None:
    settings = Settings(
        base_url="http://x",
        default_language="sv",
        languages=("sv", "en"),
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    site = Site(Repository([Artifact(REASONS, {"sv": Rendition.of(b"{}")})]), settings, {})
    counts = {"https://x.example/CodeSystem/reasons|mood": 2, "https://x.example/CodeSystem/reasons|gone": 1}
    rate = Rate("service", "https://x.example/PlanDefinition/gone|1", "rule", 0, 3, counts)
    (row,) = rates_page(site, [rate], language)["rates"]
    assert row["reasons"] == [(mood, 2), ("https://x.example/CodeSystem/reasons|gone", 1)]
    assert (row["rule"], row["page"]) == ("rule", None)
