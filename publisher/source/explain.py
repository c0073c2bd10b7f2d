"""Show what each shorthand of one source file became: the place, what was written, and the FHIR that stands for it.

Implements the comparison of an authored file with its plain form, element by element of
https://hl7.org/fhir/R4/json.html; the six shorthands are described in docs/reference/shorthand.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4.codec import dumps
from publisher.r4.definitions import children
from publisher.repository import ARTIFACT_URL, ARTIFACT_VERSION
from publisher.source.catalogue import catalogue_of
from publisher.source.folder import load
from publisher.source.shorthand import plain
from publisher.source.yaml import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.r4.elements import Child
    from publisher.source.shorthand import PlainResource
    from publisher.topic import Document

_BY_TYPE: Final[Mapping[str, str]] = {
    "canonical": "Type/id",
    "Coding": "system#code",
    "CodeableConcept": "system#code",
    "Expression": "bare expression",
}
# Where an inherited element comes from, if not from topic.yaml: a key of publisher.yaml, or of the file itself.
_OF_PUBLISHER: Final[Mapping[str, str]] = {
    "url": "canonicalBase",
    "publisher": "publisher",
    "jurisdiction": "jurisdiction",
    "language": "defaultLanguage",
}
_OF_FILE: Final[Mapping[str, str]] = {
    "name": "id",
    "type": "resourceType",
    "subjectCodeableConcept": "resourceType",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one shorthand became: `before` is absent where the element is inherited, and stands in no file."""

    source: Source
    element: str
    shorthand: str
    before: Any
    after: Any

    def to_text(self) -> str:
        """Return the explanation for a person: place and element, then what was written and what it became."""
        before = "(not written)" if self.before is None else _json(self.before)
        return f"{self.source}: {self.element} ({self.shorthand})\n  {before}\n  -> {_json(self.after)}\n"

    def to_json(self) -> dict[str, Any]:
        """Return the explanation as data."""
        place = {"file": self.source.file, "line": self.source.line, "column": self.source.column}
        content = {"before": self.before, "after": self.after}
        return {**place, "element": self.element, "shorthand": self.shorthand, **content}


def explained(root: Path, file: Path) -> list[Explanation]:
    """Return what became of each shorthand of `file`, a source file below `root`, in the order of its lines."""
    written = _written(root, file)
    found = [*_members(written, written.document.value, written.resource, _Place(written.resource["resourceType"]))]
    found += _inherited(written, read(root / "publisher.yaml"))
    own = written.document.file
    return sorted(found, key=lambda one: (one.source.file != own, one.source.file, one.source.line, one.source.column))


@dataclass(frozen=True, slots=True)
class _Place:
    """An element: the content its children are defined by, its path in the source, and that in the resource."""

    content: str
    path: str = ""

    def child(self, key: str, content: str = "") -> _Place:
        return _Place(content, f"{self.path}.{key}".removeprefix("."))

    def item(self, index: int) -> _Place:
        return _Place(self.content, f"{self.path}[{index}]")


def _written(root: Path, file: Path) -> PlainResource:
    """Return the resource of `file` in plain FHIR; raise an IssueError where anything it depends on is wrong."""
    sources, report = load(root)
    catalogue, issues = catalogue_of(sources.publisher, sources.folders, sources.lock)
    report.extend(issues)
    for folder in sources.folders if not report.has_errors else ():
        for document in folder.resources:
            if file.resolve() == Path(document.file).resolve():
                written, issues = plain(document, folder, catalogue)
                report.extend(issues)
                if not report.has_errors:
                    return written
    if not report.has_errors:
        wrong = f"{file} is no artifact of a topic below {root}; name a YAML file in a folder of a topic."
        report = Report([Issue.error("not-found", "file-unknown", wrong)])
    raise IssueError(report)


def _members(written: PlainResource, value: Any, plain_value: Any, place: _Place) -> Iterator[Explanation]:
    """Yield what the members of a mapping became."""
    for key, one in value.items():
        child = children(place.content).get(key)
        there = place.child(key, child.content if child else "")
        if key == "derivedFrom":
            yield from _derived(written, one, plain_value, there)
        elif one == plain_value.get(key) and f"_{key}" not in plain_value:
            continue
        elif _is_language_map(one, plain_value.get(key)):
            yield _language_map(written, key, one, plain_value, there)
        elif isinstance(one, list) and isinstance(plain_value.get(f"_{key}"), list):
            yield from _language_maps(written, key, one, plain_value, there)
        else:
            yield from _value(written, one, plain_value.get(key), there, child)
    yield from _looked_up(written, value, plain_value, place)


def _value(
    written: PlainResource, before: Any, after: Any, place: _Place, child: Child | None
) -> Iterator[Explanation]:
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _value(written, one, other, place.item(index), child)
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _members(written, before, after, place)
    elif before != after:
        yield _explanation(written, place, _shorthand(before, child), before, after)


def _shorthand(before: Any, child: Child | None) -> str:
    if isinstance(before, dict):
        return "language map"
    if child and child.element.path == "Extension.url":
        return "Type/id"
    return _BY_TYPE.get(child.type.code, "system#code") if child else "system#code"


def _is_language_map(before: Any, after: Any) -> bool:
    return isinstance(before, dict) and not isinstance(after, dict)


def _language_map(written: PlainResource, key: str, before: Any, parent: Any, place: _Place) -> Explanation:
    names = [name for name in (key, f"_{key}") if name in parent]
    return _explanation(written, place, "language map", before, {name: parent[name] for name in names})


def _language_maps(
    written: PlainResource, key: str, before: list[Any], parent: Any, place: _Place
) -> Iterator[Explanation]:
    """Yield what the language maps in a list of texts became."""
    for index, one in enumerate(before):
        if isinstance(one, dict):
            item = {name: parent[name][index] for name in (key, f"_{key}")}
            yield _language_map(written, key, one, item, place.item(index))


def _looked_up(written: PlainResource, value: Any, plain_value: Any, place: _Place) -> Iterator[Explanation]:
    """Yield what was looked up for a code that was written as a mapping: its display, and translations of that."""
    added = {key: plain_value[key] for key in ("display", "_display") if key in plain_value and key not in value}
    if "code" in value and added:
        yield _explanation(written, place, "system#code", {"code": value["code"]}, added)


def _derived(written: PlainResource, ids: Any, parent: Any, place: _Place) -> Iterator[Explanation]:
    """Yield what each statement id became, in whichever element of `parent` has room for it."""
    entries = [one for key in ("documentation", "relatedArtifact", "extension") for one in parent.get(key, ())]
    for index, name in enumerate(ids):
        found = [one for one in entries if (one.get("valueRelatedArtifact") or one).get("label") == name]
        if found:
            yield _explanation(written, place.item(index), "derivedFrom", name, found[0])


def _inherited(written: PlainResource, publisher: Document) -> Iterator[Explanation]:
    """Yield the elements that the file leaves to its topic, to publisher.yaml or to its own id."""
    for name, source in written.moved.items():
        if "." in name or "[" in name:
            continue
        place = publisher.locate(_OF_PUBLISHER[name]) if name in _OF_PUBLISHER else source
        if name in _OF_FILE:
            place = written.document.locate(_OF_FILE[name])
        yield Explanation(place, name, "inherited metadata", None, {name: written.resource[name]})
    own = written.document.value.get("extension", ())
    for index, one in enumerate(written.resource.get("extension", ())):
        if one.get("url") in (ARTIFACT_URL, ARTIFACT_VERSION) and one not in own:
            yield Explanation(written.document.locate(""), f"extension[{index}]", "inherited metadata", None, one)


def _explanation(written: PlainResource, place: _Place, shorthand: str, before: Any, after: Any) -> Explanation:
    return Explanation(written.document.locate(place.path), place.path, shorthand, before, after)


def _json(value: Any) -> str:
    return dumps(value).decode()
