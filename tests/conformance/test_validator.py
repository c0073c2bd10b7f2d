"""The official validator cases for R4 (FHIR/fhir-test-cases) that can be decided offline, and single-defect mutants.

A case agrees where both its expected outcome and ours have an error, or neither has. A false alarm is an error of ours
on a case without one. `options` says how a case was run: `examples` refuses extensions of domains for examples.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from publisher.validation.knowledge import Knowledge, Options
from publisher.validation.validator import Validator

ROOT = Path(__file__).parents[2]
SUITE = Path(os.environ.get("VADEMECUM_CONFORMANCE", ROOT.parent / "shared" / "conformance")) / "validator"

FLOOR = 0.95
DECIDED = ("error", "no-error")

# Every case with an error that is not found, and why not.
MISSES = {
    "obs-vs-1": "a code of LOINC would have to be known as a blood pressure; a guide's extension is only a warning",
    "signatures-example-2": "digital signatures are not verified",
}


def rows(name: str) -> list[dict[str, str]]:
    with (SUITE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def has_error(row: dict[str, str]) -> bool:
    options = Options(examples="examples" not in row.get("options", "").split())
    report = Validator(Knowledge(options)).validate((SUITE / row["file"]).read_bytes(), file=row["file"])
    return report.has_errors


def test_verdicts_agree_with_the_reference_validator(capsys: pytest.CaptureFixture[str]) -> None:
    if not (SUITE / "manifest.csv").is_file():
        pytest.skip(f"NOT RUN: no validator cases in {SUITE}; set VADEMECUM_CONFORMANCE")
    decided = [row for row in rows("manifest.csv") if row["expect_offline"] in DECIDED]
    mutants = rows("mutants.csv")

    differing = [row for row in decided if has_error(row) != (row["expect_offline"] == "error")]
    alarms = [row["name"] for row in differing if row["expect_offline"] == "no-error"]
    missed = [row["name"] for row in differing if row["expect_offline"] == "error"]
    wrong = [row["file"] for row in mutants if has_error(row) != (row["expect"] == "error")]

    with capsys.disabled():
        print(  # noqa: T201
            f"\nvalidator: {len(decided) - len(differing)} of {len(decided)} agree, {len(alarms)} false alarms; "
            f"mutants {len(mutants) - len(wrong)} of {len(mutants)}"
        )
        for name in missed:
            print(f"  not found: {name}: {MISSES.get(name, 'NOT EXPECTED')}")  # noqa: T201
    assert alarms == []
    assert wrong == []
    assert set(missed) <= MISSES.keys()
    assert len(decided) - len(differing) >= FLOOR * len(decided)
