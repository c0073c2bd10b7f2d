"""Check a QuestionnaireResponse against its Questionnaire: items that were asked, answers of their type and number.

Implements https://hl7.org/fhir/R4/questionnaireresponse.html#link. An item with enableWhen may be left out, since that
is not evaluated; a questionnaire that is not at hand is not guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.artifacts.questionnaires import ANSWERS
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown
from publisher.validation.profiles.value_sets import allows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.findings import Path
    from publisher.validation.knowledge import Knowledge

Item = dict[str, Any]

_DONE = ("completed", "amended")
_CLOSED = "choice"
_UNANSWERED = ("group", "display")
_DEEPEST = 24


def response_is_of_questionnaire(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check the items of a response against those of the questionnaire that it names."""
    canonical = text(node.value, "questionnaire")
    asked = _questionnaire(canonical, node, knowledge) if canonical else None
    if asked is not None:
        yield from _Response(node, knowledge).level(asked, node.value, node.path, 0)


def _questionnaire(canonical: str, node: Node, knowledge: Knowledge) -> Item | None:
    if canonical.startswith("#"):
        found = next((one for _, one in items(node.root, "contained") if one.get("id") == canonical[1:]), None)
    else:
        found = knowledge.find(canonical)
    return found if found is not None and found.get("resourceType") == "Questionnaire" else None


class _Response:
    """One response: whether it is done, and what is known."""

    def __init__(self, node: Node, knowledge: Knowledge) -> None:
        self.is_done = node.value.get("status") in _DONE
        self.knowledge = knowledge

    def level(self, asked: Item, given: Item, path: Path, depth: int) -> Iterator[Finding]:
        """Yield what is wrong with the items below a questionnaire, a group, a question or an answer."""
        by_link = {text(one, "linkId"): one for _, one in items(asked, "item")}
        counts: dict[str | None, int] = {}
        for index, one in items(given, "item"):
            link, place = text(one, "linkId"), (path, ".item", index)
            if link not in by_link:
                yield "response-item-unknown", (place, ".linkId"), f"{shown(link)} is no item asked here; correct it"
                continue
            counts[link] = counts.get(link, 0) + 1
            if depth < _DEEPEST:
                yield from self._item(by_link[link], one, place, depth)
        for link, one in by_link.items():
            yield from self._count(link, one, counts.get(link, 0), path)

    def _count(self, link: str | None, asked: Item, count: int, path: Path) -> Iterator[Finding]:
        is_group = asked.get("type") == "group"
        if count > 1 and not (is_group and asked.get("repeats") is True):
            yield "response-item-repeated", (path, ".item"), f"has {shown(link)} {count} times; give it once"
        if not count and self.is_done and asked.get("required") is True and "enableWhen" not in asked:
            yield "response-item-missing", (path, ".item"), f"lacks {shown(link)}, which must be answered; add it"

    def _item(self, asked: Item, given: Item, path: Path, depth: int) -> Iterator[Finding]:
        kind, answers = text(asked, "type"), items(given, "answer")
        if kind in _UNANSWERED and answers:
            yield "response-answer-unasked", (path, ".answer"), f"answers a {kind}, which asks nothing; take it out"
            return
        if kind not in _UNANSWERED:
            if len(answers) > 1 and asked.get("repeats") is not True:
                sentence = f"has {len(answers)} answers to a question that takes one; keep one"
                yield "response-item-repeated", (path, ".answer"), sentence
            if not answers and self.is_done and asked.get("required") is True and "enableWhen" not in asked:
                yield "response-item-missing", (path, ".answer"), "is missing, but must be given; answer the question"
        for index, answer in answers:
            yield from self._answer(asked, answer, (path, ".answer", index))
            if depth < _DEEPEST:
                yield from self.level(asked, answer, (path, ".answer", index), depth + 1)
        if kind in _UNANSWERED:
            yield from self.level(asked, given, path, depth + 1)

    def _answer(self, asked: Item, answer: Item, path: Path) -> Iterator[Finding]:
        kind = text(asked, "type") or ""
        key = next((each for each in answer if each.startswith("value")), None)
        allowed = ANSWERS.get(kind)
        if key is None or allowed is None:
            return
        if key.removeprefix("value") not in allowed:
            sentence = f"is given as {key}, where {kind} is asked for; write value{allowed[0]}"
            yield "response-answer-type", (path, ".value"), sentence
            return
        longest, value = asked.get("maxLength"), answer[key]
        if isinstance(longest, int) and isinstance(value, str) and len(value) > longest:
            yield (
                "response-answer-long",
                (path, ".value"),
                f"is longer than the {longest} characters allowed; shorten it",
            )
        if kind == _CLOSED and not self._is_offered(asked, key, value):
            yield "response-answer-unoffered", (path, ".value"), "is none of the answers that are offered; choose one"

    def _is_offered(self, asked: Item, key: str, value: Any) -> bool:
        options = [one.get(key) for _, one in items(asked, "answerOption")]
        if options:
            return any(_same(value, one) for one in options if one is not None)
        canonical = text(asked, "answerValueSet")
        allowed = self.knowledge.value_set(canonical) if canonical and not canonical.startswith("#") else None
        return allowed is None or allows(value, allowed) is not False


def _same(value: Any, option: Any) -> bool:
    """Return whether an answer is an option: of a Coding, the system and code."""
    if isinstance(value, dict) and isinstance(option, dict):
        return all(value.get(key) == option.get(key) for key in ("system", "code", "reference"))
    return bool(value == option)
