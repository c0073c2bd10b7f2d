"""Every difference between what a worked patient expects and what comes of it is an issue at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cases.conftest import Patients

CARD = """\
      - action: consider-confirming
        indicator: info
        statements: [EX-ADV-01, DER-01]
        # What the card proposes: create an activity, or delete a draft.
        suggestions: [{create: knee-pain-review}]
"""


def test_the_cases_of_a_new_topic_pass(patients: Patients) -> None:
    assert patients.issues() == []


def rules(issues: list[str]) -> list[str]:
    """Return line and rule of each issue."""
    return [f"{one.split(':')[1]} {one.split(' error ')[1].split(':')[0]}" for one in issues]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "indicator: info",
            "indicator: warning",
            "case-indicator: the indicator of 'consider-confirming': expected warning, found info.",
        ),
        (
            "[EX-ADV-01, DER-01]",
            "[EX-ADV-01]",
            "case-statements: statements of 'consider-confirming': expected EX-ADV-01, found EX-ADV-01, DER-01.",
        ),
        (
            "[{create: knee-pain-review}]",
            "[{delete: draft-1}]",
            "case-suggestions: suggestions of 'consider-confirming': expected delete draft-1, found create knee-pain-"
            "review.",
        ),
        (
            "indicator: info",
            "summary: {en: Something else}",
            "case-summary: the summary of 'consider-confirming': expected Something else, found ",
        ),
        (
            CARD,
            CARD + CARD,
            "case-order: the cards in order: expected consider-confirming, consider-confirming, found consider-",
        ),
        (
            CARD,
            CARD + "    undecided: [{action: consider-confirming}]\n",
            "case-undecided-missing: expected 'consider-confirming'",
        ),
        (
            CARD,
            CARD + "    unrecognised: [{valueSet: knee-pain-conditions, count: 2}]\n",
            "case-unrecognised: items that no code system explains: expected knee-pain-conditions 2, found none.",
        ),
        (
            CARD,
            CARD + "    absent: {actions: [consider-confirming]}\n",
            "case-absent: 'consider-confirming' must appear nowhere",
        ),
        (
            CARD,
            CARD + "    absent: {words: [UTKAST]}\n",
            "case-absent: 'UTKAST' must appear nowhere, and it stands",
        ),
        (
            CARD,
            CARD + '    absent: {words: ["\\n\\n"]}\n',
            "must appear nowhere, and it stands in the answer in sv, en.",
        ),
        (
            f"    cards:\n{CARD}",
            "    status: 412\n",
            "case-status: the status: expected 412, found 200.",
        ),
        (
            "verificationStatus: condition-ver-status#provisional",
            "verificationStatus: condition-ver-status#confirmed",
            "case-card-missing: expected the card 'consider-confirming', and it did not come; found no card.",
        ),
        (
            f"    cards:\n{CARD}",
            "    cards: []\n",
            "case-card-unexpected: found the card 'consider-confirming', which is not expected",
        ),
    ],
)
def test_a_difference_says_expected_and_found(patients: Patients, old: str, new: str, said: str) -> None:
    patients.change(old, new)
    (issue,) = patients.issues()
    assert said in issue.replace("preliminary-diagnosis: ", "")
    assert issue.startswith("knee-pain.yaml:")


def test_a_difference_stands_where_the_expectation_is_written(patients: Patients) -> None:
    patients.change("indicator: info", "indicator: warning")
    line = patients.file.read_text("utf-8").splitlines().index("        indicator: warning") + 1
    assert rules(patients.issues()) == [f"{line} case-indicator"]
    assert patients.issues()[0].startswith(f"knee-pain.yaml:{line}:")


def test_an_open_question_that_is_not_listed_is_a_failure(patients: Patients) -> None:
    patients.change("    undecided:\n      - action: consider-confirming\n", "")
    (issue,) = patients.issues()
    assert "case-undecided-unexpected" in issue
    assert "(the record leaves it open)" in issue


def test_what_leaves_a_question_open_is_compared(patients: Patients) -> None:
    patients.change(
        "- action: consider-confirming\n- id", "- {action: consider-confirming, because: [conditions]}\n- id"
    )
    (issue,) = patients.issues()
    assert "case-because" in issue
    assert "expected conditions, found the record leaves it open." in issue


def test_a_line_to_find_out_is_compared_in_its_language(patients: Patients) -> None:
    line = "{action: consider-confirming, line: {en: Ask}}"
    patients.change("- action: consider-confirming\n- id", f"- {line}\n- id")
    (issue,) = patients.issues()
    assert "case-line: certainty-not-recorded: a line to find out: expected Ask, found" in issue


def test_the_keys_of_a_refusal_are_compared(patients: Patients) -> None:
    patients.change("missing: [conditions]", "missing: [medications]")
    (issue,) = patients.issues()
    assert "case-missing-keys" in issue
    assert "expected medications, found conditions." in issue


def test_a_name_that_no_plan_has_proves_nothing(patients: Patients) -> None:
    patients.change("actions: [consider-confirming]", "actions: [consider-confirmin]")
    (issue,) = patients.issues()
    assert "case-action-unknown" in issue
    assert "did you mean consider-confirming?" in issue


def test_two_cases_of_one_name_are_reported(patients: Patients) -> None:
    patients.change("id: confirmed-diagnosis", "id: preliminary-diagnosis")
    assert "case-repeated" in patients.issues()[0]


def test_a_question_on_a_day_that_no_calendar_has_is_reported(patients: Patients) -> None:
    line = patients.file.read_text("utf-8").splitlines().index("  date: 2026-01-01") + 1
    patients.change("date: 2026-01-01", "date: 2026-02-30")
    assert patients.issues() == [
        f"knee-pain.yaml:{line}:3: error key-wrong: 'date' is 2026-02-30, a day that no calendar has; correct it."
    ]


def test_a_question_without_a_plan_is_reported(patients: Patients) -> None:
    patients.change("hook: patient-view", "hook: order-sign")
    assert "case-service-missing: The topic knee-pain has no plan for the hook order-sign" in patients.issues()[0]
    patients.change("hook: order-sign", "apply: PlanDefinition/no-such")
    assert "case-service-missing: There is no PlanDefinition/no-such" in patients.issues()[0]


def test_a_plan_is_applied_and_its_actions_are_compared(patients: Patients) -> None:
    patients.change("hook: patient-view", "apply: PlanDefinition/knee-pain-confirm")
    patients.change(
        f"    cards:\n{CARD}", "    actions:\n      - {action: consider-confirming, statements: [DER-01]}\n"
    )
    assert rules(patients.issues()) == [f"{statements_line(patients)} case-statements"]


def statements_line(patients: Patients) -> int:
    lines = patients.file.read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if "statements: [DER-01]" in line)
