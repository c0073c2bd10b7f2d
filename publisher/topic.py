"""Publisher, topic and statements as data: what every artifact of a condition's folder shares.

Implements the metadata of https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html and the statements that
artifacts derive from, https://hl7.org/fhir/R4/metadatatypes.html#RelatedArtifact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.issue import Source

RELATED_ARTIFACT = "http://hl7.org/fhir/StructureDefinition/artifact-relatedArtifact"
DERIVED_RULE = "derived-rule"
_BREAK = re.compile(r"[ -]+")
_WORD = re.compile(r"[A-Za-z][A-Za-z _-]{4,}")


class Document(Protocol):
    """A file that was read: its plain value, and the place of each part of it."""

    @property
    def value(self) -> Any:
        """Return the plain value."""

    @property
    def file(self) -> str:
        """Return the name of the file as the author knows it."""

    def locate(self, path: str, /) -> Source:
        """Return where the part named by `path` stands, or its nearest present parent."""


@dataclass(frozen=True, slots=True)
class SystemNames:
    """A code system as `system#code` names it: the address to write, other spellings in records, whose it is."""

    uri: str
    aliases: tuple[str, ...] = ()
    undotted: bool = False
    copyright: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publisher:
    """The settings that all topics share (publisher.yaml)."""

    canonical_base: str
    package_prefix: str
    name: str
    default_language: str
    languages: tuple[str, ...]
    jurisdiction: str | None = None
    code_systems: Mapping[str, SystemNames] = field(default_factory=dict)

    @property
    def other_languages(self) -> tuple[str, ...]:
        """Return the languages that are written as translations."""
        return tuple(one for one in self.languages if one != self.default_language)


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """The page a topic was encoded from, pinned by its hash, with what that page lacks."""

    title: str
    url: str
    language: str
    sha256: str
    size: int
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim of the source page in our words, or a rule derived from such claims."""

    id: str
    type: str
    strength: str | None
    text: Mapping[str, str]
    note: str | None = None
    derives_from: tuple[str, ...] = ()
    source: Source | None = None

    @property
    def awaits_clinician(self) -> bool:
        """Return whether the page does not say this itself, so that a clinician must agree to it."""
        return self.type == DERIVED_RULE


@dataclass(frozen=True, slots=True)
class Strength:
    """One code of strength: the words that are too strong for it, by language (strength.yaml)."""

    code: str
    must_not_say: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A statement that no artifact carries, and why."""

    statement: str
    reason: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class RuleWaiver:
    """A finding that stays, and why: of one rule, in one artifact, and there in one element where it is named.

    `artifact` is Type/id, `element` the id of an element or its FHIRPath.
    """

    rule: str
    artifact: str
    reason: str
    element: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """One condition's folder: the metadata its artifacts inherit, its source and its statements.

    `author` says in each language who or what wrote its texts and its logic.
    """

    id: str
    version: str
    date: str
    status: str
    experimental: bool
    title: Mapping[str, str]
    description: Mapping[str, str]
    author: Mapping[str, str] = field(default_factory=dict)
    record: SourceRecord | None = None
    statements: Mapping[str, Statement] = field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()
    rule_waivers: tuple[RuleWaiver, ...] = ()
    source: Source | None = None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the words that point at the nearest of `known`, or none; a name with a word more may be the opposite."""
    import difflib

    alike = [one for one in known if "/" in word or len(_BREAK.split(one)) == len(_BREAK.split(word))]
    near = difflib.get_close_matches(word, alike, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def code_meant(code: str, known: Iterable[str]) -> str:
    """Return the words that point at the one of `known` that `code` misspells, or none.

    Codes of letters and digits that look alike mean different things: there only capitals, dots, blanks and hyphens
    count as misspelt. A code that is a word may be misspelt as words are.
    """
    candidates = sorted(known)
    same = [one for one in candidates if _signs(one) == _signs(code)]
    if same:
        return f"; did you mean {same[0]}?"
    return did_you_mean(code, filter(_WORD.fullmatch, candidates)) if _WORD.fullmatch(code) else ""


def _signs(code: str) -> str:
    return re.sub(r"[\W_]", "", code).casefold()
