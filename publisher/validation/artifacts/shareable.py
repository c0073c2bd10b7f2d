"""Check artifacts that say they are shareable or publishable: CRMI's and R4's profiles together.

Implements https://hl7.org/fhir/uv/crmi/publishing.html and https://hl7.org/fhir/R4/shareableplandefinition.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, items, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

# R4's own shareable profiles are at hand and are checked as such; they do not ask for a title.
_PROFILE = re.compile(r"http://hl7\.org/fhir/uv/crmi/StructureDefinition/crmi-(shareable|publishable)[a-z]+(?:\|.*)?")
_CAPABILITY = "http://hl7.org/fhir/StructureDefinition/cqf-knowledgeCapability"
_SHAREABLE = ("url", "version", "name", "title", "status", "experimental", "publisher", "description")
_PUBLISHABLE = ("date",)


def claim_is_met(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that what an artifact claims to be has the metadata of it."""
    claims = _claims(node)
    wanted = {"shareable": _SHAREABLE, "publishable": (*_SHAREABLE, *_PUBLISHABLE)}
    told: set[str] = set()
    for claim in sorted(claims, reverse=True):
        for name in wanted[claim]:
            if name not in node.value and f"_{name}" not in node.value and name not in told:
                told.add(name)
                yield f"{claim}-incomplete", node.at(name), f"is missing, which a {claim} artifact has; add it"


def _claims(node: Node) -> set[str]:
    claimed = texts(node.value.get("meta"), "profile")
    found = {match[1] for one in claimed if (match := _PROFILE.fullmatch(one))}
    for _, extension in items(node.value, "extension"):
        if extension.get("url") == _CAPABILITY:
            found |= {str(text(extension, "valueCode"))} & {"shareable", "publishable"}
    return found
