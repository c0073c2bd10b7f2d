"""ELM against a new translation of its CQL: what translators must agree on is compared, and errors are told."""

from __future__ import annotations

import base64
import json
import shutil
from typing import Any

import pytest

from publisher.source.cql import translate_libraries
from publisher.validation.artifacts.translation import Retranslation
from publisher.validation.knowledge import Knowledge
from publisher.validation.validator import Validator

CQL = "library L version '1'\ndefine Answer: 40 + 2\n"


def elm(value: str = "40", **more: Any) -> dict[str, Any]:
    """Return ELM that adds 2 to a number."""
    literals = [{"type": "Literal", "value": one, **more} for one in (value, "2")]
    expression = {"type": "Add", "operand": literals}
    statements = {"def": [{"name": "Answer", "expression": expression}]}
    return {"identifier": {"id": "L", "version": "1"}, "statements": statements}


def library(translation: dict[str, Any] | None, cql: str = CQL) -> dict[str, Any]:
    """Return a Library with CQL, and with ELM if any."""
    texts = {"text/cql": cql}
    if translation is not None:
        texts["application/elm+json"] = json.dumps({"library": translation})
    content = [{"contentType": kind, "data": base64.b64encode(text.encode()).decode()} for kind, text in texts.items()]
    return {"resourceType": "Library", "status": "draft", "type": {"text": "logic"}, "content": content}


def found(resource: dict[str, Any], answer: dict[str, Any] | list[str]) -> list[str]:
    """Return what is found where the translator gives this answer."""
    knowledge = Knowledge()
    knowledge.retranslations = Retranslation(lambda texts: dict.fromkeys(texts, answer))
    return [f"{issue.rule} {issue.diagnostics}" for issue in Validator(knowledge).validate(resource)]


def test_elm_that_says_the_same_in_other_words_is_of_its_cql() -> None:
    assert found(library(elm(locator="1:1", resultTypeName="Integer")), elm()) == []


def test_elm_of_another_text_is_stale() -> None:
    assert found(library(elm("41")), elm()) == [
        "library-elm-stale Library.content has ELM that differs from a new translation in the definition 'Answer'; "
        "take the new one."
    ]


def test_elm_of_other_value_sets_is_stale() -> None:
    other = {**elm(), "valueSets": {"def": [{"name": "Cramps", "id": "http://a.example/vs"}]}}

    assert "in its valueSets" in found(library(other), elm())[0]


def test_cql_that_does_not_translate_is_an_error_with_each_message() -> None:
    assert found(library(None), ["Could not resolve identifier X (line 2, column 16)"]) == [
        "library-cql-untranslatable Library.content does not translate: Could not resolve identifier X (line 2, "
        "column 16); correct the CQL."
    ]


def test_without_a_translator_nothing_is_translated() -> None:
    assert list(Validator().validate(library(elm("41")))) == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="NOT RUN: this machine has no Node")
def test_the_official_translator_answers_for_each_library() -> None:
    good, bad = CQL, "library M version '1'\ndefine A: B\n"

    answers = translate_libraries({"L": good, "M": bad})

    assert isinstance(answers["L"], dict)
    assert answers["L"]["identifier"] == {"id": "L", "version": "1"}
    assert answers["M"] == ["Could not resolve identifier B in the current library (line 2, column 11)"]
