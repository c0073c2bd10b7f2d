"""Whatever is refused or left out is told in every language that we speak, from one row each."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import pytest

from publisher import apply_command, hook_refusals
from publisher.apply import omissions, refusals
from publisher.expression import library, parameters
from publisher.r4.definitions import code_system

if TYPE_CHECKING:
    from publisher.issue import IssueText

TABLES = {
    "apply_command": apply_command.ROWS,
    "hook_refusals": hook_refusals.ROWS,
    "library": library.ROWS,
    "omissions": omissions.ROWS,
    "parameters": parameters.ROWS,
    "refusals": refusals.ROWS,
}
ROWS = {f"{table}.{name}": row for table, rows in TABLES.items() for name, row in rows.items()}


def places(sentence: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_says_the_same_in_each_language(row: IssueText) -> None:
    assert places(row.en) == places(row.sv)
    assert row.en != row.sv
    assert row.en[-1] == row.sv[-1]
    assert row.en[-1] in ".?"


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_has_one_code_and_rule_in_each_language(row: IssueText) -> None:
    types = code_system("http://hl7.org/fhir/issue-type")
    assert types is not None
    assert row.code in types.displays
    issue = row.issue("place", **{name: "x" for name in places(row.en) if name != "where"})
    for language in ("sv", "en"):
        said = issue.in_language(language)
        assert (said.severity, said.code, said.rule, said.expression) == ("error", row.code, row.rule, "place")
        assert "{" not in said.diagnostics


def test_a_language_that_is_not_spoken_gets_english() -> None:
    (issue,) = refusals.refused("data-twice").report
    assert issue.in_language("fr") == issue
    assert issue.in_language("sv").diagnostics.startswith("data och prefetchData")
