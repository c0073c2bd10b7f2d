"""Check Expressions in definitions: the language is known, the text can be read, what is named is defined.

Implements https://hl7.org/fhir/R4/metadatatypes.html#Expression and
https://hl7.org/fhir/uv/cpg/methodology.html (expressions in CQL name definitions of the library).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.extension import libraries_named
from publisher.issue import IssueError
from publisher.validation.artifacts.logic import defs, read_logic
from publisher.validation.nodes import Finding, Node, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.artifacts.logic import Elm
    from publisher.validation.knowledge import Knowledge

_NAMES = ("text/cql-identifier", "text/cql.identifier")
_LANGUAGES = ("text/cql", "text/fhirpath", "application/x-fhir-query", "text/cql-expression", *_NAMES)
_DEFINITIONS = ("PlanDefinition", "ActivityDefinition", "Questionnaire", "Measure")


def expression_is_defined(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check the language and the text of an Expression in a definition."""
    language, expression = text(node.value, "language"), text(node.value, "expression")
    if language is None or node.resource.get("resourceType") not in _DEFINITIONS:
        return
    if language not in _LANGUAGES:
        sentence = f"is {shown(language)}, which few can evaluate; write one of {', '.join(_LANGUAGES[:3])}"
        yield "expression-language", node.at("language"), sentence
    elif language == "text/fhirpath" and expression is not None:
        yield from unreadable(node, "expression-unreadable")
        if _is_condition(node):
            yield from _constant(expression, node)
    elif language in _NAMES and expression is not None:
        yield from _named(expression, node, knowledge)


def unreadable(node: Node, rule: str) -> Iterator[Finding]:
    """Yield as a finding of `rule` what keeps the expression of an element from being read as FHIRPath."""
    from publisher.expression.fhirpath import compile_fhirpath

    expression = text(node.value, "expression")
    try:
        if expression is not None:
            compile_fhirpath(expression)
    except IssueError as error:
        said = next(iter(error.report)).diagnostics.rstrip(".")
        yield rule, node.at("expression"), f"cannot be read: {said}; correct it"


def _named(expression: str, node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    libraries = _libraries(node)
    if not libraries:
        yield (
            "library-missing",
            node.at("expression"),
            f"{shown(expression)} is named, but no library; name it in library",
        )
        return
    elms = [knowledge.remembered("elm", name, _elm_of) for name in libraries]
    if None in elms:
        return  # a library is not at hand, or holds no ELM
    name = expression.rpartition(".")[2].strip('"')
    found_definition = next(
        (each for one in elms for each in defs(one, "statements") if each.get("name") == name), None
    )
    if found_definition is None:
        sentence = f"{shown(expression)} is defined by none of {', '.join(libraries)}; correct it or define it"
        yield "expression-undefined", node.at("expression"), sentence
    elif _is_condition(node):
        kind = kind_of(found_definition)
        if kind is not None and kind != "Boolean":
            sentence = f"{shown(expression)} is {kind}, not Boolean; a condition is true or false"
            yield "condition-not-boolean", node.at("expression"), sentence


def kind_of(definition: dict[str, object]) -> str | None:
    """Return the type of a definition in words, where its ELM says it."""
    name = text(definition, "resultTypeName")
    if name is not None:
        return name.rpartition("}")[2]
    specifier = text(definition.get("resultTypeSpecifier"), "type")
    return f"a {specifier.removesuffix('TypeSpecifier').lower()}" if specifier is not None else None


def _is_condition(node: Node) -> bool:
    return node.parent is not None and node.parent.content == "PlanDefinition.action.condition"


def _constant(expression: str, node: Node) -> Iterator[Finding]:
    """Yield a condition in FHIRPath that is something else than true or false whatever the patient."""
    from publisher.expression.fhirpath import compile_fhirpath

    try:
        found = compile_fhirpath(expression).evaluate({})
    except IssueError:
        return
    if found and not (len(found) == 1 and isinstance(found[0], bool)):
        sentence = f"{shown(expression)} is {shown(found[0])}, not Boolean; a condition is true or false"
        yield "condition-not-boolean", node.at("expression"), sentence


def _libraries(node: Node) -> list[str]:
    own = text(node.value, "reference")
    if own is not None:
        return [own]
    return libraries_named(node.resource)


def _elm_of(canonical: str, knowledge: Knowledge) -> Elm | None:
    found = knowledge.find(canonical)
    return read_logic(found).elm if found is not None else None
