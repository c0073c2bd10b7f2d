"""Check the resources that another one contains: ids, nesting, and that each is referred to.

Implements https://hl7.org/fhir/R4/references.html#contained and invariants dom-2 to dom-5 of
https://hl7.org/fhir/R4/domainresource.html#invs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.findings import Findings, Path


@dataclass(slots=True)
class Scope:
    """What the parts of one resource share: contained types by id, element ids met, local links met."""

    contained_types: dict[str, str] = field(default_factory=dict)
    element_ids: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    local_references: list[tuple[str, Path]] = field(default_factory=list)

    @classmethod
    def of(cls, resource: dict[str, Any]) -> Scope:
        """Return the scope of a resource, before any part of it is looked at."""
        scope = cls()
        for each in _contained(resource):
            name, identity = each.get("resourceType"), each.get("id")
            if isinstance(name, str) and isinstance(identity, str):
                scope.contained_types.setdefault(identity, name)
        return scope


def check_contained(resource: dict[str, Any], scope: Scope, findings: Findings, path: Path) -> None:
    """Check the contained resources of a resource that has been walked through, and the links to them."""
    for link, place in scope.local_references:
        if link != "#" and link[1:] not in scope.contained_types:
            sentence = f"{shown(link)} names no contained resource; contain it or correct the id"
            kind = "reference" if place[1] == ".reference" else "canonical"
            findings.add(f"{kind}-contained-missing", place, sentence)
    listed = resource.get("contained")
    if not isinstance(listed, list):
        return
    seen: set[str] = set()
    for index, each in enumerate(listed):
        if isinstance(each, dict) and isinstance(each.get("resourceType"), str):
            place = (path, ".contained", index)
            _identity(each, seen, scope, findings, place)
            _nesting(each, findings, place)


def _identity(each: dict[str, Any], seen: set[str], scope: Scope, findings: Findings, place: Path) -> None:
    identity = each.get("id")
    refers_back = "#" in _links(each)
    if not isinstance(identity, str):
        if not refers_back:
            sentence = "has no id, so that nothing can refer to it; give it one and refer to it"
            findings.add("contained-id-missing", place, sentence)
        return
    if identity in seen:
        sentence = f"has the id {shown(identity)} of another contained resource; give each its own"
        findings.add("contained-id-repeated", place, sentence)
    seen.add(identity)
    if f"#{identity}" not in scope.links and not refers_back:
        sentence = f"is referred to nowhere (dom-3); refer to it as {shown(f'#{identity}')} or take it out"
        findings.add("contained-unreferenced", place, sentence)


def _nesting(each: dict[str, Any], findings: Findings, place: Path) -> None:
    if "contained" in each:
        sentence = "contains a resource itself (dom-2); contain both in the outer resource"
        findings.add("contained-nested", (place, ".contained"), sentence)
    meta = each.get("meta")
    if not isinstance(meta, dict):
        return
    for name in ("versionId", "lastUpdated"):
        if name in meta:
            sentence = "is given for a contained resource, which has no version of its own (dom-4); take it out"
            findings.add("contained-versioned", ((place, ".meta"), f".{name}"), sentence)
    if "security" in meta:
        sentence = "labels a contained resource (dom-5); label the outer resource"
        findings.add("contained-labelled", ((place, ".meta"), ".security"), sentence)


def _contained(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    listed = resource.get("contained")
    if isinstance(listed, list):
        yield from (each for each in listed if isinstance(each, dict))


def _links(value: Any) -> Iterator[str]:
    """Yield the references of a resource that point inside the one that contains it."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            reference = each.get("reference")
            if isinstance(reference, str) and reference.startswith("#"):
                yield reference
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
