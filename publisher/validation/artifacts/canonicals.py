"""Check canonicals of definitions: they resolve where their neighbours do.

Implements https://hl7.org/fhir/R4/references.html#canonical.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, primitives, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_LINKS = ("library", "definitionCanonical", "resource", "profile")


def canonical_is_at_hand(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that canonicals under the resource's own base resolve, where anything of that base is at hand."""
    own = text(node.root, "url")
    base = _base(own) if own else None
    if base is None:
        return
    for field, path, value in primitives(node):
        if field.code != "canonical" or not isinstance(value, str) or field.key not in _LINKS:
            continue
        if _base(value.partition("|")[0]) == base and knowledge.holds_base(base, own) and knowledge.find(value) is None:
            sentence = f"{shown(value)} is not at hand, though others of {base} are; add it or correct the canonical"
            yield "canonical-unresolved", path, sentence


def _base(url: str) -> str | None:
    """Return the part of a canonical before Type/id."""
    parts = url.rsplit("/", 2)
    return parts[0] if len(parts) == 3 and parts[1][:1].isupper() else None  # noqa: PLR2004 - base, type and id
