"""Check that canonical urls and references have the form that lets others resolve them.

Implements https://hl7.org/fhir/R4/references.html and https://hl7.org/fhir/R4/resource.html#canonical.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.r4.definitions import is_resource, types
from publisher.validation.findings import nearest
from publisher.validation.nodes import Finding, Node, canonicals, text
from publisher.validation.primitives import shown
from publisher.validation.references import referenced_type
from publisher.validation.shapes import shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?|\?.+)")


_KNOWLEDGE = ("PlanDefinition", "ActivityDefinition", "Library", "Questionnaire", "Measure")


def is_canonical_resource(name: str) -> bool:
    """Return whether resources of a type are named by a canonical url."""
    return {"url", "status", "version"} <= shape(name).fields.keys() and is_resource(name)


def url_is_absolute(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the canonical url of a resource is absolute."""
    url = text(node.value, "url")
    if url is not None and "resourceType" in node.value and is_canonical_resource(node.content):
        if not _ABSOLUTE.match(url):
            sentence = f"{shown(url)} is relative, and names the resource nowhere else; write the whole url"
            yield "canonical-relative", node.at("url"), sentence
        elif "|" in url:
            sentence = f"{shown(url)} holds a version; put it in version"
            yield "canonical-versioned", node.at("url"), sentence


def canonical_is_absolute(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that canonicals are absolute, or point inside the resource.

    Knowledge artifacts are published with Type/id by tools that resolve it, so there that is a warning.
    """
    for _field, path, value in canonicals(node):
        if not value.startswith("#") and not _ABSOLUTE.match(value):
            is_usual = node.root.get("resourceType") in _KNOWLEDGE and _RELATIVE.fullmatch(value.partition("|")[0])
            rule = "canonical-link-relative" if is_usual and node.content != "Meta" else "canonical-relative"
            yield rule, path, f"{shown(value)} is relative; write the whole canonical url"


def reference_type_is_known(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the type of a reference is one of R4's resources, or the url of another structure."""
    stated = text(node.value, "type")
    if stated is not None and not is_resource(stated) and not _ABSOLUTE.match(stated):
        near = nearest(stated, types("resource"))
        advice = f"did you mean {near}?" if near else "write one of R4's resource types"
        yield "reference-type", node.at("type"), f"{shown(stated)} is no resource type; {advice}"


def reference_is_readable(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a literal reference is absolute, Type/id, or #id, and that its type says the same."""
    reference = text(node.value, "reference")
    if reference is None or reference.startswith("#"):
        return
    if not _ABSOLUTE.match(reference) and not _RELATIVE.fullmatch(reference):
        sentence = f"{shown(reference)} is neither absolute nor of the form Type/id; correct it"
        yield "reference-malformed", node.at("reference"), sentence
        return
    found, stated = referenced_type(reference), text(node.value, "type")
    if not _ABSOLUTE.match(reference) and found is None:
        name = re.split(r"[/?]", reference)[0]
        yield "reference-malformed", node.at("reference"), f"{shown(name)} is no resource type; correct it"
    elif found is not None and stated is not None and is_resource(stated) and stated != found:
        yield "reference-type", node.at("type"), f"is {stated}, but the reference names {found}; correct one of them"
