"""What the server says, in both languages, and the status that goes with it."""

from __future__ import annotations

import json
import re

import pytest

from publisher.issue import Issue, Report, Source
from publisher.r4 import definitions
from server.messages import MESSAGES, quoted
from server.outcome import STATUS_OF_CODE, STATUS_OF_RULE, RefusalError, outcome_body, status_of

ISSUE_TYPES = "http://hl7.org/fhir/issue-type"
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("rule", MESSAGES)
def test_languages_say_the_same_with_the_same_values(rule: str) -> None:
    message = MESSAGES[rule]
    assert sorted(PLACEHOLDER.findall(message.en)) == sorted(PLACEHOLDER.findall(message.sv))
    assert message.en != message.sv
    assert message.en.endswith(".")
    assert message.sv.endswith(".")


@pytest.mark.parametrize("rule", MESSAGES)
def test_message_names_an_issue_type_of_r4(rule: str) -> None:
    system = definitions.code_system(ISSUE_TYPES)
    assert system is not None
    assert MESSAGES[rule].code in system.displays


def test_every_issue_type_of_r4_has_a_status() -> None:
    system = definitions.code_system(ISSUE_TYPES)
    assert system is not None
    assert set(STATUS_OF_CODE) == set(system.displays)


def test_rules_with_a_status_of_their_own_exist() -> None:
    assert set(STATUS_OF_RULE) <= set(MESSAGES)


def test_status_is_that_of_the_first_error() -> None:
    found = [Issue.warning("value", "a", "A."), Issue.error("not-found", "b", "B."), Issue.error("value", "c", "C.")]
    assert status_of(Report(found)) == 404


def test_report_without_an_error_is_no_answer_to_a_failure() -> None:
    assert status_of(Report([Issue.information("informational", "a", "A.")])) == 500


def test_place_in_the_text_stands_in_the_diagnostics() -> None:
    issue = Issue.error("structure", "json-syntax", "It is broken.", source=Source("body", 3, 7))
    (written,) = json.loads(outcome_body(Report([issue])))["issue"]
    assert written["diagnostics"] == "Line 3, column 7: It is broken."


def test_refusal_is_told_in_either_language_from_one_row() -> None:
    refusal = RefusalError("resource-unknown", type="Plan")
    english, swedish = (next(iter(refusal.report.in_language(one))).diagnostics for one in ("en", "sv"))
    assert english.startswith("No Plan has this id here")
    assert swedish.startswith("Ingen Plan har det id:t här")
    assert next(iter(refusal.report)).diagnostics == english


@pytest.mark.parametrize(
    ("given", "shown"), [("a\nb\x1b[31m", "a?b?[31m"), ("x" * 81, "x" * 80 + "..."), ("\u202eå", "?å"), (5, "5")]
)
def test_what_a_client_wrote_is_quoted_on_one_short_line(given: object, shown: str) -> None:
    assert quoted(given) == shown


def test_braces_of_a_client_are_not_filled_in() -> None:
    refusal = RefusalError("resource-unknown", type="{type.__class__}")
    assert "{type.__class__}" in next(iter(refusal.report)).diagnostics


def test_thousands_are_set_apart_as_each_language_does() -> None:
    message = MESSAGES["body-too-large"]
    assert "2,097,152 bytes" in message.text("en", {"limit": 2_097_152})
    assert "2\N{NO-BREAK SPACE}097\N{NO-BREAK SPACE}152 byte" in message.text("sv", {"limit": 2_097_152})
