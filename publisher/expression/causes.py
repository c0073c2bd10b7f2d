"""Causes: why a value could change, as bits of a mask.

A value under tracked evaluation is `(plain, mask, members)`: `plain` is ordinary CQL over what arrived; `mask`
holds a bit for each cause, of a list the causes for which it may hold more; `members` of a list pairs each item
with the causes for which it may not belong, or is None where every item is certain and firm. Of a tuple `members` are
its elements, each with its own causes, or None where they are not told apart; its mask has the causes of all.
"""

from __future__ import annotations

from typing import Any

from publisher.record import record

# A tracked value; see the module docstring. A plain tuple, because evaluation makes a great many.
Tracked = tuple[Any, int, "list[tuple[int, Any]] | dict[str, Any] | None"]


@record
class Cause:
    """One reason why something is not known.

    kind: `not-supplied`, `refused`, `partial`, `unresolved`, or `element-absent`. The last is a note: the element
    is missing from a record that was supplied, so nothing more is to be waited for.
    about: the resource type, reference or element path (`MedicationRequest.reasonCode`) that is missing.
    key, query: the prefetch key that would have held it, and its query.
    reason: what was found in its place, as one of our stable words (`key-absent`, `operation-outcome`, ...).
    sorted_by: of a partial answer, the element that its query sorted by (`date`, `-date`): what is missing comes after.
    """

    kind: str
    about: str
    key: str | None = None
    query: str | None = None
    reason: str | None = None
    sorted_by: str | None = None

    @property
    def is_note(self) -> bool:
        """Return whether the cause explains a null without leaving the value open."""
        return self.kind == "element-absent"


class CauseTable:
    """The causes met in one evaluation; a mask is a set of its indexes.

    Where an explanation is asked for, a mask also holds a bit for each piece of evidence that the value rests on; it
    says nothing of what is missing.
    """

    __slots__ = ("_bits", "_silent", "causes", "evidence", "notes")

    def __init__(self) -> None:
        self._bits: dict[Any, int] = {}
        self.causes: list[Any] = []
        self.notes = 0
        self.evidence = 0
        self._silent = 0

    def bit(self, cause: Cause) -> int:
        """Return the bit of `cause`, giving it the next one when it is new."""
        bit = self._bits.get(cause)
        if bit is None:
            bit = self._bits[cause] = 1 << len(self.causes)
            self.causes.append(cause)
            if cause.is_note:
                self.notes |= bit
                self._silent |= bit
        return bit

    def absent(self, kind: str, path: str) -> int:
        """Return the bit of the note that an element is absent from a resource or element of type `kind`."""
        bit = self._bits.get((kind, path))
        if bit is None:
            about = f"{kind}.{path}" if kind else path
            bit = self._bits[kind, path] = self.bit(Cause("element-absent", about))
        return bit

    def trace(self, evidence: Any) -> int:
        """Return the bit of a piece of evidence, which leaves no value open."""
        bit = self._bits.get(evidence)
        if bit is None:
            bit = self._bits[evidence] = 1 << len(self.causes)
            self.causes.append(evidence)
            self.evidence |= bit
            self._silent |= bit
        return bit

    def is_open(self, mask: int) -> bool:
        """Return whether missing data could still change a value with this mask."""
        return bool(mask & ~self._silent)

    def of(self, mask: int) -> tuple[Cause, ...]:
        """Return the causes in `mask`, in the order they were met."""
        return self._named(mask & ~self.evidence)

    def evidence_of(self, mask: int) -> tuple[Any, ...]:
        """Return the evidence in `mask`, in the order it was met."""
        return self._named(mask & self.evidence)

    def _named(self, mask: int) -> tuple[Any, ...]:
        found = []
        while mask:
            lowest = mask & -mask
            found.append(self.causes[lowest.bit_length() - 1])
            mask ^= lowest
        return tuple(found)
