"""Waivers in topic.yaml: a finding stays with its reason, is told in every format, and an unused waiver is a warning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cli import main
from publisher.issue import Issue
from publisher.topic import RuleWaiver
from publisher.validation.waivers import Waivers

if TYPE_CHECKING:
    from pathlib import Path

TOPIC = """\
id: nails
waivers:
  - {rule: action-unreachable, artifact: PlanDefinition/p, element: never, reason: Switched on next year.}
"""
REASON = "Switched on next year."


def plan() -> dict[str, Any]:
    """Return a plan with two actions that never apply."""
    condition = {"kind": "applicability", "expression": {"language": "text/fhirpath", "expression": "false"}}
    actions = [{"id": name, "title": name, "condition": [condition]} for name in ("never", "neither")]
    return {"resourceType": "PlanDefinition", "id": "p", "status": "draft", "action": actions}


@pytest.fixture
def topic(tmp_path: Path) -> Path:
    """Return a topic's folder with a plan and one waiver."""
    (tmp_path / "fhir").mkdir()
    (tmp_path / "topic.yaml").write_text(TOPIC, encoding="utf-8")
    (tmp_path / "fhir" / "PlanDefinition-p.json").write_text(json.dumps(plan()), encoding="utf-8")
    return tmp_path


def told(topic: Path, form: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what the command writes of a topic."""
    main(["validate", str(topic), "--format", form])
    text = capsys.readouterr().out
    return text if form == "text" else json.loads(text)


def test_a_waived_finding_is_told_as_such_and_the_other_one_stands(
    topic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = [line.partition(": ")[2] for line in told(topic, "text", capsys).splitlines()]

    assert first.startswith("waived warning action-unreachable: PlanDefinition.action[0].condition[0]")
    assert first.endswith(f"Waived: {REASON}")
    assert second.startswith("warning action-unreachable: PlanDefinition.action[1].condition[0]")


def test_json_gives_the_reason(topic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row.get("waived") for row in told(topic, "json", capsys)] == [REASON, None]


def test_an_outcome_has_a_waived_finding_as_information(topic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = told(topic, "outcome", capsys)["issue"]

    assert (first["severity"], second["severity"]) == ("information", "warning")
    assert first["diagnostics"].endswith(f"Waived: {REASON}")


def test_sarif_has_a_suppression(topic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = told(topic, "sarif", capsys)["runs"][0]["results"]

    assert first["suppressions"] == [{"kind": "external", "status": "accepted", "justification": REASON}]
    assert "suppressions" not in second


def test_a_waiver_that_no_finding_needs_is_a_warning_at_its_line(
    topic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (topic / "topic.yaml").write_text(TOPIC.replace("never", "other"), encoding="utf-8")

    last = told(topic, "text", capsys).splitlines()[-1]

    assert last == (
        f"{topic / 'topic.yaml'}:3:6: warning waiver-unused: action-unreachable is waived for PlanDefinition/p at "
        "other, but is not found there; take the waiver out."
    )


def test_a_waiver_of_an_artifact_that_was_not_looked_at_is_not_judged(
    topic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (topic / "topic.yaml").write_text(TOPIC.replace("/p", "/q"), encoding="utf-8")

    assert "waiver-unused" not in told(topic, "text", capsys)


def test_a_waived_error_of_a_knowledge_rule_does_not_fail_the_command(
    topic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {**plan(), "action": [{"id": "a", "title": "a", "goalId": ["g"]}]}
    (topic / "fhir" / "PlanDefinition-p.json").write_text(json.dumps(broken), encoding="utf-8")
    assert main(["validate", str(topic / "fhir")]) == 1
    waiver = "{rule: action-goal-unknown, artifact: PlanDefinition/p, element: a, reason: The goal is kept elsewhere.}"
    (topic / "topic.yaml").write_text(f"waivers: [{waiver}]", encoding="utf-8")

    assert main(["validate", str(topic / "fhir")]) == 0
    assert "waived error action-goal-unknown" in capsys.readouterr().out


def test_a_wrong_waiver_stops_the_command_with_status_2(topic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (topic / "topic.yaml").write_text("waivers: [{rule: action-unreachable}]", encoding="utf-8")

    assert main(["validate", str(topic)]) == 2
    assert "error key-missing: The key 'artifact' is missing" in capsys.readouterr().err


def test_what_makes_no_valid_fhir_is_never_waived() -> None:
    waivers = Waivers([RuleWaiver("element-missing", "PlanDefinition/p", "Because.")])
    issue = Issue.error("required", "element-missing", "PlanDefinition.status is missing; add it.")

    assert list(waivers.applied(plan(), [issue])) == [issue]


def test_an_element_is_named_by_its_path_too() -> None:
    waivers = Waivers([RuleWaiver("r", "PlanDefinition/p", "Because.", element="PlanDefinition.action[1]")])
    issues = [Issue.warning("value", "r", "x", expression=f"PlanDefinition.action[{at}].title") for at in (0, 1, 10)]

    assert [one.waived for one in waivers.applied(plan(), issues)] == [None, "Because.", None]
