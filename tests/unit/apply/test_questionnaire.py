"""What was left undetermined is asked for, and the answers decide it."""

from __future__ import annotations

from typing import Any

import pytest

from publisher import validate
from publisher.r4.shape import fits
from tests.unit.apply.asking import (
    COLOUR,
    LARGE,
    PATIENT,
    RAIN,
    UMBRELLA,
    WIND,
    asked,
    enabled_by,
    held,
    helps,
    link_ids,
    question,
    questionnaire,
    response,
    results,
)
from tests.unit.apply.builders import BASE, apply, bundle, caller, contained

LARGER = "Large Umbrella Helps"


def test_what_is_asked_does_not_claim_to_be_a_published_artifact() -> None:
    capability = "http://hl7.org/fhir/StructureDefinition/cqf-knowledgeCapability"
    whole = questionnaire()
    whole["extension"] = [*whole["extension"], {"url": capability, "valueCode": "shareable"}]
    (found,) = asked(held(helps(), form=whole))
    assert [each["url"] for each in found["extension"]] == ["http://hl7.org/fhir/StructureDefinition/cqf-library"]
    assert [each.rule for each in validate(found) if each.is_error] == []


def test_only_the_questions_that_an_undetermined_condition_rests_on_are_asked_with_their_group() -> None:
    (found,) = asked(held(helps()))
    assert link_ids(found) == ["sky", "rain", "wind"]
    assert fits(found)


def test_the_questionnaire_is_a_draft_derived_from_the_whole_one_with_its_version() -> None:
    (found,) = asked(held(helps()))
    assert (found["derivedFrom"], found["status"]) == ([f"{BASE}/Questionnaire/weather|3"], "draft")
    assert not {"url", "version", "name"} & found.keys()
    assert found["subjectType"] == ["Patient"]


@pytest.mark.parametrize(
    ("language", "title", "other", "words"),
    [("sv", "Frågor om vädret", "en", "Regnar det?"), ("en", "Questions about the weather", "sv", "Does it rain?")],
)
def test_the_texts_are_in_the_language_asked_for_with_the_other_as_a_translation(
    language: str, title: str, other: str, words: str
) -> None:
    (found,) = asked(held(helps()), who=caller(language))
    assert (found["language"], found["title"], found["item"][0]["item"][0]["text"]) == (language, title, words)
    (translation,) = found["item"][0]["item"][0]["_text"]["extension"]
    parts = {each["url"]: each for each in translation["extension"]}
    assert parts["lang"]["valueCode"] == other
    assert parts["content"]["valueString"] in {"Regnar det?", "Does it rain?"} - {words}
    assert found["item"][0]["text"] == "Himlen"


def test_a_task_asks_to_answer_it_in_both_forms() -> None:
    resources = results(held(helps()))
    kinds = [each["resourceType"] for each in resources]
    assert kinds == ["RequestGroup", "GuidanceResponse", "Questionnaire", "Task"]
    task, form = resources[-1], resources[-2]
    assert task["focus"] == {"reference": f"Questionnaire/{form['id']}"}
    assert (task["status"], task["code"]["coding"][0]["code"]) == ("draft", "collect-information")
    plan = apply("PlanDefinition/apply", held(helps()), "plan")
    (form,), (task,) = contained(plan, "Questionnaire"), contained(plan, "Task")
    assert task["focus"] == {"reference": f"#{form['id']}"}
    assert plan["activity"] == [{"reference": {"reference": f"#{task['id']}"}}]
    assert fits(plan)


@pytest.mark.parametrize("wind", [True, False])
def test_the_response_fed_back_as_data_decides(wind: bool) -> None:
    found = results(held(helps()), response(rain=True, wind=wind))
    assert [each["resourceType"] for each in found] == ["RequestGroup", *([] if wind else ["ServiceRequest"])]


def test_the_response_fed_back_as_prefetched_answers_decides() -> None:
    answers = {
        "key": ["answers"],
        "descriptor": [{"type": "QuestionnaireResponse"}],
        "data": [bundle(response(rain=True, wind=False), type="searchset")],
    }
    found = apply("PlanDefinition/r5.apply", held(helps()), "plan", data=None, prefetchData=[answers])
    assert [each["resource"]["resourceType"] for each in found["entry"]] == ["RequestGroup", "ServiceRequest"]


def test_answering_what_is_asked_decides_and_nothing_more_is_asked() -> None:
    knowledge = held(helps(), helps(LARGER))
    given: dict[str, bool | None] = {}
    for _ in range(3):
        forms = asked(knowledge, *([response(**given)] if given else []))
        if not forms:
            break
        given |= {name.replace("-", "_"): name != "wind" for name in link_ids(forms[0]) if name != "sky"}
    assert given == {"rain": True, "wind": False, "umbrella": True, "umbrella_large": True}
    assert [each["resourceType"] for each in results(knowledge, response(**given))].count("ServiceRequest") == 2


def test_a_part_of_the_answers_leaves_the_rest_to_ask() -> None:
    (found,) = asked(held(helps()), response(rain=True))
    assert link_ids(found) == ["sky", "wind"]


def test_an_answer_that_decides_by_itself_leaves_nothing_to_ask() -> None:
    assert asked(held(helps()), response(rain=False)) == []


NOT_KNOWN = {"linkId": "wind", "answer": [{"valueCoding": {"code": "asked-unknown"}}]}


def test_a_question_that_was_answered_with_not_known_is_not_asked_again() -> None:
    given = {**response(), "item": [*response(rain=True)["item"], NOT_KNOWN]}
    assert asked(held(helps()), given) == []


@pytest.mark.parametrize("about", [{"status": "entered-in-error"}, {"questionnaire": f"{BASE}/Questionnaire/other"}])
def test_a_response_in_error_or_to_another_questionnaire_answers_nothing(about: dict[str, str]) -> None:
    given = {**response(), **about, "item": [NOT_KNOWN]}
    (found,) = asked(held(helps()), given)
    assert "wind" in link_ids(found)


def test_an_item_without_an_answer_is_still_to_ask() -> None:
    (found,) = asked(held(helps()), response(rain=True, wind=None))
    assert link_ids(found) == ["sky", "wind"]


def test_the_question_that_enables_another_is_asked_beside_it() -> None:
    (found,) = asked(held(helps("Large Umbrella Is Said")))
    assert link_ids(found) == ["umbrella", "umbrella-large"]
    assert found["item"][1]["enableWhen"] == LARGE["enableWhen"]


def test_a_question_that_cannot_be_enabled_is_not_asked() -> None:
    assert asked(held(helps("Large Umbrella Is Said")), response(umbrella=False)) == []


def test_a_question_that_is_enabled_already_is_asked_without_its_condition() -> None:
    (found,) = asked(held(helps("Large Umbrella Is Said")), response(umbrella=True))
    assert link_ids(found) == ["umbrella-large"]
    assert "enableWhen" not in found["item"][0]


def test_a_group_that_cannot_be_enabled_hides_what_is_in_it() -> None:
    group = {"linkId": "sky", "type": "group", **enabled_by("umbrella"), "item": [RAIN, WIND]}
    form = questionnaire(UMBRELLA, group)
    assert asked(held(helps(), form=form), response(umbrella=False)) == []
    (found,) = asked(held(helps(), form=form))
    assert link_ids(found) == ["umbrella", "sky", "rain", "wind"]


def test_a_decided_plan_asks_nothing() -> None:
    assert asked(held(helps("Umbrella Helps")), response(rain=True, wind=False)) == []


def test_a_plan_that_reads_missing_data_as_none_asks_nothing() -> None:
    assert asked(held(helps()), evaluationMode=["plain"]) == []


@pytest.mark.parametrize(
    "form",
    [
        questionnaire(status="retired"),
        questionnaire(extension=[]),
        questionnaire(extension=[{**questionnaire()["extension"][0], "valueCanonical": f"{BASE}/Library/gone"}]),
        questionnaire(COLOUR),
        questionnaire(question("rain", ("a", "b"))),
        questionnaire({"type": "display", "text": "x"}),
    ],
)
def test_a_questionnaire_that_cannot_decide_it_is_not_asked(form: dict[str, Any]) -> None:
    assert asked(held(helps(), form=form)) == []


def test_a_draft_is_asked_only_where_drafts_are_applied() -> None:
    form = questionnaire(status="draft")
    assert asked(held(helps(), form=form)) == []
    assert len(asked(held(helps(), form=form), who=caller(evaluate_drafts=True))) == 1


def test_the_initial_expression_of_sdc_does_as_well() -> None:
    url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
    item = {**RAIN, "extension": [{**RAIN["extension"][0], "url": url}]}
    (found,) = asked(held(helps(), form=questionnaire(item)))
    assert link_ids(found) == ["rain"]


def test_nothing_of_one_patient_is_asked_of_another() -> None:
    other = {**response(rain=True, wind=False), "subject": {"reference": "Patient/2"}}
    (found,) = asked(held(helps()), other, {**PATIENT, "id": "2"})
    assert link_ids(found) == ["sky", "rain", "wind"]
