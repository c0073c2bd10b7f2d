"""Loading a release: bytes as compiled, or a refusal that names every file that does not fit."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from publisher.issue import IssueError
from publisher.pipeline import write_topics
from publisher.release import load_release, sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.conftest import Authoring

ROOT = Path(__file__).parents[2]


@pytest.fixture
def release(authoring: Authoring) -> Authoring:
    """Return a topic tree that is compiled."""
    write_topics(authoring.compile()[0])
    return authoring


def issues(root: Path) -> list[str]:
    with pytest.raises(IssueError) as raised:
        load_release(root)
    return [str(issue).replace(f"{root}/", "") for issue in raised.value.report]


def test_a_release_holds_what_was_compiled(release: Authoring) -> None:
    (topic,), _ = release.compile()
    assert sorted(load_release(release.root), key=str) == sorted(topic.artifacts, key=str)


def test_every_language_has_its_own_bytes_and_etag(release: Authoring) -> None:
    for artifact in load_release(release.root):
        name = f"{artifact.type}-{artifact.id}.json"
        assert artifact.renditions["sv"].body == (release.topic / "fhir" / name).read_bytes()
        assert artifact.renditions["en"].body == (release.topic / "fhir/en" / name).read_bytes()
        assert artifact.renditions["sv"].etag != artifact.renditions["en"].etag


def test_a_changed_file_is_refused(release: Authoring) -> None:
    path = release.topic / "fhir/Library-Nails.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert issues(release.root) == [
        "brittle-nails/fhir/Library-Nails.json:1:1: error release-mismatch: "
        "Library-Nails.json has other bytes than those that were compiled; compile again."
    ]


def test_a_missing_file_is_refused(release: Authoring) -> None:
    (release.topic / "fhir/en/Library-Nails.json").unlink()
    assert issues(release.root) == [
        "brittle-nails/fhir/en/Library-Nails.json:1:1: error release-missing: "
        "Library-Nails.json is in SHA256SUMS but not there; compile again."
    ]


def test_an_extra_file_is_refused(release: Authoring) -> None:
    release.write("fhir/en/notes.txt", "x")
    assert issues(release.root) == [
        "brittle-nails/fhir/en/notes.txt:1:1: error release-extra: "
        "notes.txt is in no SHA256SUMS; compile again, or remove it."
    ]


def test_a_topic_that_was_never_compiled_is_refused(authoring: Authoring) -> None:
    assert issues(authoring.root) == [
        "brittle-nails/fhir/SHA256SUMS:1:1: error release-missing: SHA256SUMS is not there; run `vademecum compile`."
    ]


def test_a_root_without_topics_is_refused(tmp_path: Path) -> None:
    (issue,) = issues(tmp_path)
    assert issue.endswith(f"{tmp_path.name} holds no compiled topic; run `vademecum compile`.")


def test_a_broken_sums_file_is_refused(release: Authoring) -> None:
    path = release.topic / "fhir/SHA256SUMS"
    path.write_text(f"nothing\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    assert issues(release.root) == [
        "brittle-nails/fhir/SHA256SUMS:1:1: error release-sums: "
        "This line is no hash, two spaces and a name; compile again."
    ]


def test_all_that_does_not_fit_is_told_together(release: Authoring) -> None:
    (release.topic / "fhir/Library-Nails.json").unlink()
    release.write("fhir/notes.txt", "x")
    assert [one.split(": ")[1] for one in issues(release.root)] == [
        "error release-extra",
        "error release-missing",
    ]


def test_one_artifact_in_two_topics_is_refused(release: Authoring) -> None:
    body = (release.topic / "fhir/Library-Nails.json").read_bytes()
    other = release.root / "other/fhir"
    other.mkdir(parents=True)
    (other / "Library-Nails.json").write_bytes(body)
    (other / "SHA256SUMS").write_bytes(sums({"Library-Nails.json": body}))
    assert issues(release.root) == [
        "other:1:1: error artifact-duplicate: Library/Nails is in brittle-nails and in other; compile again."
    ]


def test_loading_imports_nothing_but_the_standard_library_and_four_modules(release: Authoring) -> None:
    program = (
        "import sys; from pathlib import Path; from publisher.release import load_release; "
        "load_release(Path(sys.argv[1])); "
        "print(*sorted(one for one in sys.modules if one.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, str(release.root)],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.split() == [
        *("__main__", "publisher", "publisher.issue", "publisher.record", "publisher.release", "publisher.repository"),
    ]


@contextmanager
def closed(path: Path) -> Iterator[None]:
    """Close a file or folder to whoever reads it; root is nobody meanwhile, as nothing is closed to root."""
    mode, user = stat.S_IMODE(path.stat().st_mode), os.geteuid()
    path.chmod(0)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)


@pytest.mark.parametrize("name", ["", "fhir", "fhir/en", "fhir/SHA256SUMS", "fhir/en/Library-Nails.json"])
def test_what_may_not_be_read_stops_the_start_and_is_not_passed_over(release: Authoring, name: str) -> None:
    with TemporaryDirectory() as within_reach:
        root = Path(shutil.copytree(release.root, Path(within_reach) / "artifacts"))
        shutil.copytree(release.topic, root / "closed", dirs_exist_ok=True)
        Path(within_reach).chmod(0o755)
        with closed(root / "closed" / name):
            (issue,) = issues(root)
    assert issue.startswith(f"error file-unreadable: closed{name and '/'}{name}")
    assert issue.endswith(" cannot be read (Permission denied), so it is not known what there is to serve.")
