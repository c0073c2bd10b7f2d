"""Find the profiles that a resource must meet, and check it against them: claimed, asked for, or of the standard.

Implements https://hl7.org/fhir/R4/profiling.html#resources and https://hl7.org/fhir/R4/observation-vitalsigns.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.r4 import definitions
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown
from publisher.validation.profiles.checker import Checker, Member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.fhirpath import Services
    from publisher.validation.findings import Path
    from publisher.validation.knowledge import Knowledge

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_LOINC = "http://loinc.org"
# The codes by which R4 itself knows a vital sign, and the profile that it then must meet
_VITAL_SIGNS = {
    "85353-1": "vitalspanel",
    "9279-1": "resprate",
    "8867-4": "heartrate",
    "2708-6": "oxygensat",
    "8310-5": "bodytemp",
    "8302-2": "bodyheight",
    "9843-4": "headcircum",
    "29463-7": "bodyweight",
    "39156-5": "bmi",
    "85354-9": "bp",
}


def profile_findings(node: Node, knowledge: Knowledge, services: Services) -> Iterator[Finding]:
    """Yield what keeps a resource, or an extension, from meeting its profiles."""
    if node.content == "Extension":
        yield from _extension(node, knowledge, services)
    elif "resourceType" in node.value:
        for canonical, place in _profiles(node, knowledge).items():
            yield from _profile(canonical, place, node, knowledge, services)


def _profile(canonical: str, place: Path, node: Node, knowledge: Knowledge, services: Services) -> Iterator[Finding]:
    base, _, name = canonical.partition("|")[0].rpartition("/")
    if f"{base}/" == _CORE and definitions.kind_of(name) is not None:
        if name not in definitions.ancestors(node.content):
            sentence = f"{shown(canonical)} is the definition of {name}; claim a profile on {node.content}"
            yield "profile-type", place, sentence
        return
    structure = knowledge.structure(canonical)
    if structure is None and canonical in knowledge.options.profiles:
        sentence = (
            f"cannot be checked against {shown(canonical)}, which is not at hand; give the package that defines it"
        )
        yield "profile-not-found", node.path, sentence
        return
    if structure is None:
        sentence = f"{shown(canonical)} is not at hand, so it is not checked; give the package that defines it"
        yield "profile-unknown", place, sentence
        return
    if structure.get("type") != node.content:
        sentence = f"{shown(canonical)} is a profile on {structure.get('type')}; claim one on {node.content}"
        yield "profile-type", place, sentence
        return
    checker = Checker(knowledge, services, node.resource, node.root)
    yield from checker.profile(canonical, Member(node.value, node.content, node.content, node.path)) or ()


def _profiles(node: Node, knowledge: Knowledge) -> dict[str, Path]:
    """Return the profiles on a resource, each with the place that a finding about itself stands at."""
    found: dict[str, Path] = {}
    meta = node.value.get("meta")
    listed = meta.get("profile") if isinstance(meta, dict) else None
    for index, canonical in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(canonical, str):
            found.setdefault(canonical, (node.at("meta"), ".profile", index))
    if node.parent is None:
        for canonical in knowledge.options.profiles:
            structure = knowledge.structure(canonical)
            is_meant = knowledge.options.profiles_for_all or structure is None
            if is_meant or (structure is not None and structure.get("type") == node.content):
                found.setdefault(canonical, node.path)
    for canonical in _of_the_standard(node):
        found.setdefault(canonical, node.path)
    return found


def _of_the_standard(node: Node) -> list[str]:
    code = node.value.get("code") if node.content == "Observation" else None
    if not isinstance(code, dict) or node.value.get("status") == "entered-in-error":
        return []
    codes = [text(coding, "code") for _, coding in items(code, "coding") if coding.get("system") == _LOINC]
    return [_CORE + _VITAL_SIGNS[one] for one in codes if one in _VITAL_SIGNS]


def _extension(node: Node, knowledge: Knowledge, services: Services) -> Iterator[Finding]:
    """Check an extension against a definition in a package; those of R4 and HL7's pack are checked natively."""
    url = text(node.value, "url")
    if url is None or ":" not in url or definitions.extension(url) is not None or knowledge.find(url) is None:
        return
    checker = Checker(knowledge, services, node.resource, node.root)
    yield from checker.profile(url, Member(node.value, "Extension", "Extension", node.path)) or ()
