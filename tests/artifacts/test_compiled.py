"""Every compiled file of the shipped topics: what others think of it, and that it is fresh."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.r4.models import round_trip_issues

ROOT = Path(__file__).parent.parent.parent
COMPILED = sorted((ROOT / "artifacts").glob("*/fhir/**/*.json"))


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: str(path.relative_to(ROOT / "artifacts")))
def test_a_compiled_file_goes_through_the_r4b_models_unchanged(path: Path) -> None:
    assert [str(issue) for issue in round_trip_issues(json.loads(path.read_bytes()))] == []


def test_there_are_compiled_files_in_both_languages() -> None:
    swedish = {path.name for path in COMPILED if path.parent.name == "fhir"}
    english = {path.name for path in COMPILED if path.parent.name == "en"}
    assert swedish == english
    assert len(swedish) >= 19


def test_the_compiled_files_are_what_the_source_gives() -> None:
    assert main(["compile", str(ROOT / "artifacts"), "--check"]) == 0
