"""What an evaluation from the command line reads: libraries with what they include, value sets, a patient's data.

ELM in JSON is https://cql.hl7.org/elm.html; a FHIR Library that carries it (https://hl7.org/fhir/R4/library.html) will
do as well.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.expression.context import DataContext
from publisher.expression.library import FHIR_HELPERS, Libraries
from publisher.expression.terminology import Terminology
from publisher.expression.values import EvaluationError, ValueSet, codes_of
from publisher.intake import resources_of, take
from publisher.issue import Issue, IssueError, Source
from publisher.r4.codec import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.expression.library import Library
    from publisher.repository import Repository, Resource

STANDARD_INPUT = Path("-")


def read(path: Path) -> Any:
    """Return the JSON of a file, `-` being standard input; IssueError where there is none."""
    try:
        data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    return parse(data, file="standard input" if path == STANDARD_INPUT else str(path)).value


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file of newline-delimited JSON that are not empty, numbered from 1."""
    try:
        stream = sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error
    with stream:
        for number, line in enumerate(stream, start=1):
            if line.strip():
                yield number, line


def _unreadable(path: Path, error: OSError) -> IssueError:
    diagnostics = f"{path} cannot be read ({error.strerror}); name a file of JSON."
    return IssueError(Issue("fatal", "not-found", "file-unreadable", diagnostics))


@dataclass(frozen=True)
class Held:
    """The value sets and libraries that are at hand: those named, those beside the library, those of `root`."""

    root: Path
    value_set_files: Sequence[Path] = ()
    folder: Path | None = None
    _elms: dict[str, Resource | None] = field(default_factory=dict)

    @cached_property
    def repository(self) -> Repository:
        """Return the compiled artifacts of the root; read at first use."""
        from publisher.release import load_release
        from publisher.repository import Repository

        return Repository(load_release(self.root), drafts=True)

    @cached_property
    def _named(self) -> dict[str, Resource]:
        """Return the resources of the files named, by address with and without version."""
        found: dict[str, Resource] = {}
        for resource in (each for path in self.value_set_files for each in _resources(path)):
            url = str(resource.get("url", ""))
            found.setdefault(url, resource)
            found[f"{url}|{resource.get('version')}"] = resource
        return found

    def resolve(self, canonical: str) -> Resource | None:
        """Return the value set or code system of a canonical; a file that was named comes first."""
        named = self._named.get(canonical)
        if named is not None:
            return named
        held = self.repository.resolve(canonical)
        return held.resource if held else None

    @cached_property
    def terminology(self) -> Terminology:
        """Return the value sets."""
        return Terminology(self.resolve)

    def member_of(self, value: Any, url: str) -> bool | None:
        """Return whether a code, Coding or CodeableConcept is in a value set; None where its codes are not held."""
        try:
            expansion = self.terminology.expansion(ValueSet(*url.split("|", 1)))
        except EvaluationError:
            return None
        return any(map(expansion.holds, codes_of(value)))

    def library(self, path: Path) -> Library:
        """Return the library of a file, compiled, with all that it includes."""
        if path.suffix == ".cql":
            diagnostics = f"{path} is CQL; translate it with `vademecum cql`, and name its .elm.json."
            raise IssueError(Issue.error("invalid", "elm-missing", diagnostics, source=Source(str(path))))
        main = library_object(read(path), str(path))
        identifier = main.get("identifier", {})
        own = (identifier.get("id", ""), identifier.get("version"))
        libraries = Libraries(lambda name, version: main if (name, version) == own else self._elm(name, version))
        return libraries.library(*own)

    def _elm(self, name: str, version: str | None) -> Resource | None:
        key = f"{name}|{version}"
        if key not in self._elms:
            self._elms[key] = self._beside(name, version) or self._published(name, version)
        return self._elms[key]

    def _beside(self, name: str, version: str | None) -> Resource | None:
        """Return the ELM of that name and version in the library's own folder."""
        for path in [self.folder / f"{name}{end}" for end in (".elm.json", ".json")] if self.folder else ():
            if path.is_file():
                elm = library_object(read(path), str(path))
                if version in (None, elm.get("identifier", {}).get("version")):
                    return elm
        return None

    def _published(self, name: str, version: str | None) -> Resource | None:
        from publisher.elm import elm_of

        if name == FHIR_HELPERS:  # native; asking for it is no reason to read all artifacts
            return None
        for artifact in self.repository.of_type("Library"):
            resource = artifact.resource
            if resource.get("name") == name and version in (None, resource.get("version")):
                return elm_of(resource)
        return None


def library_object(document: Any, file: str) -> Resource:
    """Return the ELM library of a file: ELM as the translator writes it, or a FHIR Library that carries it."""
    from publisher.elm import elm_of

    found = document.get("library", document) if isinstance(document, dict) else None
    if isinstance(found, dict) and found.get("resourceType") == "Library":
        found = elm_of(found)
    if not isinstance(found, dict) or not isinstance(found.get("identifier"), dict):
        diagnostics = f"{file} holds no ELM in JSON; translate the CQL with `vademecum cql`."
        raise IssueError(Issue.error("invalid", "elm-missing", diagnostics, source=Source(file)))
    return found


def _resources(path: Path) -> Iterator[Resource]:
    """Yield the resources of a file or of the JSON files of a folder, those of a Bundle one by one."""
    for each in sorted(path.glob("*.json")) if path.is_dir() else [path]:
        yield from resources_of(read(each))


@dataclass(frozen=True, slots=True)
class Patient:
    """The data of one patient: whose they are, what they supply, and how many resources are about somebody else."""

    id: str | None
    context: DataContext
    dropped: int


def patient_of(data: Any, *, complete: bool) -> Patient:
    """Return the data of the one patient of a Bundle or resource; with `complete`, what is not there does not exist."""
    resources = list(resources_of(data))
    patients = {str(each.get("id")) for each in resources if each["resourceType"] == "Patient"}
    if not resources and not (isinstance(data, dict) and data.get("resourceType") == "Bundle"):
        raise IssueError(Issue.error("value", "data-invalid", "The data are no FHIR resource; give a Bundle."))
    if len(patients) > 1:
        message = f"The data hold {len(patients)} patients; give each patient a Bundle, and many with --batch."
        raise IssueError(Issue.error("value", "patient-repeated", message))
    subject = next(iter(patients), None)
    if subject is None:
        return Patient(None, DataContext.of(resources, closed=complete), 0)
    kept = take([data], subject).resources
    return Patient(subject, DataContext.of(kept, closed=complete), len(resources) - len(kept))
