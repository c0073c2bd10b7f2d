"""R4's search parameters as typed facts.

Implements https://hl7.org/fhir/R4/searchparameter.html, cut down to what searching needs.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class SearchParameter(NamedTuple):
    """What a search parameter finds; `components` pairs each part's definition with its expression."""

    url: str
    code: str
    type: str
    base: tuple[str, ...]
    expression: str | None
    target: tuple[str, ...]
    components: tuple[tuple[str, str], ...]
    comparators: tuple[str, ...]
    modifiers: tuple[str, ...]
    chains: tuple[str, ...]
    multiple_or: bool | None
    multiple_and: bool | None

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> SearchParameter:
        """Return the search parameter the data hold."""
        return cls(
            url=row["url"],
            code=row["code"],
            type=row["type"],
            base=tuple(row["base"]),
            expression=row.get("expression"),
            target=tuple(row.get("target", ())),
            components=tuple((part[0], part[1]) for part in row.get("component", ())),
            comparators=tuple(row.get("comparator", ())),
            modifiers=tuple(row.get("modifier", ())),
            chains=tuple(row.get("chain", ())),
            multiple_or=row.get("multipleOr"),
            multiple_and=row.get("multipleAnd"),
        )
