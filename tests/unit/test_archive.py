"""A package is read in memory, and refused whole where a member could do harm or is too much."""

from __future__ import annotations

import gzip
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from publisher.archive import Limits, files_of
from publisher.issue import IssueError
from tests.unit.package.archives import MANIFEST, packed

if TYPE_CHECKING:
    from pathlib import Path

PLAN = {"resourceType": "PlanDefinition", "id": "p"}


def refused(path: Path, limits: Limits | None = None) -> tuple[str, str, str]:
    with pytest.raises(IssueError) as raised:
        list(files_of(path, limits or Limits()))
    (issue,) = raised.value.report
    return issue.code, issue.rule, issue.diagnostics


def test_the_json_in_package_itself_is_read_and_what_is_below_it_is_not(tmp_path: Path) -> None:
    files = {
        "package/package.json": MANIFEST,
        "package/.index.json": {},
        "package/PlanDefinition-p.json": PLAN,
        "package/example/Patient-x.json": {"resourceType": "Patient"},
        "package/note.txt": b"words",
    }
    assert [name for name, _ in files_of(packed(tmp_path / "a.tgz", files))] == [
        "package/package.json",
        "package/PlanDefinition-p.json",
    ]


def test_a_folder_of_json_is_read_with_its_folders_and_without_its_links(tmp_path: Path) -> None:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("{}")
    (tmp_path / "c.json").symlink_to(tmp_path / "b.json")
    assert [name for name, _ in files_of(tmp_path)] == ["b.json", "sets/a.json"]


@pytest.mark.parametrize(
    "name",
    [
        "../plan.json",
        "/etc/plan.json",
        "package/../plan.json",
        "package/./plan.json",
        "other/plan.json",
        "packages/p.json",
    ],
)
def test_a_name_outside_package_refuses_the_archive(tmp_path: Path, name: str) -> None:
    code, rule, diagnostics = refused(packed(tmp_path / "a.tgz", {name: PLAN}))
    assert (code, rule) == ("invalid", "package-member")
    assert diagnostics == "a.tgz holds a member whose name is not of the form package/...."


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_refuses_the_archive(tmp_path: Path, kind: bytes) -> None:
    def change(member: tarfile.TarInfo) -> None:
        member.type, member.linkname, member.size = kind, "/etc/passwd", 0

    path = packed(tmp_path / "a.tgz", {"package/plan.json": b""}, change)
    assert refused(path) == ("invalid", "package-member", "a.tgz holds package/plan.json, which is no plain file.")


def test_names_that_differ_only_in_case_refuse_the_archive(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tgz", {"package/plan.json": PLAN, "package/PLAN.json": PLAN})
    assert refused(path)[2] == "a.tgz holds package/PLAN.json twice, as names are compared without case."


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(files=1), "holds more files than are read here"),
        (Limits(file=1000), "holds package/plan.json, which is larger than is read here"),
        (Limits(total=5000), "expands to more than is read here"),
    ],
)
def test_more_than_the_limits_refuses_the_archive(tmp_path: Path, limits: Limits, words: str) -> None:
    path = packed(tmp_path / "a.tgz", {"package/package.json": MANIFEST, "package/plan.json": b" " * 20_000})
    assert refused(path, limits) == ("too-long", "package-too-large", f"a.tgz {words}.")


def test_a_bomb_is_refused_by_what_it_expands_to_for_its_size(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tgz", {"package/plan.json": b" " * 8_000_000})
    assert path.stat().st_size < 8_000_000 / 200
    assert refused(path)[1:] == ("package-too-large", "a.tgz expands to more than is read here.")


def test_a_bomb_in_the_name_of_a_member_is_refused_while_it_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tgz", {f"package/{'a' * 8_000_000}.json": PLAN})
    assert refused(path)[1] == "package-too-large"


@pytest.mark.parametrize("body", [b"", b"no archive", gzip.compress(b"no archive"), gzip.compress(b"x" * 600)[:-9]])
def test_what_is_no_archive_is_told_without_quoting_it(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.tgz"
    path.write_bytes(body)
    code, rule, diagnostics = refused(path)
    assert (code, rule) == ("invalid", "package-unreadable")
    assert diagnostics.startswith("a.tgz cannot be read as a package (")


@pytest.mark.parametrize("number", [{"GNU.sparse.map": "a"}, {"GNU.sparse.major": "0", "GNU.sparse.realsize": "a"}])
def test_a_header_with_no_number_where_one_belongs_is_told(tmp_path: Path, number: dict[str, str]) -> None:
    path = packed(tmp_path / "a.tgz", {"package/a.json": PLAN}, lambda member: member.pax_headers.update(number))
    told = ("invalid", "package-unreadable", "a.tgz cannot be read as a package (ValueError).")
    assert refused(path) == told


def test_a_package_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.tgz") == ("not-found", "package-unreadable", "gone.tgz is not there.")


def test_nothing_is_written_beside_the_archive(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tgz", {"package/package.json": MANIFEST, "package/p.json": PLAN})
    assert len(list(files_of(path))) == 2
    assert list(tmp_path.iterdir()) == [path]


def test_the_folder_has_the_same_limits(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_bytes(b" " * 1000)
    found: list[Any] = [refused(tmp_path, limits)[1] for limits in (Limits(files=1), Limits(file=10), Limits(total=10))]
    assert found == ["package-too-large"] * 3
