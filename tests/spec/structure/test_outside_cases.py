"""Single defects seeded by others into official examples, where the folder of outside cases is at hand."""

import csv
import os
from pathlib import Path

import pytest

from publisher.issue import Issue, IssueError
from publisher.r4.codec import parse
from publisher.validation.structure import structure_issues

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("VADEMECUM_CONFORMANCE", ROOT / ".." / "shared" / "conformance"))
COLUMNS = {"file", "resourceType", "expect", "class", "why"}


def cases() -> list[tuple[Path, str]]:
    """Return each resource with what is expected of it, from every table here that lists single defects."""
    found: list[tuple[Path, str]] = []
    for table in sorted(FOLDER.glob("*/*.csv")):
        with table.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            if set(rows.fieldnames or ()) >= COLUMNS:
                found += [(table.parent / row["file"], row["expect"]) for row in rows]
    return found


def errors(path: Path) -> list[Issue]:
    try:
        document = parse(path.read_bytes(), file=path.name)
    except IssueError as error:
        return list(error.report)
    return [issue for issue in structure_issues(document.value, locate=document.locate) if issue.is_error]


def test_every_seeded_defect_is_found_and_no_sound_resource_is_accused(capsys: pytest.CaptureFixture[str]) -> None:
    listed = cases()
    if not listed:
        pytest.skip(f"NOT RUN: no outside cases in {FOLDER}; set VADEMECUM_CONFORMANCE")

    wrong = [path.stem for path, expected in listed if bool(errors(path)) != (expected == "error")]

    with capsys.disabled():
        print(f"\nseeded defects: {len(listed)} cases ran, {len(listed) - len(wrong)} as expected")  # noqa: T201
    assert wrong == []
