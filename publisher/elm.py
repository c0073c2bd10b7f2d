"""What the ELM inside a logic Library says: the library itself and the definitions that others may name.

Implements the content of https://hl7.org/fhir/uv/cql/using-cql.html and the names of
https://cql.hl7.org/04-logicalspecification.html.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Resource

CQL = "text/cql"
HASH_TAG = "cql-sha256"
ELM_JSON = "application/elm+json"
# What a node of an expression says besides what it computes: in none of it stands another node.
NOT_NODES = frozenset({"annotation", "localId", "locator", "resultTypeName", "resultTypeSpecifier", "signature"})
_TITLE = "title_"


def elm_of(library: Resource) -> dict[str, Any] | None:
    """Return the ELM library that a Library resource holds, or None where it holds none that can be read."""
    contents = (one for one in library.get("content", ()) if one.get("contentType") == ELM_JSON and "data" in one)
    found = next(contents, None)
    try:
        elm = _decoded(found["data"]) if found else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return elm if isinstance(elm, dict) else None


def public_definitions(elm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the expression definitions of an ELM library that others may name, functions apart."""
    for one in elm.get("statements", {}).get("def", ()):
        if one.get("accessLevel", "Public") == "Public" and one.get("type") != "FunctionDef":
            yield one


def nodes_of(elm: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a piece of ELM, parents first, in the order of the source."""
    if isinstance(elm, list):
        for each in elm:
            yield from nodes_of(each)
    elif isinstance(elm, dict):
        yield elm
        for key, each in elm.items():
            if key not in NOT_NODES:
                yield from nodes_of(each)


def titles_in(statement: dict[str, Any]) -> dict[str, str]:
    """Return the titles that the author gave a definition, by language: the tags `title_en` and the like before it."""
    titles: dict[str, str] = {}
    for annotation in statement.get("annotation", ()):
        for tag in annotation.get("t") or ():
            if str(tag.get("name", "")).startswith(_TITLE) and tag.get("value"):
                titles[tag["name"].removeprefix(_TITLE)] = tag["value"].partition("\n")[0].strip()
    return titles


def cql_sha256(elm: dict[str, Any]) -> str | None:
    """Return the SHA-256 of the CQL that a library of ELM was translated from, as its annotations say."""
    annotations = elm.get("annotation", [])
    tags = [tag for annotation in annotations for tag in annotation.get("t", [])]
    hashes = [tag["value"] for tag in tags if tag.get("name") == HASH_TAG]
    return hashes[-1] if hashes else None


def text_sha256(text: bytes) -> str:
    """Return the hash of `text`, the same whatever the line ends of the checkout."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()


@lru_cache(maxsize=64)
def _decoded(data: str) -> Any:
    return json.loads(base64.b64decode(data))["library"]
