"""The published $apply cases through HTTP, by the program that comes with them, against a server that is really running.

Those with CQL take minutes of translating and are put to it by hand; in process they are run by `test_apply.py`. Without
the cases, NOT RUN.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.apply_asserts import EXCUSED, check_of
from tests.conformance.apply_deviations import DEVIATIONS
from tests.conformance.test_apply import NOW, PROGRAM, ROOT, SUITE, folders, name_of, program, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not SUITE.is_dir() or not PROGRAM.is_file(), reason="NOT RUN: the published $apply cases are not here"
)

# The program asks for no language, and the deviations are told in English: this server speaks it first.
SERVE = """
import sys
import server.serve
from publisher.cli import main
server.serve.languages_of = lambda _: ("en", "sv")
sys.exit(main(sys.argv[1:]))
"""
KINDS = ("none", "fhirpath")
CASES = [each for each in folders() if read(each, "case.json")["needs"] in KINDS]


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Return the address of a running laboratory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--inline-content", "--evaluate-drafts", "--now", NOW.isoformat()]
    command = [sys.executable, "-c", SERVE, "serve", str(ROOT / "artifacts"), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Vademecum")
    yield f"http://127.0.0.1:{port}/fhir"
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture(scope="module")
def saved(base: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return the results over HTTP by case and operation, as the program saved them."""
    folder = tmp_path_factory.mktemp("saved")
    for kind in KINDS:
        command = [sys.executable, str(PROGRAM), base, "--needs", kind, "--save", str(folder)]
        done = subprocess.run(
            command, env={**os.environ, "CASES": str(SUITE)}, capture_output=True, text=True, check=False
        )
        assert ", 0 failed, " in done.stdout.splitlines()[-1], done.stdout + done.stderr
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}


@pytest.mark.parametrize("folder", CASES, ids=name_of)
def test_a_published_case_has_its_result_over_http(folder: Path, saved: dict[str, dict[str, Any]]) -> None:
    case = read(folder, "case.json")
    stem = f"{folder.parent.name}__{folder.name}__"
    results = {
        f"{case['operation'].partition('/')[0]}/${name.removeprefix(stem)}": result
        for name, result in saved.items()
        if name.startswith(stem)
    }
    assert results
    for operation, result in results.items():
        is_second = operation.endswith("$r5.apply") and (folder / "expected-r5.json").is_file()
        expected = read(folder, "expected-r5.json" if is_second else "expected.json")
        if expected is not None:
            for deviation in DEVIATIONS.get(f"{name_of(folder)} {operation.partition('/')[2]}", []):
                deviation.change(expected)
            assert program().compare(expected, result) == []
    if case["expectedForm"] == "error":
        assert [each["resourceType"] for each in results.values()] == ["OperationOutcome"]
    for text in case["asserts"]:
        if text not in EXCUSED:
            check_of(text)(results)


def test_most_cases_need_no_translator() -> None:
    assert len(CASES) == 35
