"""Check Libraries: content that can be read, ELM that is the translation of the CQL beside it, names that agree.

Implements https://hl7.org/fhir/R4/library.html and https://hl7.org/fhir/uv/cql/using-cql.html (CQL Library).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.elm import cql_sha256, text_sha256
from publisher.validation.artifacts.logic import CQL, ELM, content_data, cql_text, defs, elm_library, logic_of
from publisher.validation.artifacts.translation import Different, Untranslatable
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.artifacts.logic import Logic
    from publisher.validation.knowledge import Knowledge

_STALE = "library-elm-stale"


def content_can_be_read(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that CQL is text, and ELM is JSON."""
    for index, content in items(node.value, "content"):
        kind, place = text(content, "contentType"), (node.at("content", index), ".data")
        if "data" in content and kind == CQL and cql_text(content_data(content)) is None:
            yield "library-content-unreadable", place, "is no CQL text in UTF-8; put the text in anew"
        elif "data" in content and kind == ELM and elm_library(content) is None:
            yield "library-content-unreadable", place, "is no ELM in JSON; translate the CQL anew"


def elm_is_of_cql(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the ELM is of the CQL beside it: by the hash it carries, its name, version and definitions."""
    logic = logic_of(node.value, knowledge)
    if logic.cql is not None and logic.elm is not None:
        reason = _stale_reason(logic, logic.elm)
        if reason is not None:
            yield _STALE, node.at("content"), f"{reason}; translate it anew"
            return
    yield from _translated(node, logic, knowledge)


def _stale_reason(logic: Logic, elm: dict[str, Any]) -> str | None:
    identifier, header = elm.get("identifier"), logic.header
    if header is not None and isinstance(identifier, dict):
        name, version = header
        if identifier.get("id") != name or (version and identifier.get("version") != version):
            return f"has ELM of {_label(identifier.get('id'), identifier.get('version'))}, CQL of {_label(*header)}"
    missing = sorted(logic.defined - {str(text(one, "name")) for one in defs(elm, "statements")})
    if missing:
        return f"has CQL that defines {shown(missing[0])}, and ELM that does not"
    stated = _stated_hash(elm)
    if stated is not None and logic.data is not None and stated != text_sha256(logic.data):
        return "has ELM that carries the hash of another text than the CQL beside it"
    return None


def _stated_hash(elm: dict[str, Any]) -> str | None:
    try:
        return cql_sha256(elm)
    except (AttributeError, KeyError, TypeError):
        return None


def _translated(node: Node, logic: Logic, knowledge: Knowledge) -> Iterator[Finding]:
    """Yield what translating the CQL anew shows, where a translator was given."""
    found = knowledge.retranslation(node.value) if logic.cql is not None else None
    if isinstance(found, Untranslatable):
        for message in found.messages:
            yield "library-cql-untranslatable", node.at("content"), f"does not translate: {message}; correct the CQL"
    elif isinstance(found, Different):
        yield (
            _STALE,
            node.at("content"),
            f"has ELM that differs from a new translation in {found.what}; take the new one",
        )


def name_is_of_cql(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the Library has the name of its CQL library, by which others include it."""
    header, name = logic_of(node.value, knowledge).header, text(node.value, "name")
    if header is not None and name is not None and header[0] != name:
        yield (
            "library-name-differs",
            node.at("name"),
            f"is {shown(name)}, but the CQL is of {header[0]}; write {header[0]}",
        )


def _label(name: str | None, version: str | None) -> str:
    return f"{name} version {version}" if version else str(name)
