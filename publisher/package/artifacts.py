"""The artifacts of a package of others: its definitions as they are, with warnings where they are not valid R4.

https://hl7.org/fhir/R4/resourcelist.html. Nothing is mended: the bytes that came are the bytes that are served. What is
no definition (an example, a patient) is left out and counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.archive import DEFAULT, files_of
from publisher.elm import elm_of
from publisher.issue import Issue, IssueError, Report, Source
from publisher.r4 import definitions
from publisher.r4.codec import parse
from publisher.r4.shape import fits, is_modifier, misfits
from publisher.r4.structure import misplaced
from publisher.repository import Artifact, Rendition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from publisher.archive import Limits
    from publisher.repository import Resource

# Definitions that R4 gives no canonical address.
_MORE = frozenset({"Medication", "MedicationKnowledge", "NamingSystem", "Substance"})
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
# RFC 5646, for a resource that does not say which language it is in.
UNDETERMINED = "und"


@dataclass(frozen=True, slots=True)
class Package:
    """The artifacts of one package, its name, and what there is to say about them."""

    name: str
    artifacts: tuple[Artifact, ...]
    report: Report = field(default_factory=Report)


def read_package(path: Path, limits: Limits = DEFAULT) -> Package:
    """Return the definitions in a package (an npm archive, or a folder of JSON); IssueError where it is refused."""
    report = Report()
    manifest: Resource = {}
    held = Holding()
    left_out = 0
    for name, body in files_of(path, limits):
        place = Source(f"{path.name}/{name}")
        resource = _parsed(body, place, report)
        if name.rpartition("/")[2] == "package.json" and isinstance(resource, dict):
            manifest = manifest or resource
        elif resource is not None and not _is_definition(resource):
            left_out += 1
        elif resource is not None and (artifact := _artifact(resource, body, place, report)) and held.add(artifact):
            text = f"{artifact.type}/{artifact.id} has the id or canonical of another file, and other content."
            report.add(Issue.error("duplicate", "artifact-duplicate", text, source=place))
    if left_out:
        text = f"{left_out} file(s) hold no definition and were left out."
        report.add(Issue.information("informational", "package-left-out", text, source=Source(path.name)))
    if not held.artifacts:
        text = f"{path.name} holds no definition in JSON."
        report.add(Issue.error("not-found", "package-empty", text, source=Source(path.name)))
    if report.has_errors:
        raise IssueError(report)
    package = _name(manifest, path)
    artifacts = tuple(Artifact(each.resource, each.renditions, package) for each in held.artifacts)
    return Package(package, artifacts, report)


def with_packages(held: Iterable[Artifact], packages: Iterable[Package]) -> list[Artifact]:
    """Return what is held and what packages add; IssueError where two things have one id or one canonical."""
    report = Report()
    holding = Holding(held)
    for package in packages:
        for artifact in package.artifacts:
            if other := holding.add(artifact):
                text = (
                    f"{artifact.type}/{artifact.id} of {package.name} has the id or canonical of "
                    f"{other.type}/{other.id} of {other.topic}, and other content; take one of them."
                )
                report.add(Issue.error("duplicate", "artifact-duplicate", text))
    if report.has_errors:
        raise IssueError(report)
    return holding.artifacts


class Holding:
    """Artifacts of which each id, each canonical and each name of logic stands for one content.

    An address of what is held from the start is taken for good, whatever version another claims for it.
    """

    def __init__(self, artifacts: Iterable[Artifact] = ()) -> None:
        self._by_id = {(each.type, each.id): each for each in artifacts}
        self._by_canonical = {str(each.canonical): each for each in self._by_id.values()}
        self._own = {each.canonical.url: each for each in self._by_id.values()}
        self._logic = {name: each for each in self._by_id.values() if (name := _logic_name(each))}

    @property
    def artifacts(self) -> list[Artifact]:
        """Return the artifacts in the order in which they came."""
        return list(self._by_id.values())

    def add(self, artifact: Artifact) -> Artifact | None:
        """Hold an artifact, the same again as one; return the other where its id or canonical has other content."""
        key, canonical = (artifact.type, artifact.id), str(artifact.canonical)
        logic = _logic_name(artifact)
        other = self._by_id.get(key) or self._by_canonical.get(canonical) or self._own.get(artifact.canonical.url)
        other = other or (self._logic.get(logic) if logic else None)
        if other is None:
            self._by_id[key] = self._by_canonical[canonical] = artifact
            if logic:
                self._logic[logic] = artifact
            return None
        return other if other.resource != artifact.resource else None


def _logic_name(artifact: Artifact) -> str | None:
    """Return name and version of the logic in a Library, by which other logic includes it."""
    elm = elm_of(artifact.resource) if artifact.type == "Library" else None
    identifier = elm.get("identifier") if elm else None
    if not isinstance(identifier, dict) or "id" not in identifier:
        return None
    return f"{identifier['id']}|{identifier.get('version')}"


def _parsed(body: bytes, place: Source, report: Report) -> Any:
    """Return the JSON of a file, or None and an issue where it cannot be read strictly."""
    try:
        return parse(body, file=place.file).value
    except IssueError as error:
        report.extend(Issue.warning(each.code, each.rule, each.diagnostics, source=place) for each in error.report)
        return None


def _is_definition(resource: Any) -> bool:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or not definitions.is_resource(kind):
        return False
    return kind in _MORE or "url" in definitions.children(kind)


def _artifact(resource: Resource, body: bytes, place: Source, report: Report) -> Artifact | None:
    """Return a definition as it is held, with a warning where it is not R4; None where it cannot be addressed."""
    texts = [resource.get(name, "") for name in ("id", "url", "version", "status", "language")]
    if not all(isinstance(each, str) for each in texts) or not _ID.fullmatch(resource.get("id", "")):
        text = "It has no id, url and version that an address can be made of, so it was left out."
        report.add(Issue.warning("structure", "package-unaddressed", text, source=place))
        return None
    if wrong := next(misplaced(resource), None):
        text = f"{wrong} has a list, an object, a text or another value where R4 has another, so it was left out."
        report.add(Issue.warning("structure", "package-malformed", text, source=place))
        return None
    if not fits(resource) and not all(map(is_modifier, misfits(resource))):
        text = "Some of its values are of other types than R4 has there; they are carried as they are written."
        report.add(Issue.warning("structure", "package-shape", text, source=place))
    url, bar, version = resource.get("url", "").partition("|")
    known = {**resource, "url": url, "version": resource.get("version") or version} if bar else resource
    return Artifact(known, {resource.get("language") or UNDETERMINED: Rendition.of(body)})


def _name(manifest: Resource, path: Path) -> str:
    name, version = manifest.get("name"), manifest.get("version")
    if isinstance(name, str) and isinstance(version, str):
        return f"{name}#{version}"
    return path.resolve().name if path.is_dir() else path.name.removesuffix(".tgz")
