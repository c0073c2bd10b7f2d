"""`vademecum cases --mutants`: which wrong versions the worked patients notice, and what excuses the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from publisher.cases_command import compiled_suite
from publisher.cli import main
from publisher.proof.declared import Declared, declared
from publisher.proof.mutation import Mutation
from publisher.proof.patient import Patient
from publisher.proof.plan_mutants import Names, plan_mutants
from tests.topics import EXAMPLE, ROOT
from tests.unit.proof.test_coverage import TOPIC, change, copy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["copy"]


def score(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any], str]:
    status = main(["cases", "--root", str(root), "--mutants", "--format", "json"])
    out, err = capsys.readouterr()
    (found,) = json.loads(out)
    return status, found, err


def test_every_mutant_of_the_test_topic_is_noticed_or_excused(capsys: pytest.CaptureFixture[str]) -> None:
    status, found, err = score(ROOT, capsys)
    assert (status, found["survivors"], found["percent"], err) == (0, [], 100.0, "")
    assert found["mutants"] > 150
    assert len(found["excused"]) == 1


def test_what_no_patient_notices_survives(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / TOPIC / "cases/order-select.yaml").unlink()
    status, found, _ = score(copy, capsys)
    survivors = {one["id"]: one for one in found["survivors"]}
    assert status == 1
    assert found["percent"] < 90
    negated = survivors["plan/example-sneeze-order-select/dust-order/condition 'Dust Is Drafted' negated"]
    assert (negated["asked"], negated["place"]) == (0, "example-sneeze-order-select, action dust-order")
    assert "cql/ExampleSneeze/Is For Sneeze/Exists negated/1" in survivors
    assert not [name for name in survivors if "/Whistle Is Heard/" in name]


def test_the_text_has_a_line_for_each_survivor_and_ends_with_the_score(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(copy, "cases/patient-view.yaml", "observations: refused", "observations: partial")
    change(copy, "proof.yaml", "excused:", "excused:\n  - {id: cql/None/x/1, reason: Never.}")
    assert main(["cases", "--root", str(copy), "--mutants"]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("example-sneeze: 175 of 175 mutants noticed, 100.0 % (2 more excused)")
    assert "error excuse-needless: 'cql/None/x/1' is excused" in err


def test_mutants_are_not_tried_while_a_case_fails(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(copy, "cases/patient-view.yaml", "indicator: info", "indicator: warning")
    assert main(["cases", "--root", str(copy), "--mutants"]) == 1
    out, err = capsys.readouterr()
    assert "error case-indicator" in out
    assert err.endswith("1 failed.\n")


def test_a_part_of_the_mutants_is_the_same_part_every_time() -> None:
    suite, _ = compiled_suite(ROOT)
    assert suite is not None
    results, knowledge = suite.results(), suite.runner.knowledge
    parts = [Mutation(TOPIC, results, knowledge, "sv").score(Declared(), every=20).tried for _ in range(2)]
    assert parts[0] == parts[1]
    assert 5 < len(parts[0]) < 12


def test_only_patients_who_came_by_the_changed_place_are_asked() -> None:
    suite, _ = compiled_suite(ROOT)
    assert suite is not None
    tried = Mutation(TOPIC, suite.results(), suite.runner.knowledge, "sv").score(declared(EXAMPLE)).tried
    asked = {one.id: one.asked for one in tried}
    drafts = [one for one in suite.cases if "drafts" in one.value]
    assert asked["cql/ExampleSneeze/Is Dust/If to its else/1"] == len(drafts)
    assert asked["plan/example-sneeze-order-select/dust-order/action removed"] == len(drafts)


def test_nobody_else_would_have_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    suite, _ = compiled_suite(ROOT)
    assert suite is not None
    results, knowledge = suite.results(), suite.runner.knowledge
    some = Mutation(TOPIC, results, knowledge, "sv").score(declared(EXAMPLE), every=7).tried
    for name in ("is_decided_otherwise", "is_applied_otherwise"):
        monkeypatch.setattr(Patient, name, lambda *_: True)
    all_asked = Mutation(TOPIC, results, knowledge, "sv").score(declared(EXAMPLE), every=7).tried
    assert some == all_asked


def test_the_changes_of_a_plan() -> None:
    plan = {
        "id": "care",
        "action": [
            {
                "id": "one",
                "priority": "routine",
                "condition": [{"kind": "applicability", "expression": {"expression": "A"}}],
                "definitionCanonical": "https://example.org/ActivityDefinition/x|1",
                "documentation": [{"type": "derived-from", "label": "BN-01"}],
                "dynamicValue": [{"path": "code"}],
            },
            {"id": "two", "action": [{"id": "below"}]},
        ],
    }
    definitions = {"ActivityDefinition": [f"https://example.org/ActivityDefinition/{name}|1" for name in "xy"]}
    found = {one.id: one for one in plan_mutants(plan, Names(("A", "B"), definitions))}
    assert [name.removeprefix("plan/care/") for name in found] == [
        "one/action removed",
        "one/after the next action",
        "one/condition 'A' dropped",
        "one/condition 'A' negated",
        "one/condition 'A' swapped",
        "one/priority routine to urgent",
        "one/x removed",
        "one/x to another ActivityDefinition",
        "one/dynamic value code removed",
        "one/statement BN-01 removed",
        "two/action removed",
        "below/action removed",
    ]
    assert found["plan/care/one/condition 'A' negated"].negated == "A"
    swapped = found["plan/care/one/condition 'A' swapped"].plan["action"][0]["condition"]
    assert swapped == [{"kind": "applicability", "expression": {"expression": "B"}}]
    assert [each["id"] for each in found["plan/care/one/after the next action"].plan["action"]] == ["two", "one"]
