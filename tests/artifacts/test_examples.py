"""The examples in the docs are what the server answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.examples import EXAMPLES, answers, rendered

ROOT = Path(__file__).parent.parent.parent
ANSWERS = list(answers())


@pytest.mark.parametrize(("name", "language"), [(name, language) for name, language, _, _ in ANSWERS])
def test_an_answer_in_the_docs_is_the_servers(name: str, language: str) -> None:
    status, answer = next((one[2], one[3]) for one in ANSWERS if one[:2] == (name, language))
    assert answer.status_code == status
    assert (EXAMPLES / name / f"answer-{language}.json").read_text("utf-8") == rendered(answer)


def test_the_table_lists_every_example_with_its_status() -> None:
    table = (EXAMPLES / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \|.*\| (\d{3}) \|$", table, re.MULTILINE))
    examples = json.loads((EXAMPLES / "examples.json").read_text("utf-8"))
    assert rows == {name: str(example["status"]) for name, example in examples.items()}


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=str)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []
