"""A searchset Bundle, put together from the frozen bytes of its resources.

Implements https://hl7.org/fhir/R4/bundle.html#searchset.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def searchset(total: int, links: Mapping[str, str], entries: Iterable[tuple[str, bytes]]) -> bytes:
    """Return the Bundle of one page; `entries` are pairs of fullUrl and resource."""
    head = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links.items()],
    }
    start = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    joined = b",".join(_entry(full_url, body) for full_url, body in entries)
    return b'%b,"entry":[%b]}' % (start[:-1], joined) if joined else start


def _entry(full_url: str, body: bytes) -> bytes:
    return b'{"fullUrl":"%b","resource":%b,"search":{"mode":"match"}}' % (full_url.encode(), body.rstrip())
