"""Check SearchParameters: components of composites, and expressions that can be evaluated.

Implements https://hl7.org/fhir/R4/searchparameter.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation.artifacts.expressions import unreadable
from publisher.validation.nodes import Finding, Node, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_FEWEST = 2


def composite_has_components(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a composite is made of two or more components, and nothing else is."""
    kind, count = node.value.get("type"), len(items(node.value, "component"))
    if kind == "composite" and count < _FEWEST:
        sentence = f"has {count} components, a composite has two or more; add them or change the type"
        yield "composite-components", node.at("component"), sentence
    elif kind != "composite" and count:
        yield "composite-components", node.at("component"), f"stands in a parameter of type {kind}; take it out"


def expression_can_be_read(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the expression is FHIRPath."""
    yield from unreadable(node, "expression-unreadable")
