"""The pages to try tell what a missing answer changes, card by card and line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from publisher.cases.worked import WorkedRequest
from publisher.repository import Repository
from server.pages.try_it import TryIt
from server.settings import Settings
from server.turns import TURNS

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
WITH = [("A", "- one\n- two"), ("B", "- three")]


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    body: dict[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Service:
    """A service that answers with other cards where the key is not sent."""

    without: list[tuple[str, str]]

    def discovery(self, language: str) -> dict[str, Any]:
        return {"services": [{"id": "s", "title": language, "prefetch": {"conditions": "Condition?x"}}]}

    def explained(self, _: str, request: dict[str, Any], *__: Any) -> tuple[Any, list[Any]]:
        assert not TURNS.is_free
        told = WITH if "conditions" in request["prefetch"] else self.without
        cards = [{"summary": summary, "detail": detail} for summary, detail in told]
        return Answer({"cards": cards}), []

    def feedback(self, _: str, __: dict[str, Any], ___: str, *, counts: bool) -> Any:
        return Answer({"counted": counts})


def changed(without: list[tuple[str, str]]) -> dict[str, Any]:
    request = {"hook": "patient-view", "prefetch": {"conditions": {"resourceType": "Bundle", "type": "searchset"}}}
    one = WorkedRequest("t", {"en": "T"}, "p", {"en": "P"}, "s", request, NOW, card={}, is_scenario=True)
    settings = Settings(
        base_url="http://x",
        default_language="en",
        languages=("en",),
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: NOW,
        patients=lambda: [one],
    )
    with Flask(__name__).test_request_context("/"):
        (change,) = TryIt(Service(without), settings, Repository([])).patient("t", "p", "en", {})["changes"]
    return {name: sorted(change[name]) for name in ("lost", "gained", "gone", "come") if change[name]}


@pytest.mark.parametrize(
    ("without", "told"),
    [
        (WITH, {}),
        ([("B", "- three"), ("A", "- two\n- one")], {}),
        ([("A", "- one"), ("B", "- three")], {"gone": ["two"]}),
        ([("A", "- one\n- two"), ("B", "- three\n- four")], {"come": ["four"]}),
        ([("A", "- one\n- two\n- three")], {"lost": ["B"]}),
        ([("A", "- one"), ("B", "- three"), ("C", "- two\n- five")], {"gained": ["C"], "come": ["five"]}),
    ],
)
def test_cards_and_lines_that_come_and_go_are_told(without: list[tuple[str, str]], told: dict[str, list[str]]) -> None:
    assert changed(without) == told
