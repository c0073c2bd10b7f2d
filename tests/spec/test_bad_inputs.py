"""Every bad input is refused with the very words in bad_inputs.yaml, and nothing is written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from publisher.cli import main
from publisher.rules import FAMILIES
from tools.bad_inputs import PAGE, SMALL_TOPIC, cases, page, stale

if TYPE_CHECKING:
    from pathlib import Path

    from tools.bad_inputs import BadInput

CASES = cases()


@pytest.fixture(autouse=True)
def _without_source_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VADEMECUM_SOURCES", raising=False)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group}: {case.title}")
def test_a_bad_input_is_refused_and_nothing_is_written(case: BadInput, tmp_path: Path) -> None:
    if case.needs and shutil.which(case.needs) is None:
        pytest.skip(f"NOT RUN: this machine has no {case.needs}")
    root = tmp_path / "project" / "artifacts"
    case.lay_out(root)
    before = files(root)

    status, says = case.run(root)

    assert says == list(case.says)
    assert status == 1
    assert files(root) == before


def test_without_a_change_the_small_topic_compiles_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "artifacts"
    shutil.copytree(SMALL_TOPIC, root)
    assert main(["compile", str(root)]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["compile", "--check", str(root)]) == 0


def test_there_are_sixty_bad_inputs_at_least_and_no_two_of_a_group_share_a_title() -> None:
    assert len(CASES) >= 60
    assert len({(case.group, case.title) for case in CASES}) == len(CASES)


def test_every_refusal_names_a_place_a_rule_and_what_is_wrong() -> None:
    for case in CASES:
        first = case.says[0]
        place, _, sentence = first.partition(": ")
        assert place.count(":") == 2, first
        assert sentence.split(" ", 1)[0] in ("error", "fatal", "warning"), first


# No small change of a topic shows these: many megabytes, other commands, no Node, the list for approval, the second
# opinion, packages (tests/unit/test_archive.py), and the list of what was withdrawn (tests/unit/test_withdrawal.py).
NOT_SHOWN = {
    "file-unknown", "json-size", "topic-exists", "topic-id", "base-form", "cql-translator-missing",
    "cql-translator-install", "cql-translator-failed", "codes-flagged", "package-unreadable", "package-member", "package-too-large",
    "model-refusal", "model-round-trip", "withdrawn-unreadable", "withdrawn-line", "withdrawn-unknown", "withdrawal-not-held",
}  # fmt: skip

OF_CASES = "Worked patients"  # tests/unit/cases shows each of them


def test_every_rule_on_source_content_and_release_has_a_bad_input() -> None:
    said = {line.partition(": ")[2].split(" ")[1].rstrip(":") for case in CASES for line in case.says}
    known = {code for name, family in FAMILIES.items() if name != OF_CASES for code in family}
    assert known - said == NOT_SHOWN


def test_the_page_of_bad_inputs_is_not_stale() -> None:
    assert list(stale()) == []
    assert PAGE.read_text("utf-8") == page()
