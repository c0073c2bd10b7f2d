"""Read every topic folder: publisher.yaml, the terminology lock, and each topic with its resource files.

Implements the layout of the authoring source; what a resource must say of itself is
https://hl7.org/fhir/R4/resource.html#Resource.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4.definitions import is_resource, types
from publisher.source.catalogue import TopicFolder
from publisher.source.schema import own_file_issues
from publisher.source.strength import read_strengths
from publisher.source.terminology import Lock, read_lock
from publisher.source.topic import publisher_from, topic_from
from publisher.source.yaml import read
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from publisher.topic import Document, Publisher, Strength, Topic

TOPIC_FILES = ("topic.yaml", "statements.yaml", "approval.yaml", "proof.yaml")
NOT_RESOURCES = ("cases", "fhir")

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class Sources:
    """All that authors wrote below one root."""

    publisher: Publisher
    folders: tuple[TopicFolder, ...]
    lock: Lock
    strengths: Mapping[str, Strength] = field(default_factory=dict)


def load(root: Path) -> tuple[Sources, Report]:
    """Return what is below `root` and its issues; raise an IssueError where publisher.yaml is wrong."""
    publisher = _publisher(root / "publisher.yaml")
    report = Report()
    lock, strengths = Lock(), _strengths(root, publisher, report)
    try:
        lock = read_lock(root / "terminology.csv")
    except IssueError as error:
        report.extend(error.report)
    folders = [_folder(path.parent, publisher, report) for path in sorted(root.glob("*/topic.yaml"))]
    if not folders and not report.has_errors:
        diagnostics = "There is no topic here; make a folder with a topic.yaml."
        report.add(Issue.error("not-found", "topic-missing", diagnostics, source=Source(str(root))))
    return Sources(publisher, tuple(one for one in folders if one), lock, strengths), report


def _strengths(root: Path, publisher: Publisher, report: Report) -> Mapping[str, Strength]:
    try:
        return read_strengths(root / "strength.yaml", publisher)
    except IssueError as error:
        report.extend(error.report)
        return {}


def _publisher(path: Path) -> Publisher:
    """Return the settings in publisher.yaml, or raise an IssueError with all that is wrong in them."""
    document = read(path)
    try:
        publisher = publisher_from(document)
    except IssueError as error:
        raise IssueError(Report([*error.report, *own_file_issues(document, "publisher", error.report)])) from None
    if issues := own_file_issues(document, "publisher"):
        raise IssueError(Report(issues))
    return publisher


def _folder(path: Path, publisher: Publisher, report: Report) -> TopicFolder | None:
    """Return the topic in the folder `path`; its issues go to `report`."""
    documents = [found for file in _resource_files(path, report) if (found := _resource(file, report))]
    cases = [found for file in sorted(path.glob("cases/*.yaml")) if (found := _own(file, "cases", report))]
    for name in ("approval", "proof"):
        if (path / f"{name}.yaml").is_file():
            _own(path / f"{name}.yaml", name, report)
    document, statements = _read(path / "topic.yaml", report), None
    if (path / "statements.yaml").is_file():
        statements = _read(path / "statements.yaml", report)
    topic = _topic(document, statements, publisher, report) if document else None
    if document is None or topic is None:
        return None
    if topic.id != path.name:
        diagnostics = f"The folder is called {path.name}, its topic {topic.id}; give both one name."
        report.add(Issue.error("value", "topic-folder", diagnostics, source=document.locate("id")))
    return TopicFolder(topic, document, tuple(documents), tuple(cases))


def _read(file: Path, report: Report) -> Document | None:
    try:
        return read(file)
    except IssueError as error:
        report.extend(error.report)
        return None


def _topic(document: Document, statements: Document | None, publisher: Publisher, report: Report) -> Topic | None:
    """Return the topic of two files, or None where the reader or a schema finds an issue."""
    topic, found = None, Report()
    try:
        topic = topic_from(document, publisher, statements)
    except IssueError as error:
        found.extend(error.report)
    found.extend(own_file_issues(document, "topic", found))
    if statements:
        found.extend(own_file_issues(statements, "statements", found))
    report.extend(found)
    return None if found.has_errors else topic


def _own(file: Path, schema: str, report: Report) -> Document | None:
    """Return a file of ours that no artifact is made of; what is wrong with it goes to `report`."""
    document = _read(file, report)
    if document is not None:
        report.extend(own_file_issues(document, schema))
    return document


def _resource_files(path: Path, report: Report) -> Iterator[Path]:
    """Yield the resource files of a topic in order; report those that stand where nobody reads them."""
    for file in sorted(path.rglob("*")):
        folder = file.relative_to(path).parts[0]
        if folder in NOT_RESOURCES or not file.is_file():
            continue
        if file.suffix == ".yml" or (file.parent == path and _is_source(file) and file.name not in TOPIC_FILES):
            diagnostics = "This file is not read; name it *.yaml and put it in a folder of the topic."
            report.add(Issue.error("structure", "file-unread", diagnostics, source=Source(str(file))))
        elif file.parent != path and _is_source(file):
            yield file


def _is_source(file: Path) -> bool:
    return file.suffix in (".yaml", ".json") and not file.name.endswith(".elm.json")


def _resource(file: Path, report: Report) -> Document | None:
    document = _read(file, report)
    if document is None:
        return None
    issues = list(_head_issues(document))
    report.extend(issues)
    return None if issues else document


def _head_issues(document: Document) -> Iterator[Issue]:
    """Check what all else depends on: the resource's type and id."""
    value = document.value if isinstance(document.value, dict) else {}
    kind, name = value.get("resourceType"), value.get("id")
    if not isinstance(kind, str):
        diagnostics = "The resourceType is missing; say which FHIR type this file is."
        yield Issue.error("required", "resource-type-missing", diagnostics, source=document.locate(""))
    elif not is_resource(kind):
        hint = did_you_mean(kind, types("resource")) or "; choose one of FHIR R4."
        diagnostics = f"'{kind}' is no resource type{hint}"
        yield Issue.error("value", "resource-type-unknown", diagnostics, source=document.locate("resourceType"))
    if not isinstance(name, str) or not _ID.fullmatch(name):
        diagnostics = "The id is missing or has other signs than letters, digits, - and . (64 at most); give one."
        yield Issue.error("required", "id-missing", diagnostics, source=document.locate("id"))
