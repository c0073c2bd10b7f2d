"""The published $apply cases of other engines, in process: results equal, deviations listed by name, asserts checked.

Their folder is `apply` below VADEMECUM_CONFORMANCE; without it the tests are NOT RUN. They are compared by the program
that comes with them. Content that holds only CQL is translated where Node is; without it those cases are NOT RUN.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.call import Caller
from publisher.apply.knowledge import Knowledge
from publisher.apply.operation import OPERATIONS
from publisher.issue import IssueError
from publisher.repository import Repository
from publisher.source.cql import TRANSLATOR, cache_folder, translated_texts
from tests.conformance.apply_asserts import EXCUSED, check_of
from tests.conformance.apply_deviations import DEVIATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
CONFORMANCE = Path(os.environ.get("VADEMECUM_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
SUITE = CONFORMANCE / "apply"
PROGRAM = CONFORMANCE.parent / "tools" / "run_apply.py"
NOW = datetime(2024, 3, 2, tzinfo=UTC)
NODE = shutil.which("node") is not None

pytestmark = pytest.mark.skipif(
    not SUITE.is_dir() or not PROGRAM.is_file(), reason="NOT RUN: the published $apply cases are not here"
)


def folders() -> list[Path]:
    return sorted(each.parent for each in SUITE.glob("*/*/case.json"))


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@cache
def program() -> Any:
    """Return the comparison that comes with the cases, used where it is."""
    spec = importlib.util.spec_from_file_location("published_comparison", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(folder: Path, name: str) -> Any:
    file = folder / name
    return json.loads(file.read_text("utf-8")) if file.is_file() else None


@cache
def elm_of(texts: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return the ELM of the CQL texts that translate, by library name; kept by the hash of the texts."""
    program_bytes = b"".join(path.read_bytes() for path in sorted(TRANSLATOR.glob("*.*js*")))
    key = hashlib.sha256(program_bytes + json.dumps(texts).encode()).hexdigest()[:24]
    kept = cache_folder() / "conformance" / f"apply-{key}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(translated_texts(dict(texts))[0]), "utf-8")
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found


def translated(texts: Mapping[str, str]) -> dict[str, Any]:
    return elm_of(tuple(sorted(texts.items())))


def parameters_of(folder: Path, case: dict[str, Any], kind: str) -> dict[str, list[Any]]:
    """Return the inputs of a case, its content inline."""
    content, data, terminology = (read(folder, f"{name}.json") for name in ("content", "data", "terminology"))
    main, *more = [each["resource"] for each in content["entry"]]
    more.extend(each["resource"] for each in (terminology or {}).get("entry", ()))
    found = [each["resource"] for each in (data or {}).get("entry", ()) if "resource" in each] + more
    values: dict[str, list[Any]] = {
        name: [value] for name, value in case["parameters"].items() if isinstance(value, str)
    }
    logic = case["parameters"].get("parameters")
    if logic:
        items = [{"name": name, "valueString": value} for name, value in logic.items()]
        values["parameters"] = [{"resourceType": "Parameters", "parameter": items}]
    values[kind[0].lower() + kind[1:]] = [main]
    if found:
        entries = [{"resource": each} for each in found]
        values["data"] = [{"resourceType": "Bundle", "type": "collection", "entry": entries}]
    return values


def answer(folder: Path, case: dict[str, Any], operation: str) -> dict[str, Any]:
    """Return the result of one call, or the OperationOutcome of its refusal."""
    kind = operation.partition("/")[0]
    caller = Caller("en", ("en",), evaluate_drafts=True, now=NOW, inline_content=True, translate=translated)
    try:
        return OPERATIONS[operation.replace("$", "")](
            Knowledge(Repository([])), None, parameters_of(folder, case, kind), caller
        ).value
    except IssueError as error:
        return error.report.to_operation_outcome()


def calls(folder: Path, case: dict[str, Any]) -> dict[str, str]:
    """Return the file with the expected result of each operation that a case calls; '' for one without."""
    if case["operation"] != "PlanDefinition/$apply":
        return {case["operation"]: "expected.json"}
    is_bundle = case["expectedForm"].startswith("Bundle")
    found = {"PlanDefinition/$r5.apply" if is_bundle else "PlanDefinition/$apply": "expected.json"}
    if (folder / "expected-r5.json").is_file():
        found["PlanDefinition/$r5.apply"] = "expected-r5.json"
    if case["expectedForm"] == "CarePlan+Bundle":
        found["PlanDefinition/$r5.apply"] = ""
    return found


@pytest.fixture(scope="module")
def tally() -> Any:
    counts = {"equal": 0, "compared": 0, "deviations": 0, "asserts": 0}
    yield counts
    print("\napply: {equal} of {compared} equal, {deviations} deviations, {asserts} asserts".format(**counts))  # noqa: T201


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_published_case(folder: Path, tally: dict[str, int]) -> None:
    case = read(folder, "case.json")
    if case["needs"] == "cql" and not NODE:
        pytest.skip("NOT RUN: translating its CQL needs Node")
    results = {operation: answer(folder, case, operation) for operation in calls(folder, case)}
    for operation, file in calls(folder, case).items():
        expected = read(folder, file) if file else None
        if expected is None:
            continue
        tally["compared"] += 1
        known = DEVIATIONS.get(f"{name_of(folder)} {operation.partition('/')[2]}", [])
        tally["equal"] += not program().compare(expected, results[operation])
        tally["deviations"] += len(known)
        for deviation in known:
            deviation.change(expected)
        assert program().compare(expected, results[operation]) == []
    if case["expectedForm"] == "error":
        assert [each["resourceType"] for each in results.values()] == ["OperationOutcome"]
    for text in case["asserts"]:
        check_of(text)(results)
        tally["deviations" if text in EXCUSED else "asserts"] += 1


def test_every_case_is_here() -> None:
    assert len(folders()) == 49
