"""The page of rates tells rules and reasons in words where they are held here, and by their names where not."""

from __future__ import annotations

import pytest

from publisher.feedback import Rate
from publisher.repository import Artifact, Rendition, Repository
from server.pages.rates import rates_page
from server.site import Site
from tests.topics.server import settings_of

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
    site = Site(Repository([Artifact(REASONS, {"sv": Rendition.of(b"{}")})]), settings_of(), {})
    counts = {"https://x.example/CodeSystem/reasons|mood": 2, "https://x.example/CodeSystem/reasons|gone": 1}
    rate = Rate("service", "https://x.example/PlanDefinition/gone|1", "rule", 0, 3, counts)
    (row,) = rates_page(site, [rate], language)["rates"]
    assert row["reasons"] == [(mood, 2), ("https://x.example/CodeSystem/reasons|gone", 1)]
    assert (row["rule"], row["page"]) == ("rule", None)
