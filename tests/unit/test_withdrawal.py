"""The list of what was withdrawn: how it is read, and what it takes with it when the rest is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.cli import main
from publisher.issue import IssueError
from publisher.repository import Artifact, Canonical
from publisher.withdrawal import evaluable, read_withdrawn, unknown_withdrawn
from tests.artifacts.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

BASE = "https://a.example/fhir"


def held(kind: str, name: str, version: str = "1", **more: Any) -> Artifact:
    return Artifact(
        {"resourceType": kind, "id": f"{name}-{version}", "url": f"{BASE}/{kind}/{name}", "version": version, **more},
        {},
    )


def resting(name: str, *canonicals: str) -> Artifact:
    return held("Library", name, relatedArtifact=[{"type": "depends-on", "resource": one} for one in canonicals])


def leading(name: str, *definitions: str) -> Artifact:
    return held(
        "PlanDefinition", name, action=[{"action": [{"id": one, "definitionCanonical": one} for one in definitions]}]
    )


def ids(artifacts: list[Artifact]) -> list[str]:
    return [one.id for one in artifacts]


def test_each_line_withdraws_one_version(tmp_path: Path) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text(
        f"2026-11-28 {BASE}/Library/A|1 Wrong code.\n2026-11-29 {BASE}/Library/B|1.2-x Såg fel ut.", "utf-8"
    )
    read = read_withdrawn(path)
    assert list(read) == [Canonical(f"{BASE}/Library/A", "1"), Canonical(f"{BASE}/Library/B", "1.2-x")]
    assert [place.line for place in read.values()] == [1, 2]


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"2026-11-28 {BASE}/Library/A|1",
        f"2026-11-28 {BASE}/Library/A|1 ",
        f"2026-11-28 {BASE}/Library/A Without a version.",
        f"2026-11-28 {BASE}/Library/A|1|2 Two bars.",
        f"28/11/2026 {BASE}/Library/A|1 Another day.",
        f"# 2026-11-28 {BASE}/Library/A|1 Put aside.",
    ],
)
def test_a_line_that_is_not_whole_is_refused_by_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text(f"2026-11-28 {BASE}/Library/A|1 Wrong code.\n{line}\n", "utf-8")
    with pytest.raises(IssueError) as caught:
        read_withdrawn(path)
    assert caught.value.report.to_text() == (
        f"{path}:2:1: error withdrawn-line: This line is no day, canonical|version and reason with a space between; "
        "correct it.\n"
    )


def test_a_list_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "withdrawn.txt"
    for make in (lambda: None, lambda: path.write_bytes(b"\xff\xfe2")):
        make()
        with pytest.raises(IssueError) as caught:
            read_withdrawn(path)
        assert [issue.rule for issue in caught.value.report] == ["withdrawn-unreadable"]


def test_a_line_about_what_is_not_held_is_told(tmp_path: Path) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text(f"2026-11-28 {BASE}/Library/A|1 Wrong.\n2026-11-28 {BASE}/Library/Aa|1 Wrong.\n", "utf-8")
    assert unknown_withdrawn(read_withdrawn(path), [resting("A")]).to_text() == (
        f"{path}:2:1: warning withdrawn-unknown: {BASE}/Library/Aa|1 is not among what is served; "
        "correct the name if it should be.\n"
    )


def test_logic_is_not_applied_when_what_it_rests_on_is_withdrawn_however_far() -> None:
    codes = f"{BASE}/ValueSet/codes|1"
    left = [resting("Near", codes), resting("Far", f"{BASE}/Library/Near|1"), resting("Other", f"{BASE}/ValueSet/b|1")]
    assert ids(evaluable(left, [Canonical.parse(codes)])) == ["Other-1"]


def test_a_name_without_version_is_withdrawn_with_the_last_version() -> None:
    left = [resting("Logic", f"{BASE}/ValueSet/codes")]
    withdrawn = [Canonical(f"{BASE}/ValueSet/codes", "1")]
    assert ids(evaluable(left, withdrawn)) == []
    assert ids(evaluable([*left, held("ValueSet", "codes", "2")], withdrawn)) == ["Logic-1", "codes-2"]


def test_an_action_that_leads_to_a_withdrawn_definition_is_taken_out_and_the_others_stay() -> None:
    gone, stays = f"{BASE}/ActivityDefinition/a|1", f"{BASE}/ActivityDefinition/b|1"
    before = leading("plan", gone, stays)
    (after,) = evaluable([before], [Canonical.parse(gone)])
    assert [one["id"] for one in after.resource["action"][0]["action"]] == [stays]
    assert [one["id"] for one in before.resource["action"][0]["action"]] == [gone, stays]


def withdrawn_by_command(path: Path, canonical: str, *, reason: str = "Names a wrong product.") -> int:
    return main(["withdraw", str(path), canonical, reason, "--root", str(ROOT / "artifacts")])


PLAN = "https://vademecum.example/fhir/PlanDefinition/leg-cramps-order-sign"


def test_the_command_writes_a_line_that_a_server_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text(f"2026-11-28 {BASE}/Library/A|1 Without an end of line.", "utf-8")
    assert withdrawn_by_command(path, f"{PLAN}|0.1.0", reason=" Fel\nprodukt. ") == 0
    assert list(read_withdrawn(path)) == [Canonical(f"{BASE}/Library/A", "1"), Canonical(PLAN, "0.1.0")]
    assert path.read_text("utf-8").endswith(f" {PLAN}|0.1.0 Fel produkt.\n")
    assert capsys.readouterr() == ("", "")


def test_the_command_makes_the_list_and_adds_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "withdrawn.txt"
    assert withdrawn_by_command(path, f"{PLAN}|0.1.0") == 0
    once = path.read_bytes()
    assert withdrawn_by_command(path, f"{PLAN}|0.1.0", reason="Again.") == 0
    assert path.read_bytes() == once


@pytest.mark.parametrize(
    ("canonical", "known"),
    [
        (f"{PLAN}|9", f"held is {PLAN}|0.1.0"),
        (PLAN, f"held is {PLAN}|0.1.0"),
        (f"{PLAN}s|0.1.0", "name it as its url and its version say"),
    ],
)
def test_the_command_refuses_what_is_not_held(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], canonical: str, known: str
) -> None:
    path = tmp_path / "withdrawn.txt"
    assert withdrawn_by_command(path, canonical) == 1
    told = f"error withdrawal-not-held: {canonical} is not held, so it cannot be withdrawn; {known}.\n"
    assert capsys.readouterr() == ("", told)
    assert not path.exists()


def test_the_command_adds_nothing_to_a_list_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "withdrawn.txt"
    path.write_text("a note\n")
    assert withdrawn_by_command(path, f"{PLAN}|0.1.0") == 1
    assert "error withdrawn-line" in capsys.readouterr().err
    assert path.read_text() == "a note\n"


def test_the_command_asks_for_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "withdrawn.txt"
    assert withdrawn_by_command(path, f"{PLAN}|0.1.0", reason=" ") == 2
    assert capsys.readouterr().err == "vademecum: say in a word or more why the artifact is withdrawn.\n"
    assert not path.exists()
