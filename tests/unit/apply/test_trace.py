"""The trace: why each action applies, does not apply or cannot be decided."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.apply.call import Caller
from publisher.apply.knowledge import Knowledge
from publisher.apply.operation import OPERATIONS
from publisher.apply.trace import parts_json, trace_text
from publisher.release import load_release
from publisher.repository import Repository
from tests.artifacts.patients import condition
from tests.unit.apply.builders import activity, apply, bundle, does, knowledge, plan, when

KNOWLEDGE = Knowledge(Repository(load_release(Path(__file__).parents[3] / "artifacts"), drafts=True))


def traced(language: str) -> list[dict[str, Any]]:
    caller = Caller(language, ("sv", "en"), evaluate_drafts=True, now=datetime(2026, 11, 22, tzinfo=UTC))
    values = {"subject": ["Patient/example-patient"], "data": [bundle(condition())], "trace": [True]}
    found = OPERATIONS["PlanDefinition/apply"](KNOWLEDGE, "leg-cramps-patient-view", values, caller)
    assert [each["name"] for each in found["parameter"]] == ["return", "trace"]
    return parts_json(found["parameter"][1])


def test_each_action_is_told_with_condition_data_and_statements() -> None:
    scope, *_, last = traced("en")
    assert (scope["state"], last["state"]) == ("applied", "undetermined")
    assert scope["conditions"] == [{"words": "Current leg cramp", "value": "true"}]
    assert scope["used"][0]["reference"].startswith("Condition/")
    assert scope["used"][0]["display"].endswith("R25.2")
    assert last["conditions"][0]["value"] == "open"
    assert ["medication list" in each for each in last["missing"]] == [True]
    assert last["statements"][0].startswith("BK-")


def test_the_text_of_a_trace_is_in_the_language_asked_for() -> None:
    english, swedish = trace_text(traced("en"), "en"), trace_text(traced("sv"), "sv")
    assert "CANNOT BE DECIDED: Consider a medication review" in english
    assert "  missing: " in english
    assert "medication list" in english
    assert "KAN INTE AVGÖRAS: Överväg" in swedish
    assert not set("åäöÅÄÖ") & set(english)


def test_an_action_that_does_not_apply_and_one_that_failed_are_told_too() -> None:
    held = knowledge(plan(does(**when("false")), does(id="b", **when("1 +"))), activity())
    found = apply("PlanDefinition/r5.apply", held, "plan", trace=[True])
    first, second = parts_json(found["parameter"][1])
    assert (first["state"], second["state"]) == ("not-applied", "undetermined")
    assert second["conditions"][0]["error"]
    assert "DOES NOT APPLY: A [a]" in trace_text([first, second], "en")
