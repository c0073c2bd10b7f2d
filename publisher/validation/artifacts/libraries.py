"""Check Libraries: content that can be read, ELM of the CQL beside it, parameters and data as the logic has them.

Implements https://hl7.org/fhir/R4/library.html and https://hl7.org/fhir/uv/cql/using-cql.html (CQL Library).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from publisher.validation.artifacts.expressions import elm
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_CQL = "text/cql"
_HEADER = re.compile(r"^\s*library\s+(?:\"([^\"]+)\"|([\w.]+))(?:\s+version\s+'([^']*)')?", re.MULTILINE)
_COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINE = re.compile(
    r"^\s*define\s+(?!function|fluent)(?:(?:public|private)\s+)?(?:\"([^\"]+)\"|(\w+))\s*:", re.MULTILINE
)


def content_can_be_read(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that CQL is text, and ELM is JSON."""
    for index, content in items(node.value, "content"):
        kind, data = text(content, "contentType"), text(content, "data")
        place = (node.at("content", index), ".data")
        if data is not None and kind == _CQL and _cql_of(content) is None:
            yield "library-content-unreadable", place, "is no CQL text in UTF-8; put the text in anew"
        elif data is not None and kind == "application/elm+json" and elm({"content": [content]}) is None:
            yield "library-content-unreadable", place, "is no ELM in JSON; translate the CQL anew"


def elm_is_of_cql(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the ELM has the name, version and definitions of the CQL beside it."""
    cql, found = _cql(node.value), elm(node.value)
    if cql is None or found is None:
        return
    bare = _COMMENTS.sub("", cql)
    header = _HEADER.search(bare)
    library: Any = found.get("library")
    identifier = library.get("identifier") if isinstance(library, dict) else None
    if header is not None and isinstance(identifier, dict):
        name = (header[1] or header[2]).rpartition(".")[2]
        if identifier.get("id") != name or (header[3] and identifier.get("version") != header[3]):
            yield (
                "library-elm-stale",
                node.at("content"),
                f"has ELM of {identifier.get('id')}, CQL of {name}; translate it anew",
            )
            return
    written = {match[1] or match[2] for match in _DEFINE.finditer(bare)}
    statements = library.get("statements") if isinstance(library, dict) else None
    translated = {text(one, "name") for _, one in items(statements, "def")} if isinstance(statements, dict) else set()
    missing = sorted(written - translated)
    if missing:
        sentence = f"has CQL that defines {shown(missing[0])}, and ELM that does not; translate it anew"
        yield "library-elm-stale", node.at("content"), sentence


def name_is_of_cql(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the Library has the name of its CQL library, by which others include it."""
    cql = _cql(node.value)
    header = _HEADER.search(_COMMENTS.sub("", cql)) if cql else None
    name = text(node.value, "name")
    if header is not None and name is not None:
        own = (header[1] or header[2]).rpartition(".")[2]
        if own != name:
            yield "library-name-differs", node.at("name"), f"is {shown(name)}, but the CQL is of {own}; write {own}"


def parameters_are_declared(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the parameters of the logic are listed, with the definitions that others may use."""
    found = elm(node.value)
    library: Any = (found or {}).get("library")
    declared = library.get("parameters") if isinstance(library, dict) else None
    listed = {text(one, "name") for _, one in items(node.value, "parameter") if one.get("use") == "in"}
    for one in [one for _, one in items(declared, "def")] if isinstance(declared, dict) and listed else ():
        name = text(one, "name")
        if name is not None and name not in listed:
            sentence = f"does not list {shown(name)}, a parameter of the logic; list it"
            yield "library-parameter-undeclared", node.at("parameter"), sentence


def data_are_declared(node: Node, _knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the types that the logic retrieves are among the data requirements."""
    found = elm(node.value)
    if found is None or "dataRequirement" not in node.value:
        return
    listed = {text(one, "type") for _, one in items(node.value, "dataRequirement")}
    for name in sorted(_retrieved(found) - listed - {"Patient"}):
        sentence = f"does not list {name}, which the logic reads; list it"
        yield "library-data-undeclared", node.at("dataRequirement"), sentence


def _retrieved(value: Any) -> set[str]:
    found: set[str] = set()
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            name = each.get("dataType")
            if each.get("type") == "Retrieve" and isinstance(name, str):
                found.add(name.rpartition("}")[2])
            pending += each.values()
        elif isinstance(each, list):
            pending += each
    return found


def _cql(library: dict[str, Any]) -> str | None:
    listed = [content for _, content in items(library, "content") if content.get("contentType") == _CQL]
    return _cql_of(listed[0]) if listed else None


def _cql_of(content: dict[str, Any]) -> str | None:
    data = text(content, "data")
    if data is None:
        return None
    try:
        return base64.b64decode(data).decode()
    except (ValueError, binascii.Error):
        return None
