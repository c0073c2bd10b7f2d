"""docs/reference/shorthand.md: each pair of YAML and JSON there is what the compiler does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.source.skeleton import new_topic

PAGE = (Path(__file__).parents[2] / "docs/reference/shorthand.md").read_text(encoding="utf-8")
PAIR = re.compile(
    r"^## \d\. (?P<title>[^\n]+)\n.*?```yaml\n# (?P<file>\S+)\n(?P<before>.*?)```\n\n"
    r"becomes\n\n```json\n(?P<after>.*?)```",
    re.MULTILINE | re.DOTALL,
)
PAIRS = [match.groupdict() for match in PAIR.finditer(PAGE)]


def test_there_are_six_shorthands_and_each_has_its_pair() -> None:
    titles = ["Language maps", "Inherited metadata", "Type/id", "system#code", "derivedFrom", "Bare expressions"]
    assert [pair["title"] for pair in PAIRS] == titles
    assert PAGE.count("```") == 4 * len(titles)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair["title"])
def test_what_is_written_becomes_what_is_shown(
    pair: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "artifacts"
    new_topic(root, "example-topic", date="2026-01-01")
    file = root / "example-topic" / pair["file"]
    file.write_text(pair["before"], encoding="utf-8")
    assert main(["compile", str(root)]) == 0, capsys.readouterr().err
    (compiled,) = (root / "example-topic/fhir").glob(f"*-{file.stem}.json")
    resource = json.loads(compiled.read_text("utf-8"))
    shown = json.loads(pair["after"])
    assert {key: resource.get(key) for key in shown} == shown
