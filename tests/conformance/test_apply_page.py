"""The page on $apply lists every difference that the published cases show, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conformance.apply_asserts import EXCUSED
from tests.conformance.apply_deviations import DEVIATIONS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "apply.md"


def test_the_page_names_every_difference() -> None:
    table = PAGE.read_text("utf-8").partition("## Differences")[2]
    named = set(re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE))
    kept = {each.name for listed in DEVIATIONS.values() for each in listed} | set(EXCUSED.values())
    assert named == kept
