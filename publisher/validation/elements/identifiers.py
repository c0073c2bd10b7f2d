"""Check identifiers that are URIs: the value is the whole URI.

Implements https://hl7.org/fhir/R4/datatypes.html#Identifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_SYSTEM = "urn:ietf:rfc:3986"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


def system_is_absolute(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the system of an identifier is a whole URI, or it tells nobody whose identifier it is."""
    system = text(node.value, "system")
    if system is not None and not _ABSOLUTE.match(system):
        yield "identifier-system", node.at("system"), f"{shown(system)} is relative; write the whole URI of the system"


def uri_is_whole(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an identifier whose system is that of URIs has a whole URI as its value."""
    value = text(node.value, "value")
    if value is not None and node.value.get("system") == _SYSTEM and not _URI.fullmatch(value):
        sentence = f"{shown(value)} is no whole URI, as the system says; write it with its scheme, such as urn:oid:"
        yield "identifier-uri", node.at("value"), sentence
