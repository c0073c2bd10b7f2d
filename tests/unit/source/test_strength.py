"""strength.yaml: the codes of strength, and what is wrong in a table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.issue import IssueError
from publisher.source.strength import read_strengths, strengths_from
from publisher.source.topic import topic_from
from publisher.source.yaml import parse
from publisher.topic import Publisher, Strength, Waiver

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHER = Publisher("https://example.org/fhir", "org.example", "Example", "sv", ("sv", "en"))
CONSIDER = "  - code: consider\n    mustNotSay: {sv: [måste], en: [must, 'has to']}\n"
TOPIC = """\
id: nails
version: 0.1.0
date: 2026-01-02
status: draft
experimental: true
title: {sv: a, en: b}
description: {sv: a, en: b}
"""


def issues(text: str) -> list[str]:
    with pytest.raises(IssueError) as raised:
        strengths_from(parse(text.encode(), file="strength.yaml"), PUBLISHER)
    return [str(issue) for issue in raised.value.report]


def test_a_table_of_strengths_by_code() -> None:
    found = strengths_from(parse(f"strengths:\n{CONSIDER}".encode(), file="strength.yaml"), PUBLISHER)
    assert found == {"consider": Strength("consider", {"sv": ("måste",), "en": ("must", "has to")})}


def test_without_the_file_there_is_no_strength(tmp_path: Path) -> None:
    assert read_strengths(tmp_path / "strength.yaml", PUBLISHER) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"strengths:\n{CONSIDER}{CONSIDER}",
            "strength.yaml:4:5: error key-wrong: 'code' repeats consider; correct it.",
        ),
        (
            "strengths: []\n",
            "strength.yaml:1:1: error key-missing: No strength is listed; write strengths, with code and mustNotSay.",
        ),
        (
            "strengths: {a: b}\n",
            "strength.yaml:1:1: error key-wrong: 'strengths' must be a list of mappings; correct it.",
        ),
        (
            "strengths: [must]\n",
            "strength.yaml:1:13: error key-wrong: A mapping of keys to values is expected here; write one.",
        ),
        (
            f"strengths:\n{CONSIDER}    maySay: []\n",
            "strength.yaml:4:5: error key-unknown: The key 'maySay' is not known here; the keys are code, mustNotSay.",
        ),
    ],
)
def test_what_is_wrong_in_a_table(text: str, message: str) -> None:
    assert message in issues(text)


def test_a_topic_lists_its_waivers_with_their_places() -> None:
    text = f"{TOPIC}waivers:\n  - statement: BN-1\n    reason: Not in scope.\n"
    (waiver,) = topic_from(parse(text.encode(), file="topic.yaml"), PUBLISHER).waivers
    assert (waiver.statement, waiver.reason, str(waiver.source)) == ("BN-1", "Not in scope.", "topic.yaml:9:5")
    assert topic_from(parse(TOPIC.encode(), file="topic.yaml"), PUBLISHER).waivers == ()
    assert isinstance(waiver, Waiver)


def test_the_day_of_a_topic_is_in_the_calendar() -> None:
    text = TOPIC.replace("2026-01-02", "2026-02-29")
    with pytest.raises(IssueError, match=r"'date' is 2026-02-29, a day that no calendar has; correct it\."):
        topic_from(parse(text.encode(), file="topic.yaml"), PUBLISHER)
