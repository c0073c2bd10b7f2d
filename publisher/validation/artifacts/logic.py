"""The logic that a Library carries: its CQL, its ELM, and what both say of themselves.

Implements https://hl7.org/fhir/R4/library.html and https://hl7.org/fhir/uv/cql/using-cql.html (CQL Library).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.elm import NOT_NODES, elm_of
from publisher.validation.nodes import items, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

Elm = dict[str, Any]

CQL = "text/cql"
ELM = "application/elm+json"
_HEADER = re.compile(r"^[ \t]*library\s+(?:\"([^\"]+)\"|([\w.]+))(?:\s+version\s+'([^']*)')?", re.MULTILINE)
_COMMENTS = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINE = re.compile(
    r"^[ \t]*define\s+(?!function|fluent)(?:(?:public|private)\s+)?(?:\"([^\"]+)\"|(\w+))\s*:", re.MULTILINE
)


@dataclass(frozen=True)
class Logic:
    """What a Library's content holds: CQL as bytes and text, and the library object of its ELM, each if it is there."""

    data: bytes | None
    cql: str | None
    elm: Elm | None

    @cached_property
    def header(self) -> tuple[str, str | None] | None:
        """Return the name and version that the CQL declares."""
        match = _HEADER.search(self._bare) if self.cql else None
        return ((match[1] or match[2]).rpartition(".")[2], match[3]) if match else None

    @cached_property
    def defined(self) -> set[str]:
        """Return the names of the definitions in the CQL."""
        return {match[1] or match[2] for match in _DEFINE.finditer(self._bare)} if self.cql else set()

    @cached_property
    def _bare(self) -> str:
        return _COMMENTS.sub("", self.cql or "")


def logic_of(library: dict[str, Any], knowledge: Knowledge) -> Logic:
    """Return the logic of the Library being validated."""
    found: Logic = knowledge.about(library, "logic", read_logic)
    return found


def read_logic(library: dict[str, Any]) -> Logic:
    """Return the logic of a Library; what cannot be read counts as not there."""
    data = next((content_data(one) for _, one in items(library, "content") if one.get("contentType") == CQL), None)
    found = next((one for _, one in items(library, "content") if one.get("contentType") == ELM and "data" in one), None)
    return Logic(data, cql_text(data), elm_library(found) if found else None)


def content_data(content: dict[str, Any]) -> bytes | None:
    """Return the bytes of an attachment."""
    data = text(content, "data")
    try:
        return base64.b64decode(data) if data is not None else None
    except (ValueError, binascii.Error):
        return None


def cql_text(data: bytes | None) -> str | None:
    """Return CQL as text."""
    try:
        return data.decode() if data is not None else None
    except UnicodeDecodeError:
        return None


def elm_library(content: dict[str, Any]) -> Elm | None:
    """Return the library object in an attachment of ELM in JSON."""
    return elm_of({"content": [content]})


def defs(library: Elm | None, section: str) -> list[dict[str, Any]]:
    """Return the rows of a section of ELM, such as statements or includes."""
    part = (library or {}).get(section)
    return [one for _, one in items(part, "def")]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of an ELM expression."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            yield each
            pending += [one for key, one in each.items() if key not in NOT_NODES]
        elif isinstance(each, list):
            pending += each
