"""Check what references and canonicals point at, as far as their text tells the type.

Implements https://hl7.org/fhir/R4/references.html#literal and its regular expression for RESTful references.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import is_resource
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from publisher.validation.contained import Scope
    from publisher.validation.findings import Findings, Path
    from publisher.validation.shapes import Field

_LOCAL_LINK_TYPES = ("string", "canonical")  # Reference.reference is a string

_LITERAL = re.compile(
    r"(?:(?:https?|Https?)://(?:[A-Za-z0-9\-\\.:%$]*/)+)?(?P<type>[A-Z][A-Za-z]+)"
    r"/[A-Za-z0-9\-.]{1,64}(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?"
)
_CONDITIONAL = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?.+")
_CANONICAL = re.compile(r"https?://.+/(?P<type>[A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:\|[^|]*)?(?:#.*)?")


def check_link(link: str, field: Field, path: Path, scope: Scope, findings: Findings) -> None:
    """Check a canonical, uri or Reference.reference, and note it where it points inside the resource."""
    if link.startswith("#"):
        scope.links.add(link)
        if field.code in _LOCAL_LINK_TYPES:
            scope.local_references.append((link, path))
        if field.code == "canonical" and field.targets:
            _check_contained_target(link, field.targets, path, scope, findings)
    elif field.targets:
        found = canonical_type(link)
        if found is not None and found not in field.targets:
            sentence = f"{shown(link)} names {_one(found)}; name {_any_of(field.targets)}"
            findings.add("canonical-target-type", path, sentence)


def check_reference(
    value: dict[str, Any], targets: frozenset[str], path: Path, scope: Scope, findings: Findings
) -> None:
    """Check that a Reference points at one of the types in `targets`."""
    reference = value.get("reference")
    is_local = isinstance(reference, str) and reference.startswith("#")
    if is_local:
        _check_contained_target(str(reference), targets, (path, ".reference"), scope, findings)
    found = referenced_type(reference) if isinstance(reference, str) and not is_local else None
    key = "reference"
    if found is None and isinstance(value.get("type"), str) and is_resource(value["type"]):
        found, key = value["type"], "type"
    if found is not None and found not in targets:
        sentence = f"{shown(value[key])} points at {_one(found)}; point at {_any_of(targets)}"
        findings.add("reference-target-type", (path, f".{key}"), sentence)


def referenced_type(reference: str) -> str | None:
    """Return the resource type in a literal or conditional reference, or None where it names none."""
    return _known(_LITERAL.fullmatch(reference) or _CONDITIONAL.fullmatch(reference))


def canonical_type(canonical: str) -> str | None:
    """Return the resource type that a canonical's path ends with, or None where it has no such path."""
    return _known(_CANONICAL.fullmatch(canonical))


def _known(match: re.Match[str] | None) -> str | None:
    return match["type"] if match and is_resource(match["type"]) else None


def _check_contained_target(link: str, targets: frozenset[str], path: Path, scope: Scope, findings: Findings) -> None:
    found = scope.contained_types.get(link[1:])
    if found is not None and found not in targets:
        sentence = f"{shown(link)} points at a contained {found}; point at {_any_of(targets)}"
        findings.add("reference-target-type", path, sentence)


def _any_of(targets: frozenset[str]) -> str:
    *others, last = sorted(targets)
    return f"{', '.join(others)} or {last}" if others else _one(last)


def _one(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
