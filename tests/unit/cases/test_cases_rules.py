"""Each rule on worked patients is shown by a test; here those that no single change of a file can show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.cases.comparison import differences
from publisher.cases.finding import Found, Made
from publisher.rules import CASES

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Patients

TESTS = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py"))
MADE = {action: Made(action, ("EX-ADV-01",), "info") for action in ("one", "two")}


def found(patients: Patients, **other: object) -> Found:
    """Return what came of the first case, `other` of it in English."""
    first = patients.results()[0].found
    assert first is not None
    return replace(first, answers={**first.answers, "en": replace(first.answers["en"], **other)})


def rules(found: Found) -> list[str]:
    return [issue.rule for issue in differences(found)]


def test_a_language_with_other_cards_or_fewer_lines_is_reported(patients: Patients) -> None:
    assert rules(found(patients)) == []
    assert rules(found(patients, made=())) == ["case-language"]
    assert rules(found(patients, lines=("Ask.",))) == ["case-language"]


def test_cards_in_another_order_are_reported(patients: Patients) -> None:
    came = found(patients)
    answers = {language: replace(one, made=(MADE["two"], MADE["one"])) for language, one in came.answers.items()}
    cards = [{"action": one, "statements": ["EX-ADV-01"]} for one in ("one", "two")]
    case = replace(came.case, value={**came.case.value, "expect": {"cards": cards}})
    assert rules(Found(case, answers, came.applied)) == ["case-order"]


def test_actions_of_a_plan_are_as_complete_as_cards(patients: Patients) -> None:
    came = found(patients)
    value = {**came.case.value, "expect": {"actions": [{"action": "other", "statements": ["EX-ADV-01"]}]}}
    del value["hook"]
    found_rules = rules(replace(came, case=replace(came.case, value={**value, "apply": "PlanDefinition/x"})))
    assert found_rules == ["case-action-missing", "case-action-unexpected"]


def test_what_no_value_set_can_judge_is_counted(patients: Patients) -> None:
    came = found(patients)
    assert came.applied is not None
    applied = replace(came.applied, unrecognised=(("https://example.org/fhir/ValueSet/x|1.0.0", 2),))
    assert rules(replace(came, applied=applied)) == ["case-unrecognised"]


def test_every_rule_is_named_in_a_test() -> None:
    assert [code for code in CASES if code not in TESTS] == []
