"""The answers to a questionnaire as form fields: a field for each question of a yes or a no, a number, a day or words.

https://hl7.org/fhir/R4/questionnaireresponse.html; what else was answered stays as it is, known here or not.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from publisher.apply.answers import YES_NO
from publisher.language import text
from server.pages.fact_elements import control_of, primitive_of
from server.pages.fact_field import TRUTH, Field, listed_in, part_of, put

if TYPE_CHECKING:
    from collections.abc import Iterator

    Resource = dict[str, Any]


# The type of question, and of the value that answers it.
_SIMPLE: Final = {
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "dateTime": "dateTime",
    "time": "time",
    "string": "string",
    "text": "string",
}


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
    link_id, kind = str(item["linkId"]), str(item.get("type"))
    coded = kind == "choice" and str(item.get("answerValueSet", "")).endswith("/yesnodontknow")
    simple = _SIMPLE.get(kind)
    if not coded and kind != "boolean" and not simple:
        return None

    def read(resource: Resource) -> str:
        held = _held(resource, link_id)
        answers = listed_in(held.get("answer", [])) if held else []
        return _told(answers[0]) if answers else ""

    def write(resource: Resource, written: str) -> None:
        if not written:
            _take_out(resource, link_id)
            return
        given: Resource = {"valueCoding": dict(YES_NO[written])} if coded else {"valueBoolean": written == "true"}
        if simple:
            given = {f"value{simple[0].upper()}{simple[1:]}": primitive_of(simple, written)}
        held = _held(resource, link_id) or _placed(resource, link_id, above)
        below = [each for answer in listed_in(held.get("answer", [])) for each in listed_in(answer.get("item", []))]
        held["answer"] = [given | ({"item": below} if below else {})]

    control, choices = (control_of(simple), ()) if simple else ("choice", tuple(YES_NO) if coded else TRUTH)
    return Field(link_id, control, read, write, choices, words, group)


def _told(answer: Resource) -> str:
    """Return an answer as text: the word for a yes or a no, else what it says."""
    code = part_of(answer, "valueCoding").get("code")
    if code is not None:
        return next((word for word, coding in YES_NO.items() if coding["code"] == code), str(code))
    value = next((each for name, each in answer.items() if name.startswith("value")), None)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | Decimal) else ""


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
