"""The answers to a questionnaire as form fields: a field for each question that is answered by a yes or a no.

https://hl7.org/fhir/R4/questionnaireresponse.html; other questions keep the answers that they have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.answers import YES_NO, placed_items
from publisher.language import text
from server.pages.fact_field import TRUTH, Field, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    Resource = dict[str, Any]


def question_fields(questionnaire: Resource, language: str) -> Iterator[Field]:
    """Yield the fields of the questions, each with the title of its group."""
    yield from _questions(questionnaire, questionnaire, "", language)


def _questions(element: Resource, questionnaire: Resource, group: str, language: str) -> Iterator[Field]:
    for item in element.get("item", ()):
        words = text(item, "text", language) or str(item["linkId"])
        if item.get("type") == "group":
            yield from _questions(item, questionnaire, words, language)
        elif field := _question(item, questionnaire, words, group):
            yield field
            yield from _questions(item, questionnaire, group, language)


def _question(item: Resource, questionnaire: Resource, words: str, group: str) -> Field | None:
    coded = item.get("type") == "choice" and str(item.get("answerValueSet", "")).endswith("/yesnodontknow")
    if not coded and item.get("type") != "boolean":
        return None
    link_id = str(item["linkId"])

    def read(resource: Resource) -> str:
        answers = _given(resource).get(link_id, [])
        if not answers:
            return ""
        value = answers[0].get("valueBoolean")
        code = part_of(answers[0], "valueCoding").get("code")
        named = (word for word, coding in YES_NO.items() if coding["code"] == code)
        return str(value).lower() if isinstance(value, bool) else next(named, "")

    def write(resource: Resource, written: str) -> None:
        given = {name: answers for name, answers in _given(resource).items() if name != link_id}
        if written:
            given[link_id] = [{"valueCoding": dict(YES_NO[written])} if coded else {"valueBoolean": written == "true"}]
        put(resource, "item", list(placed_items(questionnaire, given)))

    return Field(link_id, "choice", read, write, tuple(YES_NO) if coded else TRUTH, words, group)


def _given(element: Resource) -> dict[str, list[Resource]]:
    """Return the answers of a response by linkId, those below an answer apart from it."""
    found: dict[str, list[Resource]] = {}
    for item in listed_in(element.get("item", [])):
        answers = listed_in(item.get("answer", []))
        if answers:
            own = [{name: each for name, each in answer.items() if name != "item"} for answer in answers]
            found[str(item.get("linkId"))] = own
        for below in (item, *answers):
            found |= _given(below)
    return found
