"""Check canonicals of definitions: they resolve where their neighbours do, and say which version they mean.

Implements https://hl7.org/fhir/R4/references.html#canonical and the pinning of
https://hl7.org/fhir/uv/crmi/version-manifest.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, canonicals, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

# What an artifact depends on, by the name of the element.
_LINKS = (
    *("answerValueSet", "baseDefinition", "definitionCanonical", "derivedFrom", "library", "profile", "questionnaire"),
    *("resource", "transform", "valueSet"),
)
_OF_THE_STANDARD = ("http://hl7.org/fhir/", "http://terminology.hl7.org/")
_RELEASED = ("active", "retired")


def canonical_is_at_hand(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that canonicals resolve, in the version they name, where anything else of their base is at hand."""
    own = text(node.root, "url")
    for field, path, value in canonicals(node):
        if field.key not in _LINKS:
            continue
        base = _base(value.partition("|")[0])
        if base is None or knowledge.find(value) is not None or value.partition("|")[0] == own:
            continue
        versions = knowledge.versions(value)
        if versions:
            sentence = (
                f"{shown(value)} is not at hand in that version, but in {', '.join(versions)}; correct one of them"
            )
            yield "canonical-unresolved", path, sentence
        elif f"{base}/" not in _OF_THE_STANDARD and knowledge.holds_base(base, own):
            sentence = f"{shown(value)} is not at hand, though others of {base} are; add it or correct the canonical"
            yield "canonical-unresolved", path, sentence


def canonical_is_pinned(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a released artifact says of everything that it depends on which version it means."""
    if node.root.get("status") not in _RELEASED or node.root.get("experimental") is True:
        return
    for field, path, value in canonicals(node):
        if field.key in _LINKS and "|" not in value and ":" in value and not value.startswith(_OF_THE_STANDARD):
            sentence = f"{shown(value)} names no version, so that what it means may change; add |version"
            yield "canonical-unpinned", path, sentence


def _base(url: str) -> str | None:
    """Return the part of a canonical before Type/id."""
    parts = url.rsplit("/", 2)
    return parts[0] if len(parts) == 3 and parts[1][:1].isupper() else None  # noqa: PLR2004 - base, type and id
