"""The worked patients of the shipped topics: each gets what its file expects, and together they reach everything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cases.finding import Runner
from publisher.cases.reached import reached
from publisher.cases_command import compiled_suite
from tests.artifacts.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.cases.suite import Result

SUITE, REPORT = compiled_suite(ROOT / "artifacts")
assert SUITE is not None, REPORT.to_text()
RESULTS = SUITE.results()
REACH = list(reached(RESULTS, SUITE.runner.knowledge, SUITE.topics))
AMOUNT = re.compile(r"\d+ ?(mg|g|ml|min|mmol|tablett|dag|day|week|veck)", re.IGNORECASE)
SCENARIOS = ("D01", "D02", "D03", "D04", "D10a", "D10b", "D11")


def cards(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each card of a case in each language."""
    for language, answer in result.found.answers.items() if result.found else ():
        yield from ((language, card) for card in answer.body.get("cards", ()))


@pytest.mark.parametrize("result", RESULTS, ids=lambda one: f"{one.case.topic}-{one.case.id}")
def test_a_worked_patient_gets_what_is_expected(result: Result) -> None:
    assert [str(issue) for issue in result.issues] == []


@pytest.mark.parametrize("reach", REACH, ids=lambda one: f"{one.topic}-{one.name}")
def test_every_value_of_a_condition_and_both_sides_of_a_rule_are_reached(reach: Any) -> None:
    assert list(reach.missing) == []


def test_the_conditions_and_rules_of_the_topic_are_all_looked_at() -> None:
    assert sum(one.kind == "condition" for one in REACH) >= 5
    assert {one.name for one in REACH if one.kind == "rule"} >= {"leg-examination", "statin-review"}


def test_every_scenario_within_reach_of_the_rules_has_a_case() -> None:
    assert set(SCENARIOS) <= {one.case.value.get("scenario") for one in RESULTS}


@pytest.mark.parametrize("result", RESULTS, ids=lambda one: one.case.id)
def test_what_holds_in_every_scenario_holds_here(result: Result) -> None:
    for language, card in cards(result):
        assert len(card["summary"]) < 140
        assert card["source"]["label"]
        assert card["source"]["url"].startswith("https://")
        assert "<" not in card["summary"] + card["detail"]
        assert not AMOUNT.search(card["summary"] + card["detail"])
        provenance = card["extension"]["example.vademecum.provenance"]
        assert "|" in provenance["canonical"]
        assert all(statement in card["detail"] for statement in provenance["statements"])
        assert {"sv": "Utkast:", "en": "Draft:"}[language] in card["detail"]
        for resource in proposals(card):
            assert (resource["status"], resource.get("intent")) == ("draft", "proposal")
            assert "dosageInstruction" not in resource
    for answer in result.found.answers.values() if result.found else ():
        assert len(answer.body.get("cards", ())) <= 3
        assert "systemActions" not in answer.body
        assert str(result.case.value["patient"]["birthDate"]) not in json.dumps(answer.body)


def proposals(card: dict[str, Any]) -> list[dict[str, Any]]:
    actions = [action for one in card.get("suggestions", ()) for action in one["actions"]]
    return [action["resource"] for action in actions if "resource" in action]


@pytest.mark.parametrize("result", RESULTS, ids=lambda one: one.case.id)
def test_the_same_question_gets_the_same_bytes(result: Result) -> None:
    assert SUITE is not None
    again = Runner(SUITE.runner.knowledge, ("sv", "en")).run(result.prepared)
    assert result.found is not None
    assert {name: one.body for name, one in again.answers.items()} == {
        name: one.body for name, one in result.found.answers.items()
    }


def test_unknown_empty_and_complete_lists_are_told_apart() -> None:
    told = {one.case.id: one.found.answer.lines for one in RESULTS if one.found}
    assert told["d01-nothing-else-known"] == ()
    assert told["d10b-medication-list-refused"] != told["no-statin-on-the-first-page"] != ()
