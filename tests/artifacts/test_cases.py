"""The worked patients of the shipped topics: each gets what its file expects, and together they reach everything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cases.finding import Runner
from publisher.cases_command import compiled_suite
from publisher.proof.coverage import coverage_of
from publisher.proof.declared import declared
from tests.artifacts.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.cases.suite import Result

SUITE, REPORT = compiled_suite(ROOT / "artifacts")
assert SUITE is not None, REPORT.to_text()
RESULTS = SUITE.results()
COVERAGE = [
    coverage_of(SUITE.about[topic], RESULTS, SUITE.runner.knowledge, SUITE.catalogue, declared(SUITE.root / topic))
    for topic in sorted({one.case.topic for one in RESULTS})
]
WITHOUT_INTENT = {"CommunicationRequest"}  # R4 gives it none
AMOUNT = re.compile(r"\d+ ?(mg|g|ml|min|mmol|tablett|dag|day|week|veck)", re.IGNORECASE)
SCENARIOS = ("D01", "D02", "D03", "D04", "D10a", "D10b", "D11")


def cards(result: Result) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each card of a case in each language."""
    for language, answer in result.found.answers.items() if result.found else ():
        yield from ((language, card) for card in answer.body.get("cards", ()))


@pytest.mark.parametrize("result", RESULTS, ids=lambda one: f"{one.case.topic}-{one.case.id}")
def test_a_worked_patient_gets_what_is_expected(result: Result) -> None:
    assert [str(issue) for issue in result.issues] == []


@pytest.mark.parametrize("coverage", COVERAGE, ids=lambda one: one.topic.id)
def test_every_value_of_a_condition_both_sides_of_a_rule_and_every_atom_are_shown(coverage: Any) -> None:
    assert coverage.missing == []
    assert list(coverage.issues()) == []
    assert len(coverage.conditions) >= 100
    assert len(coverage.rules) >= 100


def test_every_scenario_has_a_case() -> None:
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
            assert resource["status"] == "draft"
            assert resource.get("intent", "proposal") == "proposal"
            assert "intent" in resource or resource["resourceType"] in WITHOUT_INTENT
            assert "dosageInstruction" not in resource
    for answer in result.found.answers.values() if result.found else ():
        assert len(answer.body.get("cards", ())) <= 3
        assert "systemActions" not in answer.body
        assert f'"{result.case.value["patient"].get("birthDate", "none")}"' not in json.dumps(answer.body)


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
    assert told["d01-nothing-else-known"] == told["d01-no-data"]
    assert set(told["d01-nothing-else-known"]) < set(told["d10b-medication-list-refused"])
    assert told["view-orders-absent"] == ()
    assert set(told["view-observations-absent"]).isdisjoint(told["d10b-medication-list-refused"])
