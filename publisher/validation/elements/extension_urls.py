"""Check the urls of extensions: HL7's own are defined, none carries a version, examples stay examples.

Implements https://hl7.org/fhir/R4/extensibility.html#Extension and https://hl7.org/fhir/R4/defining-extensions.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.r4.definitions import extension
from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_EXAMPLE = re.compile(r"[a-z]+://(?:[a-z0-9-]+\.)*(?:example\.(?:org|com|net)|acme\.(?:org|com))(?:[/:]|$)")
_HL7 = "http://hl7.org/fhir/"
_CORE = "http://hl7.org/fhir/StructureDefinition/"
_CROSS_VERSION = re.compile(r"http://hl7\.org/fhir/[1-6]\.[0-9]/StructureDefinition/extension-")
_UNPUBLISHED = ("http://hl7.org/fhir/tools/", "http://hl7.org/fhir/build/")


def extension_is_defined(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check an extension's url; what others define in their own names is theirs to check."""
    url = text(node.value, "url")
    if url is None or ":" not in url:
        return
    if "|" in url:
        yield "extension-url-versioned", node.at("url"), f"{shown(url)} holds a version; leave it out"
        return
    if extension(url) is not None or knowledge.structure(url) is not None:
        return
    if _EXAMPLE.match(url):
        if not knowledge.options.examples:
            sentence = f"{shown(url)} is of a domain for examples; use the url of who defines it"
            yield "extension-example", node.at("url"), sentence
    elif url.startswith(_HL7) and not _CROSS_VERSION.match(url) and not url.startswith(_UNPUBLISHED):
        if url.startswith(_CORE):
            sentence = f"{shown(url)} is defined neither by R4 nor by HL7's extensions pack; correct it"
            yield "extension-undefined", node.at("url"), sentence
        else:
            sentence = f"{shown(url)} is of a guide that is not at hand; give its package, so that it is checked"
            yield "extension-of-guide", node.at("url"), sentence
