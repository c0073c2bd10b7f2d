"""The operations that R4 itself defines, as typed facts.

Implements https://hl7.org/fhir/R4/operationdefinition.html, cut down to what calling needs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from publisher.r4.elements import Binding


class OperationParameter(NamedTuple):
    """One parameter of an operation, or one part of such a parameter."""

    name: str
    use: str
    min: int
    max: str
    type: str | None
    search_type: str | None
    targets: tuple[str, ...]
    binding: Binding | None
    parts: tuple[OperationParameter, ...]

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> OperationParameter:
        """Return the parameter the data hold."""
        return cls(
            name=row["name"],
            use=row["use"],
            min=row["min"],
            max=row["max"],
            type=row.get("type"),
            search_type=row.get("searchType"),
            targets=tuple(row.get("targets", ())),
            binding=Binding.from_row(row.get("binding")),
            parts=tuple(cls.from_row(part) for part in row.get("part", ())),
        )


class Operation(NamedTuple):
    """How an operation is called: `$code` on the system, a type or an instance."""

    url: str
    code: str
    kind: str
    resource: tuple[str, ...]
    on_system: bool
    on_type: bool
    on_instance: bool
    affects_state: bool
    parameters: tuple[OperationParameter, ...]

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Operation:
        """Return the operation the data hold."""
        return cls(
            url=row["url"],
            code=row["code"],
            kind=row["kind"],
            resource=tuple(row.get("resource", ())),
            on_system=row["system"],
            on_type=row["type"],
            on_instance=row["instance"],
            affects_state=row.get("affectsState", False),
            parameters=tuple(OperationParameter.from_row(each) for each in row["parameter"]),
        )
