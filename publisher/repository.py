"""Artifacts by canonical: version-aware, immutable, in every language they were compiled in.

Implements https://hl7.org/fhir/R4/references.html#canonical and the identity rules of CRMI
(https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Resource = dict[str, Any]

ARTIFACT_URL = "http://hl7.org/fhir/StructureDefinition/artifact-url"
ARTIFACT_VERSION = "http://hl7.org/fhir/StructureDefinition/artifact-version"
ARTIFACT_STATUS = "http://hl7.org/fhir/StructureDefinition/artifact-status"


@record
class Canonical:
    """A canonical URL and, where one is named, the business version behind the bar."""

    url: str
    version: str | None = None

    @classmethod
    def parse(cls, text: str) -> Canonical:
        """Return the canonical that `text` (`url` or `url|version`) spells; a fragment is dropped."""
        url, bar, version = text.partition("|")
        return cls(url.partition("#")[0], version.partition("#")[0] if bar and version else None)

    def __str__(self) -> str:
        return f"{self.url}|{self.version}" if self.version else self.url


@dataclass(frozen=True, slots=True)
class Rendition:
    """The frozen bytes of an artifact in one language, with their ETag."""

    body: bytes
    etag: str

    @classmethod
    def of(cls, body: bytes, digest: str | None = None) -> Rendition:
        """Return the rendition of `body`; the ETag is a weak one over its SHA-256, which may be known as `digest`."""
        return cls(body, f'W/"{(digest or hashlib.sha256(body).hexdigest())[:16]}"')


@dataclass(frozen=True, slots=True)
class Artifact:
    """One version of one knowledge artifact; `resource` is never changed after loading."""

    resource: Resource = field(repr=False)
    renditions: Mapping[str, Rendition] = field(repr=False)
    topic: str = ""
    _read: Canonical | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def type(self) -> str:
        """Return the resource type."""
        return str(self.resource["resourceType"])

    @property
    def id(self) -> str:
        """Return the logical id."""
        return str(self.resource["id"])

    @property
    def canonical(self) -> Canonical:
        """Return url and version; of a Medication, those of its artifact extensions; a Provenance has no url."""
        if self._read is None:
            object.__setattr__(self, "_read", self._canonical())
        return self._read  # type: ignore[return-value]  # it was just set

    def _canonical(self) -> Canonical:
        if "url" in self.resource:
            return Canonical(self.resource["url"], self.resource.get("version"))
        url, version = None, self.resource.get("meta", {}).get("versionId")
        for extension in self.resource.get("extension", ()):
            if extension.get("url") == ARTIFACT_URL:
                url = extension.get("valueUri")
            elif extension.get("url") == ARTIFACT_VERSION:
                version = extension.get("valueString")
        return Canonical(url or f"{self.type}/{self.id}", version)

    @property
    def page(self) -> str:
        """Return the path of the page that shows this version to people, below the server's base."""
        return f"/artifacts/{self.type}/{self.id}/{self.canonical.version}"

    @property
    def status(self) -> str:
        """Return the publication status; a Medication's own `status` is not one, so it reads its extension."""
        if "url" in self.resource:
            return str(self.resource.get("status", "draft"))
        extensions = self.resource.get("extension", ())
        return next((str(one["valueCode"]) for one in extensions if one.get("url") == ARTIFACT_STATUS), "draft")


class Repository:
    """Every artifact that is held, found by type and id, or by canonical."""

    def __init__(self, artifacts: Iterable[Artifact], *, drafts: bool = False) -> None:
        """Index `artifacts`; with `drafts`, a reference without version may reach a draft."""
        self._drafts = drafts
        self._by_id: dict[tuple[str, str], Artifact] = {}
        self._by_url: dict[str, list[Artifact]] = {}
        # what was found by a text before; a text with a fragment is not kept, for there is no end to them
        self._found: dict[str, Artifact] = {}
        for artifact in sorted(artifacts, key=lambda one: (one.type, one.id)):
            self._by_id[artifact.type, artifact.id] = artifact
            self._by_url.setdefault(artifact.canonical.url, []).append(artifact)
        self._by_type: dict[str, list[Artifact]] = {}
        for artifact in self:
            self._by_type.setdefault(artifact.type, []).append(artifact)
        for versions in self._by_url.values():
            versions.sort(key=_precedence, reverse=True)

    def __iter__(self) -> Iterator[Artifact]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, resource_type: str, resource_id: str) -> Artifact | None:
        """Return the artifact of this type and logical id."""
        return self._by_id.get((resource_type, resource_id))

    def of_type(self, resource_type: str) -> list[Artifact]:
        """Return the artifacts of one type, by id."""
        return list(self._by_type.get(resource_type, ()))

    def versions(self, url: str) -> Sequence[Artifact]:
        """Return what is held under a url, the newest version first."""
        return self._by_url.get(url, ())

    def resolve(self, canonical: Canonical | str) -> Artifact | None:
        """Return the artifact named by `canonical`; without a version, the newest active one."""
        if isinstance(canonical, str):
            return self._found.get(canonical) or self._resolved(canonical)
        versions = self.versions(canonical.url)
        if canonical.version:
            return next((one for one in versions if one.canonical.version == canonical.version), None)
        active = [one for one in versions if one.status == "active"]
        if active or not self._drafts:
            return active[0] if active else None
        return next((one for one in versions if one.status == "draft"), None)

    def _resolved(self, text: str) -> Artifact | None:
        found = self.resolve(Canonical.parse(text))
        if found is not None and "#" not in text:
            self._found[text] = found
        return found


def _precedence(artifact: Artifact) -> tuple[tuple[int, ...], bool, str]:
    return precedence(artifact.canonical.version or "")


def precedence(version: str) -> tuple[tuple[int, ...], bool, str]:
    """Order versions as semantic versioning does: numbers first, a labelled pre-release before its release."""
    core, _, label = version.partition("-")
    numbers = tuple(int(part) for part in re.findall(r"\d{1,18}", core))
    return numbers, not label, label
