"""Check ConceptMaps: what they map from and to are codes of the systems they name.

Implements https://hl7.org/fhir/R4/conceptmap.html#2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.elements.codings import concept_is_of_system
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.r4.terminology import ValueSet
    from publisher.validation.findings import Path
    from publisher.validation.knowledge import Knowledge


def mapped_codes_are_in_value_sets(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the codes that are mapped are in the source's value set, and their targets in the target's."""
    source, target = (_value_set(node.value, name, knowledge) for name in ("source", "target"))
    for index, group in items(node.value, "group"):
        systems = text(group, "source"), text(group, "target")
        for number, element in items(group, "element"):
            place = (node.at("group", index), ".element", number)
            yield from _is_in(element, source, systems[0], place)
            for at, each in items(element, "target"):
                yield from _is_in(each, target, systems[1], (place, ".target", at))


def _value_set(value: dict[str, object], name: str, knowledge: Knowledge) -> ValueSet | None:
    canonical = text(value, f"{name}Canonical") or text(value, f"{name}Uri")
    return knowledge.value_set(canonical) if canonical else None


def _is_in(value: dict[str, object], allowed: ValueSet | None, system: str | None, place: Path) -> Iterator[Finding]:
    code = text(value, "code")
    if allowed is not None and code is not None and system is not None and allowed.allows(system, code) is False:
        sentence = f"{shown(code)} is not in {allowed.url}, which the map is of; correct the code or the value set"
        yield "map-code-outside", (place, ".code"), sentence


def mapped_codes_exist(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check the codes of a group against its source and target systems, where these are at hand."""
    source, target = text(node.value, "source"), text(node.value, "target")
    for index, element in items(node.value, "element"):
        place = node.at("element", index)
        if source is not None:
            yield from concept_is_of_system(element, source, place, node, knowledge)
        for number, each in items(element, "target"):
            if target is not None:
                yield from concept_is_of_system(each, target, (place, ".target", number), node, knowledge)
