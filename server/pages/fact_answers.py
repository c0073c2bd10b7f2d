"""The answers to a questionnaire as form fields: a field for each question that is answered by a yes or a no.

https://hl7.org/fhir/R4/questionnaireresponse.html; what else was answered stays as it is, known here or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.answers import YES_NO
from publisher.language import text
from server.pages.fact_field import TRUTH, Field, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    Resource = dict[str, Any]


def question_fields(questionnaire: Resource, language: str) -> Iterator[Field]:
    """Yield the fields of the questions, each with the title of its group."""
    yield from _questions(questionnaire, (), "", language)


def _questions(element: Resource, above: tuple[Resource, ...], group: str, language: str) -> Iterator[Field]:
    """Yield the fields of the questions in an element, which stand below the items `above`."""
    for item in element.get("item", ()):
        words = text(item, "text", language) or str(item["linkId"])
        if item.get("type") == "group":
            yield from _questions(item, (*above, item), words, language)
        elif field := _question(item, above, words, group):
            yield field
            yield from _questions(item, (*above, item), group, language)


def _question(item: Resource, above: tuple[Resource, ...], words: str, group: str) -> Field | None:
    coded = item.get("type") == "choice" and str(item.get("answerValueSet", "")).endswith("/yesnodontknow")
    if not coded and item.get("type") != "boolean":
        return None
    link_id = str(item["linkId"])

    def read(resource: Resource) -> str:
        held = _held(resource, link_id)
        answers = listed_in(held.get("answer", [])) if held else []
        if not answers:
            return ""
        value = answers[0].get("valueBoolean")
        code = part_of(answers[0], "valueCoding").get("code")
        named = (word for word, coding in YES_NO.items() if coding["code"] == code)
        return str(value).lower() if isinstance(value, bool) else next(named, "")

    def write(resource: Resource, written: str) -> None:
        if not written:
            _take_out(resource, link_id)
            return
        given: Resource = {"valueCoding": dict(YES_NO[written])} if coded else {"valueBoolean": written == "true"}
        held = _held(resource, link_id) or _placed(resource, link_id, above)
        below = [each for answer in listed_in(held.get("answer", [])) for each in listed_in(answer.get("item", []))]
        held["answer"] = [given | ({"item": below} if below else {})]

    return Field(link_id, "choice", read, write, tuple(YES_NO) if coded else TRUTH, words, group)


def _held(element: Resource, link_id: str) -> Resource | None:
    """Return the first item of a response with this linkId, in whichever group or below whichever answer it stands."""
    for holder in (element, *listed_in(element.get("answer", []))):
        for item in listed_in(holder.get("item", [])):
            found = item if item.get("linkId") == link_id else _held(item, link_id)
            if found is not None:
                return found
    return None


def _placed(resource: Resource, link_id: str, above: tuple[Resource, ...]) -> Resource:
    """Return a new item in the innermost group, or below the innermost answer, of those above it that are there."""
    place, missing = resource, [str(each["linkId"]) for each in above if each.get("type") == "group"]
    for index, each in enumerate(above):
        held = _held(resource, str(each["linkId"]))
        answers = listed_in(held.get("answer", [])) if held else []
        if held is not None and (each.get("type") == "group" or answers):
            place = answers[0] if answers else held
            missing = [str(one["linkId"]) for one in above[index + 1 :] if one.get("type") == "group"]
    for name in (*missing, link_id):
        item: Resource = {"linkId": name}
        place["item"] = [*listed_in(place.get("item", [])), item]
        place = item
    return place


def _take_out(element: Resource, link_id: str) -> None:
    """Take out the items with a linkId, and what holds nothing after that."""
    for holder in (element, *listed_in(element.get("answer", []))):
        items = [each for each in listed_in(holder.get("item", [])) if each.get("linkId") != link_id]
        for each in items:
            _take_out(each, link_id)
        put(holder, "item", [each for each in items if "item" in each or "answer" in each])
