"""Wording is never stronger than the weakest statement behind it: inflected, negated, hidden or translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.source.translation import translations
from publisher.topic import Statement
from publisher.validation.strength import (
    statement_wording_is_no_stronger,
    strength_is_known,
    wording_is_no_stronger,
)
from tests.unit.validation.conftest import derived, resource, topic

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.context import Context


def found(context: Callable[..., Context], one: dict[str, Any]) -> list[tuple[str | None, str]]:
    issues = wording_is_no_stronger(one, context(one))
    return [(issue.expression, issue.diagnostics.split(" says ")[1]) for issue in issues]


def activity(text: str, *ids: str, language: str = "sv") -> dict[str, Any]:
    texts = {"title": text} if language == "sv" else {"title": "x", "_title": translations({language: text})}
    return resource("ActivityDefinition", "a", relatedArtifact=derived(*ids), **texts)


@pytest.mark.parametrize(
    "text",
    [
        "Rekommenderas",
        "vi REKOMMENDERAR",
        "rekommendation",
        "rekommenderas inte",
        "aldrig rekommenderat",
        "rekom\u00admenderas",
        "rekom\u200bmenderas",
        "det ma\u030aste ske",
    ],
)
def test_forms_that_are_too_strong(context: Callable[..., Context], text: str) -> None:
    ((expression, _),) = found(context, activity(text, "A-2"))
    assert expression == "ActivityDefinition.title"


@pytest.mark.parametrize("text", ["Överväg", "orekommenderad", "blåmåstev", "recommended"])
def test_other_words_and_words_of_the_other_language_pass(context: Callable[..., Context], text: str) -> None:
    assert found(context, activity(text, "A-2")) == []


def test_the_translation_is_held_to_its_own_language(context: Callable[..., Context]) -> None:
    assert found(context, activity("It is recommended", "A-2", language="en")) == [
        ("ActivityDefinition.title", "'recommended', which is too strong for A-2 (consider); say no more than it does.")
    ]
    assert found(context, activity("rekommenderas", "A-2", language="en")) == []


@pytest.mark.parametrize(("text", "count"), [("one has to", 1), ("one has in the end to", 1), ("has a b c d to", 0)])
def test_three_words_may_stand_in_a_gap(context: Callable[..., Context], text: str, count: int) -> None:
    assert len(found(context, activity(text, "A-2", language="en"))) == count


def test_the_weakest_statement_decides(context: Callable[..., Context]) -> None:
    assert found(context, activity("Kan prövas", "A-1", "A-2")) == []
    ((_, said),) = found(context, activity("Kan prövas", "A-1", "A-2", "A-3"))
    assert said.startswith("'Kan prövas', which is too strong for A-3 (last-resort)")


def test_a_derived_rule_is_as_weak_as_its_origins(context: Callable[..., Context]) -> None:
    ((_, said),) = found(context, activity("Rekommenderas", "DER-1"))
    assert "too strong for A-2 (consider)" in said


def test_an_action_has_its_own_statements_or_those_of_its_parent(context: Callable[..., Context]) -> None:
    plan = resource(
        "PlanDefinition",
        "p",
        title="Rekommenderas",
        relatedArtifact=derived("A-1"),
        action=[
            {
                "title": "Rekommenderas",
                "documentation": derived("A-2"),
                "action": [{"title": "Rekommenderas"}, {"title": "Rekommenderas", "documentation": derived("A-1")}],
            }
        ],
    )
    assert [expression for expression, _ in found(context, plan)] == [
        "PlanDefinition.action[0].title",
        "PlanDefinition.action[0].action[0].title",
    ]


def test_answers_that_a_questionnaire_offers_are_texts_too(context: Callable[..., Context]) -> None:
    items = [{"linkId": "1", "type": "choice", "answerOption": [{"valueString": "Rekommenderas"}]}]
    one = resource("Questionnaire", "q", relatedArtifact=derived("A-2"), item=items)
    assert [place for place, _ in found(context, one)] == ["Questionnaire.item[0].answerOption[0].valueString"]


def test_the_words_of_a_statement_are_held_to_its_own_strength_only(context: Callable[..., Context]) -> None:
    related = [{**derived("A-2")[0], "display": "Rekommenderas", "title": "Rekommenderas"}]
    assert found(context, resource("ActivityDefinition", "a", title="x", relatedArtifact=related)) == []


def test_a_statement_stronger_than_its_strength_is_told_once_a_language(context: Callable[..., Context]) -> None:
    strong = topic(statements={"A-2": Statement("A-2", "t", "consider", {"sv": "Måste.", "en": "x"})})
    (issue,) = statement_wording_is_no_stronger(strong, context(of=strong))
    assert issue.diagnostics == (
        "The statement in 'sv' says 'Måste', which is too strong for A-2 (consider); say no more than it does."
    )
    assert list(statement_wording_is_no_stronger(topic(), context())) == []


def test_a_strength_that_the_table_lacks_is_told(context: Callable[..., Context]) -> None:
    odd = topic(statements={"A-2": Statement("A-2", "t", "maybe", {"sv": "x", "en": "x"})})
    (issue,) = strength_is_known(odd, context(of=odd))
    assert issue.diagnostics == (
        "'maybe' is no strength of strength.yaml (do, consider, last-resort); correct or add it."
    )
    assert list(strength_is_known(topic(), context())) == []
