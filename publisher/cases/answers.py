"""The answers to a questionnaire, written in short: `{linkId: answer}` becomes the items of a QuestionnaireResponse.

https://hl7.org/fhir/R4/questionnaireresponse.html: an answer stands where the Questionnaire has its question, in the
type that the question asks for. `yes`, `no` and `not-known` are the codes of the value set yesnodontknow.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from publisher.apply.answers import YES_NO, placed_items
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from publisher.repository import Resource

# By the type of a question: the element that an answer to it stands in, and what may be written for it.
_ANSWERS: Final[Mapping[str, tuple[str, type | tuple[type, ...]]]] = {
    "boolean": ("valueBoolean", bool),
    "integer": ("valueInteger", int),
    "decimal": ("valueDecimal", (int, Decimal)),
    "string": ("valueString", str),
    "text": ("valueString", str),
    "date": ("valueDate", str),
    "dateTime": ("valueDateTime", str),
    "choice": ("valueCoding", str),
    "open-choice": ("valueCoding", str),
}


def answered_items(
    questionnaire: Resource, answers: Mapping[str, Any], coding: Callable[[str, str], Resource]
) -> tuple[list[Resource], dict[str, str]]:
    """Return the items that hold `answers`, and by linkId what is wrong with one.

    `coding(written, linkId)` reads a coding that is written as `system#code`.
    """
    questions = {str(item["linkId"]): item for item in _all_items(questionnaire)}
    problems = {}
    given: dict[str, list[Resource]] = {}
    for link_id, written in answers.items():
        if link_id not in questions:
            hint = did_you_mean(link_id, questions) or "; correct it."
            problems[link_id] = f"{questionnaire['id']} has no question '{link_id}'{hint}"
            continue
        values = [_answer(questions[link_id], each, coding) for each in _as_list(written)]
        if any(value is None for value in values):
            kind = questions[link_id].get("type")
            problems[link_id] = f"{written!r} answers no question of type {kind}; write {_form(str(kind))}."
        given[link_id] = [value for value in values if value is not None]
    items = list(placed_items(questionnaire, given))
    placed = {item["linkId"] for item in _answered(items)}
    for link_id in given.keys() - placed - problems.keys():
        problems[link_id] = f"'{link_id}' is asked below a question that has no answer; answer that one too."
    return items, problems


def _all_items(element: Resource) -> Iterator[Resource]:
    for item in element.get("item", ()):
        yield item
        yield from _all_items(item)


def _answered(items: list[Resource]) -> Iterator[Resource]:
    for item in items:
        yield item
        for below in (item, *item.get("answer", ())):
            yield from _answered(below.get("item", []))


def _as_list(written: Any) -> list[Any]:
    return written if isinstance(written, list) else [written]


def _answer(question: Resource, written: Any, coding: Callable[[str, str], Resource]) -> Resource | None:
    name, kinds = _ANSWERS.get(str(question.get("type")), ("", ()))
    if not isinstance(written, kinds) or (isinstance(written, bool) and name != "valueBoolean"):
        return None
    if name != "valueCoding":
        return {name: written}
    word = str(written)
    if word in YES_NO:
        return {name: dict(YES_NO[word])}
    return {name: coding(word, str(question["linkId"]))} if "#" in word else None


def _form(kind: str) -> str:
    forms = {"boolean": "true or false", "integer": "a number", "decimal": "a number"}
    return forms.get(kind, "yes, no (both in quotes), not-known or system#code" if "choice" in kind else "a text")
