"""`vademecum cases`: what it writes, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from publisher.cli import main
from publisher.validation.structure import structure_issues

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.unit.cases.conftest import Patients


def run(patients: Patients, *arguments: str) -> int:
    return main(["cases", "--root", str(patients.root), *arguments])


def test_passing_cases_are_counted_and_not_named(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(patients) == 0
    assert capsys.readouterr() == ("", "9 worked patients, 0 failed.\n")
    assert run(patients, "knee-pain", "--verbose") == 0
    assert capsys.readouterr().out.count(": ok knee-pain ") == 9


def test_a_failing_case_is_one_line(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    patients.change("indicator: info", "indicator: warning")
    patients.change("[EX-ADV-01, DER-01]", "[DER-01]")
    assert run(patients) == 1
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "9 worked patients, 1 failed.\n")
    assert "error case-statements" in out
    assert "(1 more; --verbose shows all)" in out
    assert run(patients, "--verbose") == 1
    assert "error case-indicator" in capsys.readouterr().out


def test_json_has_an_object_a_case(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    patients.change("indicator: info", "indicator: warning")
    assert run(patients, "--format", "json") == 1
    rows = json.loads(capsys.readouterr().out)
    assert [row["status"] for row in rows] == ["failed", *["passed"] * 8]
    assert rows[0]["issues"][0]["rule"] == "case-indicator"


def test_junit_has_a_suite_a_topic(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    patients.change("indicator: info", "indicator: warning")
    assert run(patients, "--format", "junit") == 1
    (suite,) = ET.fromstring(capsys.readouterr().out)  # noqa: S314  our own text
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("knee-pain", "9", "1")
    assert [case.get("name") for case in suite if case.find("failure") is not None] == ["preliminary-diagnosis"]


def test_an_unknown_topic_is_wrong_usage(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(patients, "knee-pan") == 2
    assert "there is no topic knee-pan; did you mean knee-pain?" in capsys.readouterr().err


def test_a_topic_that_does_not_compile_is_told(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    patients.change("hook: patient-view", "hook: no-hook")
    assert run(patients) == 1
    assert "key-wrong" in capsys.readouterr().err


def test_coverage_names_what_no_case_reaches(patients: Patients, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(patients, "--coverage") == 0
    assert "NONE" not in capsys.readouterr().out
    text = patients.file.read_text("utf-8")
    patients.file.write_text(text.split("- id: past-diagnosis", maxsplit=1)[0], encoding="utf-8")
    assert run(patients, "--coverage") == 1
    out = capsys.readouterr().out
    assert "  Condition Is Active\n" in out
    assert "    undetermined NONE\n" in out
    assert "    false        NONE\n" in out
    assert "  value/Condition Is Active/undetermined: add a patient for whom it comes to this\n" in out


def test_nothing_is_exported_while_a_case_fails(
    patients: Patients, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patients.change("indicator: info", "indicator: warning")
    assert run(patients, "--export", str(tmp_path / "out")) == 1
    assert "error case-indicator" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_an_export_is_valid_fhir_with_the_request_beside_it(patients: Patients, tmp_path: Path) -> None:
    patients.change("hook: patient-view", "apply: PlanDefinition/knee-pain-confirm")
    patients.change("    cards:\n      - action", "    actions:\n      - action")
    patients.change("        indicator: info\n", "")
    assert run(patients, "--export", str(tmp_path / "out")) == 0
    folder = tmp_path / "out/knee-pain"
    assert len([*folder.iterdir()]) == 9
    data, request = (
        json.loads((folder / f"preliminary-diagnosis/{name}.json").read_bytes()) for name in ("data", "request")
    )
    assert [entry["resource"]["resourceType"] for entry in data["entry"]] == ["Patient", "Condition"]
    assert [list(structure_issues(each)) for each in (data, request)] == [[], []]
    call = json.loads((folder / "confirmed-diagnosis/request.json").read_bytes())
    assert (call["hook"], call["context"]["patientId"]) == ("patient-view", "confirmed-diagnosis")
