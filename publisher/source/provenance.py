"""Carry the statements an element derives from, where R4 has a place for them.

Implements https://hl7.org/fhir/R4/metadatatypes.html#RelatedArtifact: `documentation` of an action,
`relatedArtifact` of a resource, and the extension artifact-relatedArtifact for a type without that element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import children
from publisher.source.translation import translations
from publisher.topic import RELATED_ARTIFACT

if TYPE_CHECKING:
    from publisher.topic import Publisher, Statement, Topic

ACTION = "PlanDefinition.action"


def place_for(content: str, path: str) -> str | None:
    """Return the element of `content` that holds the provenance of `path`, or None where none does."""
    if content == ACTION:
        return "documentation"
    if path:
        return None
    return "relatedArtifact" if "relatedArtifact" in children(content) else "extension"


def entry(statement: Statement, topic: Topic, publisher: Publisher, place: str) -> dict[str, Any]:
    """Return `statement` as it is written in `place`."""
    texts = dict(statement.text)
    related: dict[str, Any] = {"type": "derived-from", "label": statement.id}
    related["display"] = texts.pop(publisher.default_language)
    related["_display"] = translations(texts)
    if topic.record and not statement.awaits_clinician:
        related["url"] = topic.record.url
    return {"url": RELATED_ARTIFACT, "valueRelatedArtifact": related} if place == "extension" else related


def split(value: Any, content: str) -> tuple[Any, list[Any]]:
    """Return the statement ids under `derivedFrom`, and what belongs to FHIR's own element of that name."""
    if "derivedFrom" not in children(content) or not isinstance(value, list):
        return value, []
    canonicals = [one for one in value if isinstance(one, str) and ("/" in one or ":" in one)]
    return [one for one in value if one not in canonicals], canonicals
