"""Texts in the language asked for."""

from __future__ import annotations

from typing import Any

from publisher.language import TRANSLATION, designation, localised, respoken, text
from publisher.wording import listed


def translated(content: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": content}]
    return {"extension": [{"url": TRANSLATION, "extension": parts}]}


ELEMENT = {"title": "Vadkramp", "_title": translated("Calf cramp"), "code": "x"}


def test_a_text_comes_in_the_language_asked_for_or_as_it_stands() -> None:
    assert text(ELEMENT, "title", "en") == "Calf cramp"
    assert text(ELEMENT, "title", "sv") == "Vadkramp"
    assert text(ELEMENT, "code", "en") == "x"
    assert text(ELEMENT, "description", "en") is None


def test_a_localised_copy_drops_translations_and_keeps_other_extensions() -> None:
    other = {"url": "http://example.org/x", "valueCode": "y"}
    sibling = {"extension": [*translated("Calf cramp")["extension"], other]}
    element = {"item": [{"title": "Vadkramp", "_title": sibling}]}
    assert localised(element, "en") == {"item": [{"title": "Calf cramp", "_title": {"extension": [other]}}]}
    assert element["item"][0]["_title"] is sibling


def test_siblings_of_a_repeating_element_lose_their_translations_only() -> None:
    assert localised({"name": ["a", "b"], "_name": [translated("c"), None]}, "sv") == {"name": ["a", "b"]}


def test_a_concept_is_shown_by_its_designation_else_its_display() -> None:
    concept = {"display": "Annat skäl", "designation": [{"language": "en", "value": "Another reason"}]}
    assert designation(concept, "en") == "Another reason"
    assert designation(concept, "sv") == "Annat skäl"


def test_titles_in_a_list_begin_with_a_small_letter_after_the_first_but_abbreviations_stay() -> None:
    assert listed(["Mycket alkohol", "Rökning", "TSH", "B-vitamin", "Rökning"], "sv") == (
        "Mycket alkohol, rökning, TSH och B-vitamin"
    )
    assert listed(["Smoking"], "en") == "Smoking"


def test_a_resource_is_spoken_in_another_language_and_keeps_what_it_was_written_in() -> None:
    def other(language: str, content: str) -> dict[str, Any]:
        parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": content}]
        return {"extension": [{"url": TRANSLATION, "extension": parts}]}

    written = {
        "language": "sv",
        "title": "Fråga",
        "_title": other("en", "Question"),
        "item": [{"text": "Ja?", "_text": other("en", "Yes?"), "prefix": "1"}],
    }
    spoken = {
        "language": "en",
        "title": "Question",
        "_title": other("sv", "Fråga"),
        "item": [{"text": "Yes?", "_text": other("sv", "Ja?"), "prefix": "1"}],
    }
    assert respoken(written, "en") == spoken
    assert respoken(spoken, "sv") == written
    assert respoken(written, "sv") is written
    assert respoken(written, "fr") is written


def test_a_translation_without_content_is_none() -> None:
    broken = {"extension": [{"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": "en"}]}]}
    assert text({"title": "Vad", "_title": broken}, "title", "en") == "Vad"
