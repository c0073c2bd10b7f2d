"""Check dynamicValues: the path of each is an element of what the definition makes.

Implements https://hl7.org/fhir/R4/plandefinition-definitions.html#PlanDefinition.action.dynamicValue.path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.r4.definitions import children, is_resource
from publisher.validation.findings import nearest
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_DECIDED = {
    "status": ("active", "completed"),
    "intent": ("order", "original-order", "reflex-order", "filler-order", "instance-order"),
}
_SUBSCRIPT = re.compile(r"\[[^\]]*\]|\.(?:extension|ofType)\([^)]*\)")


def path_is_of_target(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the path names an element of the resource that is made."""
    path = text(node.value, "path")
    target = _target(node, knowledge)
    if path is None or target is None or path.startswith("%"):
        return
    steps = [step for step in _SUBSCRIPT.sub("", path).split(".") if step]
    if steps[:1] == [target]:
        steps = steps[1:]
    content = target
    for step in steps:
        known = children(content)
        found = known.get(step) or next((one for one in known.values() if one.element.name == step), None)
        if found is None:
            near = nearest(step, known)
            advice = f"did you mean {near}?" if near else "correct it"
            yield "dynamic-value-path", node.at("path"), f"{shown(path)} is not on {target}; {advice}"
            return
        content = found.content


def status_stays_draft(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that no dynamicValue makes what is proposed into an active request or an order."""
    name = (text(node.value, "path") or "").rpartition(".")[2]
    expression = text(node.value.get("expression"), "expression") or ""
    value = expression.strip().strip("'\"")
    if value in _DECIDED.get(name, ()):
        sentence = f"sets {name} to {value}; guidance proposes a draft, which a person may order"
        yield "order-without-draft", node.path, sentence


def _target(node: Node, knowledge: Knowledge) -> str | None:
    """Return the type of resource that a dynamicValue is put into, where that is known."""
    holder = node.parent.value if node.parent is not None else {}
    if node.content == "PlanDefinition.action.dynamicValue":
        canonical = text(holder, "definitionCanonical")
        if canonical is None:
            return None
        holder = _activity(canonical, node, knowledge)
    kind = text(holder, "kind")
    return kind if kind is not None and is_resource(kind) else None


def _activity(canonical: str, node: Node, knowledge: Knowledge) -> dict[str, object]:
    if canonical.startswith("#"):
        found = [one for _, one in items(node.root, "contained") if one.get("id") == canonical[1:]]
        return found[0] if found else {}
    held = knowledge.find(canonical)
    return held if held is not None and held.get("resourceType") == "ActivityDefinition" else {}
