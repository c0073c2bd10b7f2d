"""Check extensions against their definitions: where each stands and what it holds.

Implements https://hl7.org/fhir/R4/extensibility.html and https://hl7.org/fhir/R4/defining-extensions.html#context.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import extension
from publisher.validation.bindings import code_check, coded_problem
from publisher.validation.findings import definition_path, nearest
from publisher.validation.primitives import shown
from publisher.validation.references import referenced_type

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.r4.elements import TypeReference
    from publisher.r4.extensions import ExtensionContent, ExtensionDefinition
    from publisher.validation.findings import Findings, Path

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VALUE = re.compile(r"_?(?P<name>value[A-Z].*)", re.DOTALL)


def check_extensions(extensions: Any, key: str, contexts: frozenset[str], path: Path, findings: Findings) -> None:
    """Check the extensions of an element or resource whose place answers to `contexts`."""
    counts: dict[str, int] = {}
    for each, url, place in _extensions(extensions, key, path):
        definition = extension(url)
        counts[url] = counts.get(url, 0) + 1
        if not _ABSOLUTE.match(url):
            sentence = f"{shown(url)} is not absolute; only the parts of an extension have short urls"
            findings.add("extension-url-relative", (place, ".url"), sentence)
        else:
            _check_absolute(each, definition, contexts, place, findings)
        if definition is not None:
            _check_modifier(definition, key, place, findings)
            if counts[url] == 2 and definition.content.max == "1":  # noqa: PLR2004 - said once
                findings.add("extension-repeated", place, f"{shown(url)} may stand here once; keep one of them")


def _extensions(extensions: Any, key: str, path: Path) -> Iterator[tuple[dict[str, Any], str, Path]]:
    if isinstance(extensions, list):
        for index, each in enumerate(extensions):
            if isinstance(each, dict) and isinstance(each.get("url"), str):
                yield each, each["url"], (path, f".{key}", index)


def _check_absolute(
    each: dict[str, Any],
    definition: ExtensionDefinition | None,
    contexts: frozenset[str],
    place: Path,
    findings: Findings,
) -> None:
    if definition is None:
        if findings.remarks:
            findings.add("extension-unknown", place, f"{shown(each['url'])} has no known definition; check its url")
        _check_unknown(each, place, findings)
        return
    if not _stands_right(definition, contexts, place):
        allowed = ", ".join(sorted({expression for _, expression in definition.contexts}))
        findings.add("extension-context", place, f"{shown(definition.url)} may not stand here; it extends {allowed}")
    _check_content(each, definition.content, place, findings)


def _stands_right(definition: ExtensionDefinition, contexts: frozenset[str], place: Path) -> bool:
    allowed = [expression.removesuffix("[x]") for _, expression in definition.contexts]
    if not contexts.isdisjoint(allowed) or any(kind == "fhirpath" for kind, _ in definition.contexts):
        return True
    parent: Path = place[0]
    return definition_path(parent) in allowed


def _check_modifier(definition: ExtensionDefinition, key: str, place: Path, findings: Findings) -> None:
    if definition.is_modifier and key == "extension":
        sentence = f"{shown(definition.url)} changes the meaning; put it in modifierExtension"
        findings.add("extension-modifier", place, sentence)
    elif not definition.is_modifier and key == "modifierExtension":
        sentence = f"{shown(definition.url)} does not change the meaning; put it in extension"
        findings.add("extension-modifier", place, sentence)


def _check_unknown(each: dict[str, Any], place: Path, findings: Findings) -> None:
    """Check what holds of every extension: it has a value or parts, and the parts are extensions too."""
    _check_value_or_parts(each, place, findings)
    for part, _, part_place in _extensions(each.get("extension"), "extension", place):
        _check_unknown(part, part_place, findings)


def _check_value_or_parts(each: dict[str, Any], place: Path, findings: Findings) -> None:
    has_value = _has_value(each)
    if has_value == ("extension" in each):
        state = "both a value and parts (ext-1); keep one" if has_value else "no value and no part (ext-1); give one"
        findings.add("extension-value-or-parts", place, f"{shown(each['url'])} has {state}")


def _has_value(each: dict[str, Any]) -> bool:
    return any(map(_VALUE.match, each))


def _check_content(each: dict[str, Any], content: ExtensionContent, place: Path, findings: Findings) -> None:
    _check_value_or_parts(each, place, findings)
    _check_value(each, content, place, findings)
    _check_parts(each, content, place, findings)


def _check_value(each: dict[str, Any], content: ExtensionContent, place: Path, findings: Findings) -> None:
    if content.is_value_required and "extension" in each and not _has_value(each):
        sentence = f"{shown(each['url'])} has parts; give it {' or '.join(content.values)} instead"
        findings.add("extension-value-type", place, sentence)
    for key, value in each.items():
        found = _VALUE.match(key)
        if found is None:
            continue
        reference = content.values.get(found["name"])
        if reference is None:
            allowed = " or ".join(content.values) or "parts, not a value"
            sentence = f"{shown(each['url'])} has {key}; give it {allowed}"
            findings.add("extension-value-type", place, sentence)
        elif key == found["name"]:
            _check_bound_value(value, reference, content, (place, f".value.ofType({reference.code})"), findings)


def _check_bound_value(
    value: Any, reference: TypeReference, content: ExtensionContent, place: Path, findings: Findings
) -> None:
    binding = content.binding
    if reference.targets and isinstance(value, dict) and isinstance(value.get("reference"), str):
        found = referenced_type(value["reference"])
        if found is not None and found not in reference.targets:
            sentence = f"{shown(value['reference'])} points at a {found}; point at {' or '.join(reference.targets)}"
            findings.add("reference-target-type", (place, ".reference"), sentence)
    if binding is None or binding.strength != "required":
        return
    if reference.code in ("Coding", "CodeableConcept"):
        problem = coded_problem(value, binding)
    elif reference.code == "code" and isinstance(value, str):
        problem = code_check(binding)(value)
    else:
        return
    if problem is not None:
        written = f"{shown(value)} " if isinstance(value, str) else ""
        findings.add(problem[0], place, f"{written}{problem[1]}")


def _check_parts(each: dict[str, Any], content: ExtensionContent, place: Path, findings: Findings) -> None:
    counts: dict[str, int] = {}
    for part, url, part_place in _extensions(each.get("extension"), "extension", place):
        counts[url] = counts.get(url, 0) + 1
        expected = content.parts.get(url)
        if expected is not None:
            _check_content(part, expected, part_place, findings)
        elif _ABSOLUTE.match(url):
            contexts = _PART_CONTEXTS | {each["url"]}
            _check_absolute(part, extension(url), contexts, part_place, findings)
        else:
            near = nearest(url, content.parts)
            advice = f"did you mean {near}?" if near else "take it out"
            findings.add("extension-part-unknown", part_place, f"{shown(url)} is no part of {each['url']}; {advice}")
    for url, expected in content.parts.items():
        count = counts.get(url, 0)
        if count < expected.min:
            findings.add("extension-part-missing", place, f"has no part {shown(url)}; add it")
        if expected.max.isdigit() and count > int(expected.max):
            findings.add("extension-repeated", place, f"has the part {shown(url)} more than once; keep one of them")


_PART_CONTEXTS = frozenset({"Extension", "Element"})
