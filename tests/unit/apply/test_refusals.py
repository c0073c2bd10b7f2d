"""Refusals in every language that we speak."""

from __future__ import annotations

from string import Formatter

import pytest

from publisher.apply.refusals import ROWS, refused

NAMES = sorted(ROWS)


def places(sentence: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_says_the_same_in_each_language(name: str) -> None:
    row = ROWS[name]
    assert places(row.en) == places(row.sv)
    assert row.en != row.sv
    assert row.en.endswith(".")
    assert row.sv.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_has_one_code_and_rule_in_each_language(name: str) -> None:
    error = refused(name, **dict.fromkeys(places(ROWS[name].en), "x"))
    for language in ("sv", "en"):
        (issue,) = error.in_language(language)
        assert (issue.severity, issue.code, issue.rule) == ("error", ROWS[name].code, ROWS[name].rule)


def test_a_language_that_is_not_spoken_gets_english() -> None:
    assert refused("data-twice").in_language("fr").to_text() == refused("data-twice").report.to_text()


def test_what_a_caller_wrote_stands_in_a_sentence_as_one_short_line() -> None:
    (issue,) = refused("one-text", name="a\n\x1b" + "b" * 200).report
    assert issue.diagnostics == f"The parameter a??{'b' * 77}... takes one text."
