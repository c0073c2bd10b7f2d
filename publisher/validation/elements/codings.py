"""Check codes against the code systems at hand: each code exists, and is called what the system calls it.

Implements https://hl7.org/fhir/R4/datatypes.html#Coding and https://hl7.org/fhir/R4/terminologies.html#system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.bindings import grammar_problem
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.findings import Path
    from publisher.validation.knowledge import Knowledge


def coding_is_of_its_system(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the system is absolute, that the code exists in it, and that the display is its own."""
    system = text(node.value, "system")
    if system is None:
        return
    if ":" not in system:
        sentence = f"{shown(system)} is relative; name the code system by its whole url"
        yield "system-relative", node.at("system"), sentence
        return
    if knowledge.is_value_set(system):
        sentence = f"{shown(system)} is a value set; name the code system that the code is of"
        yield "system-value-set", node.at("system"), sentence
        return
    yield from concept_is_of_system(node.value, system, node.path, node, knowledge)


def included_codes_exist(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that a ValueSet lists codes that their code system has."""
    system = text(node.value, "system")
    if system is None or ":" not in system:
        return
    for index, concept in items(node.value, "concept"):
        yield from concept_is_of_system(concept, system, node.at("concept", index), node, knowledge)


def concept_is_of_system(
    value: dict[str, Any], system: str, path: Path, node: Node, knowledge: Knowledge
) -> Iterator[Finding]:
    """Check a code and its display against its code system, where that is at hand."""
    code = text(value, "code")
    known = knowledge.code_system(system, node.root) if code is not None else None
    if code is None or known is None:
        problem = grammar_problem(system, code) if code is not None else None
        if problem is not None:
            yield "code-unknown", (path, ".code"), f"{shown(code)} {problem}"
        return
    actual = known.as_written(code)
    if actual is None:
        sentence = f"{shown(code)} is not a code of {system}; correct the code or the system"
        yield "code-unknown", (path, ".code"), sentence
        return
    display, expected = text(value, "display"), known.displays.get(actual)
    if display is None or expected is None or not _is_english(node):
        return
    if _plain(display) != _plain(expected) and not knowledge.is_designation(system, actual, display):
        sentence = f"{shown(display)} is not what {system} calls {code}; write {shown(expected)}"
        yield "display-differs", (path, ".display"), sentence


def _is_english(node: Node) -> bool:
    language = text(node.resource, "language") or text(node.root, "language")
    return language is None or language.lower().startswith("en")


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())
