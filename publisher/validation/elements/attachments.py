"""Check attachments: the size and the hash that are given are those of the data.

Implements https://hl7.org/fhir/R4/datatypes.html#Attachment.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING

from publisher.validation.nodes import Finding, Node, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge


def attachment_is_its_data(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that size and hash are those of the data."""
    written = text(node.value, "data")
    if written is None or not {"size", "hash"} & node.value.keys():
        return
    try:
        data = base64.b64decode("".join(written.split()), validate=True)
    except (ValueError, binascii.Error):
        return
    size, digest = node.value.get("size"), text(node.value, "hash")
    if isinstance(size, int) and size != len(data):
        yield "attachment-size", node.at("size"), f"is {size}, but the data have {len(data)} bytes; correct it"
    found = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if digest is not None and digest != found:
        yield "attachment-hash", node.at("hash"), f"is not the SHA-1 of the data, {found}; correct it"
