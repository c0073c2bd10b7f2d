"""The extensions that R4 and HL7's extensions pack define, as typed facts.

Implements https://hl7.org/fhir/R4/defining-extensions.html: where an extension may stand and what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.r4.elements import Binding, TypeReference

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExtensionContent(NamedTuple):
    """What an extension or a part of one holds: one of `values`, types by their JSON names, or parts by their url."""

    min: int
    max: str
    values: Mapping[str, TypeReference]
    is_value_required: bool
    binding: Binding | None
    parts: Mapping[str, ExtensionContent]

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ExtensionContent:
        """Return the content the data hold."""
        value = row.get("value", {})
        types = [TypeReference.from_row(each) for each in value.get("types", ())]
        return cls(
            min=row["min"],
            max=row["max"],
            values={f"value{each.code[0].upper()}{each.code[1:]}": each for each in types},
            is_value_required=value.get("min", 0) > 0,
            binding=Binding.from_row(value.get("binding")),
            parts={url: cls.from_row(part) for url, part in row.get("extension", {}).items()},
        )


class ExtensionDefinition(NamedTuple):
    """An extension: its contexts as pairs of kind (element, extension, fhirpath) and expression."""

    url: str
    contexts: tuple[tuple[str, str], ...]
    invariants: tuple[str, ...]
    is_modifier: bool
    content: ExtensionContent

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> ExtensionDefinition:
        """Return the extension the data hold."""
        return cls(
            url=row["url"],
            contexts=tuple((kind, expression) for kind, expression in row["context"]),
            invariants=tuple(row.get("contextInvariant", ())),
            is_modifier=row.get("isModifier", False),
            content=ExtensionContent.from_row(row),
        )
