"""The code systems and value sets behind R4's bindings, as typed facts.

Implements https://hl7.org/fhir/R4/terminologies.html#strength as far as codes can be listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Row = dict[str, Any]


@dataclass(frozen=True)
class CodeSystem:
    """All codes of a code system with display and parents."""

    url: str
    version: str | None
    is_case_sensitive: bool
    displays: dict[str, str | None]
    parents: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_rows(cls, rows: list[Any]) -> CodeSystem:
        """Return the code system the data hold: a header, then code, display and parents of each concept."""
        header, *concepts = rows
        return cls(
            url=header["url"],
            version=header.get("version"),
            is_case_sensitive=header.get("caseSensitive", True),
            displays={row[0]: row[1] if len(row) > 1 else None for row in concepts},
            parents={row[0]: tuple(row[2:]) for row in concepts},
        )

    def as_written(self, code: str) -> str | None:
        """Return a code as the system writes it, or None where it has none such."""
        if code in self.displays:
            return code
        return None if self.is_case_sensitive else self._folded.get(code.casefold())

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {code.casefold(): code for code in reversed(self.displays)}

    def is_a(self, code: str, ancestor: str) -> bool:
        """Return whether `code` is `ancestor` or lies below it."""
        return code == ancestor or any(self.is_a(parent, ancestor) for parent in self.parents.get(code, ()))


@dataclass(frozen=True)
class ValueSet:
    """What a value set allows: by system, the codes with their displays, or None where none are listed.

    `is_partial` says that it takes in other value sets that nobody has published with R4.
    """

    url: str
    version: str | None
    systems: Mapping[str, Mapping[str, str | None] | None]
    is_partial: bool = False

    @cached_property
    def codes(self) -> frozenset[str] | None:
        """Return every code of every system, or None where they are not all listed."""
        if not self.is_complete:
            return None
        return frozenset(code for codes in self.systems.values() if codes for code in codes)

    @cached_property
    def is_complete(self) -> bool:
        """Return whether every code is listed."""
        return not self.is_partial and None not in self.systems.values()

    def allows(self, system: str | None, code: str) -> bool | None:
        """Return whether the code belongs to the value set, or None where that cannot be known here."""
        if system is None:
            return None if self.codes is None else False
        if system not in self.systems:
            return None if self.is_partial else False
        codes = self.systems[system]
        return None if codes is None else code in codes
