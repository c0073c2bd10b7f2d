"""The uuid of a card and of a suggestion: which rule of which version made it, readable by the server alone.

A UUIDv8 (https://www.rfc-editor.org/rfc/rfc9562#section-5.8) whose free bits hold a tag of the rule, the number of the
suggestion (0 for the card), bits that tell calls apart, and a MAC over these (keyed BLAKE2s, less than half the time of
an HMAC: https://www.rfc-editor.org/rfc/rfc7693#section-2.9).
Nothing about a patient goes into it, so feedback that names a card can be counted without anything being kept.
"""

from __future__ import annotations

import uuid
from hashlib import blake2s
from hmac import compare_digest
from typing import NamedTuple

TAG_BITS, NUMBER_BITS, CALL_BITS, MAC_BITS = 48, 12, 22, 40
MOST_NUMBERS = 1 << NUMBER_BITS
OPEN_KEY = b"vademecum"  # where no feedback is taken, nobody has anything to gain by making up a uuid


class Named(NamedTuple):
    """What a uuid says: the tag of the rule, the number of the suggestion (0 for the card), the bits of the call."""

    tag: int
    number: int
    call: int


class CardIds:
    """Makes uuids and reads them, with one key."""

    def __init__(self, key: bytes = OPEN_KEY) -> None:
        self._key = key

    def tag(self, canonical: str, action: str) -> int:
        """Return the tag of an action of a plan, whose canonical has its version."""
        return self._mac(f"rule {canonical} {action}", TAG_BITS)

    def call(self, instance: str, position: int) -> int:
        """Return the bits that tell the card at a position of one call from others."""
        return self._mac(f"call {instance.lower()} {position}", CALL_BITS)

    def encode(self, tag: int, number: int, call: int) -> str:
        """Return the uuid of a card or of one of its suggestions."""
        rule, rest = f"{tag:012x}", f"{0b10 << CALL_BITS | call:06x}"
        mac = self._digest(f"uuid {tag} {number} {call}").hex()[: MAC_BITS // 4]
        return f"{rule[:8]}-{rule[8:]}-8{number:03x}-{rest[:4]}-{rest[4:]}{mac}"

    def decode(self, text: str) -> Named | None:
        """Return what a uuid says, or None for one that was not made here."""
        try:
            value = uuid.UUID(text).int
        except (ValueError, AttributeError):
            return None
        tag, number = value >> 80, value >> 64 & (MOST_NUMBERS - 1)
        call = value >> MAC_BITS & ((1 << CALL_BITS) - 1)
        own = uuid.UUID(self.encode(tag, number, call)).bytes
        return Named(tag, number, call) if compare_digest(own, value.to_bytes(16)) else None

    def _mac(self, text: str, bits: int) -> int:
        return int.from_bytes(self._digest(text)[:8]) >> 64 - bits

    def _digest(self, text: str) -> bytes:
        return blake2s(text.encode(), key=self._key).digest()
