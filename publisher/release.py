"""Load the compiled artifacts of every topic, and refuse bytes that are not the ones compiled.

Implements the integrity of https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html: a file is served only if its
SHA-256 is the one in its topic's SHA256SUMS. Needs the standard library only, as a server starts with it.
"""

from __future__ import annotations

import hashlib
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError, Report, Source
from publisher.repository import Artifact, Rendition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

COMPILED = "fhir"
SUMS = "SHA256SUMS"

_LINE = re.compile(r"(?P<hash>[0-9a-f]{64})  (?P<name>[^\n]+)")


def sums(files: Mapping[str, bytes]) -> bytes:
    """Return the SHA256SUMS of `files` by name, as `sha256sum` writes and checks it."""
    lines = (f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(lines).encode()


def load_release(root: Path) -> list[Artifact]:
    """Return every compiled artifact below `root`, or raise an IssueError with all that does not fit."""
    try:
        return _loaded(root)
    except OSError as error:
        diagnostics = f"{error.filename} cannot be read ({error.strerror}), so it is not known what there is to serve."
        raise IssueError(Issue.error("not-found", "file-unreadable", diagnostics)) from None


def _loaded(root: Path) -> list[Artifact]:
    report = Report()
    artifacts: dict[tuple[str, str], Artifact] = {}
    for folder in _topics(root, report):
        for artifact in _artifacts(folder, verified(folder / COMPILED, report)):
            key = (artifact.type, artifact.id)
            if key in artifacts:
                diagnostics = f"{key[0]}/{key[1]} is in {artifacts[key].topic} and in {artifact.topic}; compile again."
                report.add(Issue.error("duplicate", "artifact-duplicate", diagnostics, source=Source(str(folder))))
            artifacts[key] = artifact
    if report.has_errors:
        raise IssueError(report)
    return list(artifacts.values())


def verified(folder: Path, report: Report) -> dict[str, Rendition]:
    """Return the files of a compiled folder whose bytes are those of its SHA256SUMS; report all others."""
    listed = _listed(folder / SUMS, report)
    present = {path.relative_to(folder).as_posix(): path for path in sorted(_files(folder))}
    files: dict[str, Rendition] = {}
    for name, path in present.items():
        if name == SUMS:
            continue
        body = path.read_bytes()
        if name not in listed:
            _report(report, path, "release-extra", "is in no SHA256SUMS; compile again, or remove it")
        elif hashlib.sha256(body).hexdigest() != listed[name]:
            _report(
                report,
                path,
                "release-mismatch",
                "has other bytes than those that were compiled; compile again",
            )
        else:
            files[name] = Rendition.of(body, listed[name])
    for name in sorted(listed.keys() - present.keys()):
        _report(report, folder / name, "release-missing", "is in SHA256SUMS but not there; compile again")
    return files


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder; OSError where one of its folders cannot be looked into, which no glob tells."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            yield from _files(each)
        elif each.is_file():
            yield each


def _topics(root: Path, report: Report) -> list[Path]:
    inner = sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []
    folders = [each for each in inner if _is_there(each / "topic.yaml") or _is_there(each / COMPILED)]
    compiled = [folder for folder in folders if _is_there(folder / COMPILED / SUMS)]
    for folder in folders:
        if folder not in compiled:
            _report(report, folder / COMPILED / SUMS, "release-missing", "is not there; run `vademecum compile`")
    if not folders:
        _report(report, root, "release-missing", "holds no compiled topic; run `vademecum compile`")
    return compiled


def _is_there(path: Path) -> bool:
    """Return whether something is there; OSError where nobody can tell, for which `exists` says no since 3.14."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _listed(path: Path, report: Report) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match:
            found[match["name"]] = match["hash"]
        else:
            diagnostics = "This line is no hash, two spaces and a name; compile again."
            report.add(Issue.error("structure", "release-sums", diagnostics, source=Source(str(path), number)))
    return found


def _artifacts(folder: Path, files: Mapping[str, Rendition]) -> Iterable[Artifact]:
    translated: dict[str, dict[str, Rendition]] = {}
    for name, rendition in files.items():
        language, slash, file = name.rpartition("/")
        if slash:
            translated.setdefault(file, {})[language] = rendition
    for name, rendition in files.items():
        if "/" not in name:
            resource = json.loads(rendition.body, parse_float=Decimal)
            own = {str(resource.get("language", "")): rendition}
            yield Artifact(resource, own | translated.get(name, {}), folder.name)


def _report(report: Report, path: Path, rule: str, reason: str) -> None:
    report.add(Issue.error("conflict", rule, f"{path.name} {reason}.", source=Source(str(path))))
