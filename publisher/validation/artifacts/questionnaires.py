"""Check Questionnaires: conditions on other items, and answers of the item's type.

Implements https://hl7.org/fhir/R4/questionnaire.html#using.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

ANSWERS = {
    "boolean": ("Boolean",),
    "decimal": ("Decimal",),
    "integer": ("Integer",),
    "date": ("Date",),
    "dateTime": ("DateTime",),
    "time": ("Time",),
    "string": ("String",),
    "text": ("String",),
    "url": ("Uri", "String"),
    "choice": ("Coding", "String", "Integer", "Date", "Time", "Reference"),
    "open-choice": ("Coding", "String", "Integer", "Date", "Time", "Reference"),
    "quantity": ("Quantity",),
    "reference": ("Reference",),
    "attachment": ("Attachment",),
}


def behaviour_is_said(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an item with several conditions says whether all or any must hold (que-12)."""
    conditions = node.value.get("enableWhen")
    if (
        isinstance(conditions, list)
        and len(conditions) > 1
        and not {"enableBehavior", "_enableBehavior"} & set(node.value)
    ):
        sentence = "is missing beside several enableWhen (que-12); say all or any"
        yield "enable-behavior-missing", node.at("enableBehavior"), sentence


def condition_names_an_item(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that enableWhen names an item that can be answered, with an answer of its type."""
    question = text(node.value, "question")
    if question is None or not node.within("Questionnaire"):
        return
    asked = knowledge.about(node.resource, "items", _items_by_link).get(question)
    if asked is None:
        yield "question-unknown", node.at("question"), f"{shown(question)} is the linkId of no item; correct it"
        return
    if node.parent is not None and node.parent.value.get("linkId") == question:
        yield "question-itself", node.at("question"), f"{shown(question)} is the item itself; name another"
    kind = text(asked, "type")
    if kind in ("group", "display"):
        yield (
            "question-unanswerable",
            node.at("question"),
            f"{shown(question)} is a {kind}, never answered; name a question",
        )
    else:
        exists = node.value.get("operator") == "exists"  # que-7
        yield from _answer(node.value, "answer", "boolean" if exists else kind, node)


def answer_has_type(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that an initial value has the type of its item."""
    if node.parent is not None and node.within("Questionnaire"):
        yield from _answer(node.value, "value", text(node.parent.value, "type"), node)


def _answer(value: dict[str, Any], prefix: str, kind: str | None, node: Node) -> Iterator[Finding]:
    key = next((key for key in value if key.startswith(prefix)), None)
    allowed = ANSWERS.get(kind or "")
    if key is not None and allowed and key.removeprefix(prefix) not in allowed:
        sentence = f"is given as {key}, where {kind} is asked for; write {prefix}{allowed[0]}"
        yield "answer-type", node.at(prefix), sentence


def _items_by_link(questionnaire: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    return {text(item, "linkId"): item for item in _all_items(questionnaire)}


def _all_items(questionnaire: dict[str, Any]) -> Iterator[dict[str, Any]]:
    pending = [item for _, item in items(questionnaire, "item")]
    while pending:
        item = pending.pop()
        yield item
        pending += [each for _, each in items(item, "item")]
