"""Check ValueSets: systems, filters, expressions, and that the expansion is one of the compose.

Implements https://hl7.org/fhir/R4/valueset.html#compositions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_BOOLEANS = ("notSelectable", "inactive", "abstract")
_EXPRESSION = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
_HIERARCHIC = ("is-a", "descendent-of", "is-not-a", "generalizes")
_DEEPEST = 32


def system_is_absolute(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a system is named by its whole url, though the CodeSystem be contained."""
    system = text(node.value, "system")
    if system is not None and ":" not in system:
        sentence = f"{shown(system)} is relative; write the url of the code system, though it be contained"
        yield "system-relative", node.at("system"), sentence
    elif system is not None and "|" in system:
        yield "system-versioned", node.at("system"), f"{shown(system)} holds a version; put it in version"


def concept_is_listed_once(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that no code is listed twice."""
    seen: set[str] = set()
    for index, concept in items(node.value, "concept"):
        code = text(concept, "code")
        if code in seen:
            yield (
                "concept-repeated",
                (node.at("concept", index), ".code"),
                f"{shown(code)} is listed above; take it out",
            )
        seen.add(code or "")


def filter_is_sound(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check the value of a filter against what its property and operation take."""
    system = text(node.parent.value, "system") if node.parent else None
    name, operation, value = (text(node.value, key) for key in ("property", "op", "value"))
    if value is None:
        return
    if (name in _BOOLEANS or operation == "exists") and value not in ("true", "false"):
        yield "filter-value", node.at("value"), f"{shown(value)} is neither true nor false; write one of them"
    known = knowledge.code_system(system, node.root) if system and name == "concept" else None
    if known is not None and operation in _HIERARCHIC and known.as_written(value) is None:
        yield "filter-value", node.at("value"), f"{shown(value)} is no code of {system}; correct it"


def expression_is_fhirpath(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an expression in place of a filter's value is in FHIRPath, which alone is evaluated there."""
    if node.value.get("url") != _EXPRESSION or not node.within("ValueSet"):
        return
    expression = node.value.get("valueExpression")
    language = text(expression, "language")
    if language is not None and language != "text/fhirpath":
        place = (node.path, ".value.ofType(Expression)")
        yield "value-set-expression", (place, ".language"), f"is {language}; in a value set write text/fhirpath"


def expansion_is_of_compose(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that an expansion has the codes that compose lists, and no other, where compose lists them."""
    compose, expansion = node.value.get("compose"), node.value.get("expansion")
    if not isinstance(compose, dict) or not isinstance(expansion, dict) or "contains" not in expansion:
        return
    expected = _listed(compose, knowledge)
    if expected is None:
        return
    actual = dict(_contained(expansion, (node.at("expansion"), ".contains"), 0))
    outside = [coded for coded in actual if coded not in expected]
    listed = {_undotted(code) for _, code in expected}
    others = [coded for coded in outside if _undotted(coded[1]) not in listed]
    if len(others) < len(outside):
        count = len(outside) - len(others)
        noun = "code" if count == 1 else "codes"
        sentence = (
            f"has {count} {noun} under other systems or spellings than compose, as records write them; check them"
        )
        yield "expansion-alias", node.at("expansion"), sentence
    if others:
        sentence = f"has {len(others)} codes outside compose, such as {others[0][1]} of {others[0][0]}; expand it anew"
        yield "expansion-outside-compose", node.at("expansion"), sentence
    is_whole = "total" not in expansion or expansion["total"] == len(actual)
    missing = [code for code in expected if code not in actual]
    if missing and is_whole and "offset" not in expansion:
        sentence = f"lacks {missing[0][1]} of {missing[0][0]}, which compose lists; expand it anew"
        yield "expansion-incomplete", node.at("expansion"), sentence


def _undotted(code: str) -> str:
    return code.replace(".", "").casefold()


def _listed(compose: dict[str, Any], knowledge: Knowledge) -> dict[tuple[str, str], None] | None:
    """Return the codes of a compose that lists all of them, else None."""
    if "exclude" in compose:
        return None
    found: dict[tuple[str, str], None] = {}
    for _, include in items(compose, "include"):
        system = text(include, "system")
        if system is None or "filter" in include or "valueSet" in include:
            return None
        codes = [text(concept, "code") for _, concept in items(include, "concept")]
        if not codes:
            known = knowledge.code_system(system)
            if known is None:
                return None
            codes = list(known.displays)
        found.update(((system, code), None) for code in codes if code is not None)
    return found


def _contained(parent: dict[str, Any], place: Any, depth: int) -> Iterator[tuple[tuple[str, str], Any]]:
    for index, each in items(parent, "contains"):
        at = (*place[:2], index)
        system, code = text(each, "system"), text(each, "code")
        if system is not None and code is not None and each.get("abstract") is not True:
            yield (system, code), at
        if depth < _DEEPEST:
            yield from _contained(each, (at, ".contains"), depth + 1)
