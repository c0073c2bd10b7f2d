"""Read what is to be validated, one resource at a time: files, folders, NDJSON, FHIR packages, standard input.

Implements https://hl7.org/fhir/R4/nd-json.html and https://confluence.hl7.org/display/FHIR/NPM+Package+Specification.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from publisher.archive import files_of
from publisher.issue import Issue, IssueError, Source
from publisher.r4.codec import DEFAULT_LIMITS, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.r4.codec import Document

STDIN = "-"
_PACKAGES = (".tgz", ".tar.gz")
_NOT_RESOURCES = ("package.json", ".index.json")
_RESOURCE = re.compile(rb'"resourceType"\s*:')
_DEFINITION = re.compile(
    rb'"resourceType"\s*:\s*"(?:CodeSystem|ValueSet|StructureDefinition|Questionnaire|Library'
    rb'|PlanDefinition|ActivityDefinition|ImplementationGuide|OperationDefinition|Medication)"'
)
_SOURCES = re.compile(r"(?:\.elm|\.schema)\.json$")


@dataclass(frozen=True, slots=True)
class Text:
    """One JSON text: the file it stands in, how many lines of it come before, and whether it is the whole file."""

    file: str
    data: bytes
    lines_before: int = 0
    is_file: bool = False

    def place(self, source: Source | None) -> Source | None:
        """Return a place in the text as a place in its file."""
        if source is None or not self.lines_before:
            return source
        return Source(source.file, source.line + self.lines_before, source.column)


def texts(paths: Iterable[str]) -> Iterator[Text]:
    """Yield every resource that `paths` name; raise IssueError for what cannot be read."""
    for path in paths:
        if path == STDIN:
            yield from _standard_input()
            continue
        try:
            yield from _folder(Path(path)) if Path(path).is_dir() else _file(Path(path))
        except OSError as error:
            diagnostics = f"{path} cannot be read: {error.strerror or error}; name a file or folder."
            raise IssueError(Issue.error("not-found", "file-unreadable", diagnostics)) from error


def definitions(paths: Iterable[str], read: dict[str, Document] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the definitions among what `paths` name, for the others to refer to; standard input apart.

    Files that are a definition go to `read`, so that they need no second reading.
    """
    named = [path for path in paths if path != STDIN]
    for text in texts(named):
        if _DEFINITION.search(text.data):
            try:
                document = parse(text.data, file=text.file)
            except IssueError:
                continue  # said when it is validated
            if read is not None and text.is_file:
                read[text.file] = document
            if isinstance(document.value, dict):
                yield document.value


def package_definitions(path: Path) -> Iterator[dict[str, Any]]:
    """Yield every resource of a FHIR package."""
    for text in package_texts(path):
        try:
            value = parse(text.data, file=text.file).value
        except IssueError:
            continue  # another's package is not what is validated
        if isinstance(value, dict):
            yield value


def package_texts(path: Path) -> Iterator[Text]:
    """Yield the resources of a FHIR package."""
    for name, data in files_of(path):
        if _RESOURCE.search(data):
            yield Text(f"{path}/{name}", data)


def _folder(folder: Path) -> Iterator[Text]:
    for path in sorted(folder.rglob("*")):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if is_hidden or not path.is_file() or _SOURCES.search(path.name) or path.name in _NOT_RESOURCES:
            continue
        if path.suffix == ".ndjson" or path.name.endswith(_PACKAGES):
            yield from _file(path)
        elif path.suffix == ".json":
            data = _bounded(path)
            if _RESOURCE.search(data):
                yield Text(str(path), data, is_file=True)


def _file(path: Path) -> Iterator[Text]:
    if path.name.endswith(_PACKAGES):
        yield from package_texts(path)
    elif path.suffix == ".ndjson":
        with path.open("rb") as stream:
            yield from _lines(stream, str(path))
    else:
        yield Text(str(path), _bounded(path), is_file=True)


def _bounded(path: Path) -> bytes:
    """Return a file, or a little more than may be read of it, which the codec refuses."""
    with path.open("rb") as stream:
        return stream.read(DEFAULT_LIMITS.size + 1)


def _lines(stream: BinaryIO, file: str) -> Iterator[Text]:
    number = 0
    while line := stream.readline(DEFAULT_LIMITS.size + 1):
        if line.strip():
            yield Text(file, line.rstrip(b"\r\n"), number)
        number += 1


def _standard_input() -> Iterator[Text]:
    """Yield standard input as one text, or as NDJSON where its first line is a whole object and others follow."""
    stream = sys.stdin.buffer
    first = stream.readline(DEFAULT_LIMITS.size + 1)
    is_whole = first.lstrip().startswith(b"{") and first.rstrip().endswith(b"}")
    if not is_whole:
        rest = stream.read(DEFAULT_LIMITS.size + 1 - len(first)) if len(first) <= DEFAULT_LIMITS.size else b""
        yield Text("<stdin>", first + rest)
        return
    yield Text("<stdin>", first.rstrip(b"\r\n"))
    for text in _lines(stream, "<stdin>"):
        yield Text(text.file, text.data, text.lines_before + 1)
