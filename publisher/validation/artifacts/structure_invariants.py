"""Invariants of StructureDefinition that FHIRPath takes long over, since each looks at every element: written out.

Implements sdf-9, sdf-19 and sdf-23 of https://hl7.org/fhir/R4/structuredefinition.html#invs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_CORE = "http://hl7.org/fhir/StructureDefinition"
_CODE = re.compile(r"[a-zA-Z0-9.]+|http://hl7\.org/fhirpath/System\.[A-Z][A-Za-z]+")
_NOT_AT_ROOT = ("label", "code", "requirements")


def root_element_is_plain(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the root of a structure has no label, code or requirements (sdf-9), and no sliceName (sdf-23)."""
    for row, place in _elements(node):
        if "." in (text(row, "path") or "."):
            continue
        for name in _NOT_AT_ROOT:
            if name in row:
                yield "structure-root", (place, f".{name}"), "stands on the root of a structure (sdf-9); take it out"
        if "sliceName" in row:
            yield "structure-root", (place, ".sliceName"), "names a slice of the root (sdf-23); take it out"


def core_type_is_named(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that structures of FHIR itself use type names, not urls (sdf-19)."""
    if not (text(node.value, "url") or "").startswith(_CORE):
        return
    for row, place in _elements(node):
        for index, each in items(row, "type"):
            code = text(each, "code")
            if code is not None and not _CODE.fullmatch(code):
                sentence = "is no name of a FHIR type (sdf-19); write the name"
                yield "structure-type-code", ((place, ".type", index), ".code"), sentence


def _elements(node: Node) -> Iterator[tuple[dict[str, Any], Any]]:
    for name in ("snapshot", "differential"):
        part = node.value.get(name)
        for index, row in items(part, "element"):
            yield row, (node.at(name), ".element", index)
