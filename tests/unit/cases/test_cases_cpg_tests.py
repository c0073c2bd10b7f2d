"""`vademecum cases --export`: test cases in the layout of CPG guides, and what comes when they are fed back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cases_command import compiled_suite
from publisher.cli import main
from publisher.pipeline import compile_topics, write_topics
from publisher.validation.structure import structure_issues
from tests.topics import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SUITE, _ = compiled_suite(ROOT)
assert SUITE is not None
CASES = [one.case for one in SUITE.results() if one.found and one.found.applied]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    assert main(["cases", "--root", str(ROOT), "--export", str(folder)]) == 0
    return folder / "input/tests/PlanDefinition"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    topics, _ = compile_topics(ROOT)
    write_topics([type(one)(one.topic, folder / one.topic.id, one.artifacts, one.files) for one in topics])
    return folder


def content(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def test_each_case_has_a_folder_under_the_plan_that_is_asked(exported: Path) -> None:
    found = {path.name: path.parent.name for path in exported.glob("*/*")}
    assert set(found) == {case.id for case in CASES}
    assert found["dust-for-sneeze"] == "example-sneeze-order-select"
    assert found["the-feather-by-apply"] == "example-sneeze-patient-view"


def test_a_folder_holds_the_resources_one_by_one_and_together(exported: Path) -> None:
    folder = exported / "example-sneeze-patient-view/a-feather-is-near"
    single = [content(path) for path in sorted(folder.glob("*/*.json"))]
    assert [one["resourceType"] for one in single] == ["Condition", "Observation", "Patient"]
    together = content(folder / "tests-a-feather-is-near-bundle.json")
    assert together["type"] == "transaction"
    assert [one["request"] for one in together["entry"]] == [
        {"method": "PUT", "url": "Patient/a-feather-is-near"},
        {"method": "PUT", "url": "Condition/condition-1"},
        {"method": "PUT", "url": "Observation/observation-1"},
    ]


def test_what_must_come_is_named_by_action(exported: Path) -> None:
    folder = exported / "example-sneeze-patient-view/answers-not-final"
    assert [
        (one["name"], one["valueString"])
        for one in content(folder / "Parameters-answers-not-final-output.json")["parameter"]
    ] == [
        ("applied", "sneeze-patient"),
        ("applied", "sneeze-advice"),
        ("undetermined", "whistle-stop"),
        ("undetermined", "feather-nearby"),
        ("undetermined", "handkerchief-offer"),
    ]


def test_every_file_is_valid_r4(exported: Path) -> None:
    files = sorted(exported.rglob("*.json"))
    assert len(files) > 100
    issues = {path.name: [str(issue) for issue in structure_issues(content(path))] for path in files}
    # What a record leaves out is what a case is about.
    assert {name for name, found in issues.items() if [one for one in found if "element-missing" not in one]} == set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_that_is_fed_back_gives_the_same_actions(
    exported: Path, release: Path, case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = exported.glob(f"*/{case.id}")
    given = {one["name"]: one for one in content(folder / f"Parameters-{case.id}-input.json")["parameter"]}
    files = {name: tmp_path / f"{name}.json" for name in ("data", "parameters")}
    for name, path in files.items():
        path.write_text(json.dumps(given.get(name, {}).get("resource", {"resourceType": "Parameters"})), "utf-8")
    main([
        *("apply", folder.parent.name, "--artifacts", str(release), "--now", case.value["date"]),
        *("--data", str(files["data"]), "--parameters", str(files["parameters"])),
        *("--subject", given["subject"]["valueString"], "--explain", "--format", "json"),
    ])  # fmt: skip
    trace = json.loads(capsys.readouterr().out)
    came = [(one["state"], one["id"]) for one in trace if one["state"] in ("applied", "undetermined")]
    wanted = content(folder / f"Parameters-{case.id}-output.json").get("parameter", ())
    assert sorted(came) == sorted((one["name"], one["valueString"]) for one in wanted)
