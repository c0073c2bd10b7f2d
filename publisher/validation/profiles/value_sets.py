"""Turn a ValueSet resource into the codes that it allows, as far as that can be told offline.

Implements https://hl7.org/fhir/R4/valueset.html#expansion for composes that list codes or take whole systems.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.r4.terminology import ValueSet
from publisher.validation.nodes import items, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.validation.knowledge import Knowledge


def enumerated(resource: dict[str, Any], knowledge: Knowledge) -> ValueSet:
    """Return the codes of a ValueSet by system; None for a system of which not all are known."""
    systems: dict[str, Mapping[str, str | None] | None] = {}
    compose = resource.get("compose")
    is_partial = not isinstance(compose, dict)
    for _, include in items(compose if isinstance(compose, dict) else {}, "include"):
        is_partial |= not _include(include, systems, knowledge)
    for _, exclude in items(compose if isinstance(compose, dict) else {}, "exclude"):
        systems[text(exclude, "system") or ""] = None
        is_partial |= "system" not in exclude
    return ValueSet(str(resource.get("url")), text(resource, "version"), systems, is_partial)


def _include(include: dict[str, Any], systems: dict[str, Any], knowledge: Knowledge) -> bool:
    """Add the codes of one include; return whether all that it takes in is known by its system."""
    system = text(include, "system")
    imported = include.get("valueSet")
    if isinstance(imported, list):
        if system is not None:
            systems[system] = None
        return system is not None or all(_import(one, systems, knowledge) for one in imported)
    if system is None:
        return False
    concepts = {code: text(one, "display") for _, one in items(include, "concept") if (code := text(one, "code"))}
    known = None if concepts or "filter" in include else knowledge.code_system(system)
    codes = concepts or (known.displays if known else None)
    before = systems.get(system, {})
    systems[system] = None if codes is None or before is None else {**before, **codes}
    return True


def _import(canonical: Any, systems: dict[str, Any], knowledge: Knowledge) -> bool:
    found = knowledge.value_set(canonical) if isinstance(canonical, str) else None
    if found is None:
        return False
    for system, codes in found.systems.items():
        before = systems.get(system, {})
        systems[system] = None if codes is None or before is None else {**before, **codes}
    return not found.is_partial


def allows(value: Any, allowed: ValueSet) -> bool | None:
    """Return whether a code, Coding or CodeableConcept has a code of the value set; None where it cannot be told."""
    if isinstance(value, str):  # a code without a system
        return None if allowed.codes is None else value in allowed.codes
    verdicts = [allowed.allows(system, code) for system, code in _codes(value)]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _codes(value: Any) -> Iterator[tuple[str | None, str]]:
    if isinstance(value, dict):
        codings = [one for _, one in items(value, "coding")] if "coding" in value else [value]
        for coding in codings:
            code = text(coding, "code")
            if code is not None:
                yield text(coding, "system"), code
