"""Worked patients of the leg-cramp topic: what fires, and what must not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from tests.artifacts.patients import (
    ATC,
    FOR_CRAMP,
    ICD_10_SE,
    SNOMED_CT,
    SUBJECT,
    concept,
    condition,
    draft,
    hook_request,
    prescription,
    referring,
    refusal,
    searchset,
    selecting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.apply.knowledge import Knowledge

    Call = Callable[..., dict[str, Any]]

EXAMINATION, STATIN = "leg-examination", "statin-review"
QUININE, REASON = "quinine-advised-against", "quinine-reason-missing"
MEDICATION = {"resourceType": "Medication", "id": "x", "code": concept(ATC, "C10AA01")}


def actions(body: dict[str, Any]) -> list[str]:
    """Return the actions that made the cards, in order."""
    return [card["extension"]["example.vademecum.provenance"]["action"] for card in body["cards"]]


def view(*conditions: dict[str, Any], medications: Any = ()) -> dict[str, Any]:
    """Return a patient-view request; `medications` is a list of resources, or the raw answer to the key."""
    answer = medications if isinstance(medications, dict) or medications is None else searchset(*medications)
    return hook_request("patient-view", {"conditions": searchset(*conditions), "medications": answer})


# -- patient-view -------------------------------------------------------------------------------------------------


def test_a_statin_on_the_list_gives_one_review_card_beside_the_examination(call: Call) -> None:
    body = call(view(condition(), medications=[prescription("C03AA03"), prescription("C10AA01")]))
    assert actions(body) == [EXAMINATION, STATIN]
    assert {card["indicator"] for card in body["cards"]} == {"info"}
    words = json.dumps(body, ensure_ascii=False).lower()
    assert not re.search(r"sätt ut|byt|sänk|avsluta|myopati", words)


def test_english_is_given_on_request_with_the_same_structure(call: Call) -> None:
    request = view(condition(), medications=[prescription()])
    swedish, english = call(request), call(request, "en")
    assert actions(english) == actions(swedish)
    assert english["cards"][1]["summary"].startswith("Consider a medication review")
    assert not re.search("stop|switch|lower", english["cards"][1]["summary"] + english["cards"][1]["detail"])


@pytest.mark.parametrize("medications", [[], None])
def test_no_medicines_gives_no_statin_card_and_nothing_to_find_out(call: Call, medications: Any) -> None:
    body = call(view(condition(), medications=medications))
    assert actions(body) == [EXAMINATION]
    assert "Att ta reda på" not in body["cards"][0]["detail"]


def test_a_patient_without_leg_cramp_gets_no_card(call: Call) -> None:
    assert call(view(condition("E03.9"), medications=[prescription()])) == {"cards": []}


def test_a_missing_key_for_the_scope_is_412_with_key_query_and_reason(call: Call) -> None:
    body = call(hook_request("patient-view", {"medications": searchset()}), "en", 412)
    assert body["issue"] == [
        {
            "severity": "error",
            "code": "required",
            "details": {"text": "prefetch-missing"},
            "diagnostics": "The prefetch key conditions is needed to tell whether “Nocturnal leg cramps, when the record is "
            "opened” applies. Query: Condition?patient={{context.patientId}}. Reason: the key is not in the request.",
            "expression": ["prefetch.conditions"],
        }
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(), "läkemedelslistan inte kunde lämnas ut"),
        (searchset(link=[{"relation": "next", "url": "x"}]), "läkemedelslistan bara kom fram delvis"),
        (searchset(total=4), "läkemedelslistan bara kom fram delvis"),
        ("not FHIR", "läkemedelslistan inte kunde lämnas ut"),
    ],
)
def test_an_unusable_medication_list_is_a_line_to_find_out(call: Call, answer: Any, words: str) -> None:
    request = view(condition())
    request["prefetch"]["medications"] = answer
    body = call(request)
    assert actions(body) == [EXAMINATION]
    line = f"- Statin som möjlig utlösande faktor: kan inte avgöras, eftersom {words}."
    assert line in body["cards"][0]["detail"]


def test_a_statin_among_the_first_of_several_pages_is_enough(call: Call) -> None:
    page = searchset(prescription(), link=[{"relation": "next", "url": "x"}])
    assert actions(call(view(condition(), medications=page))) == [EXAMINATION, STATIN]


@pytest.mark.parametrize(
    ("code", "system"),
    [
        ("R25.2", "https://www.icd10.se/"),
        ("R252", "https://www.icd10.se/"),
        ("R252", "urn:oid:1.2.752.116.1.1.1.1.3"),
        ("R25.2", "urn:oid:1.2.752.116.1.1.1.1.8"),
        ("R25.2", "http://hl7.org/fhir/sid/icd-10-se"),
        ("R25.2", "http://hl7.org/fhir/sid/icd-10"),
        ("449918009", SNOMED_CT),
        ("55300003", "urn:oid:1.2.752.116.2.1.1"),
    ],
)
def test_every_spelling_of_the_cramp_codes_is_known(call: Call, code: str, system: str) -> None:
    assert actions(call(view(condition(code, system)))) == [EXAMINATION]


@pytest.mark.parametrize(
    "status",
    [
        {"clinical": "resolved"},
        {"clinical": "inactive"},
        {"verification": "refuted"},
        {"verification": "entered-in-error", "clinical": None},
    ],
)
def test_a_problem_that_is_over_or_refuted_never_counts(call: Call, status: dict[str, Any]) -> None:
    assert call(view(condition(**status))) == {"cards": []}


def test_a_problem_without_status_makes_no_card(call: Call) -> None:
    assert call(view(condition(clinical=None))) == {"cards": []}


@pytest.mark.parametrize("status", ["stopped", "cancelled", "entered-in-error", "completed", "draft"])
def test_a_prescription_not_in_force_never_counts(call: Call, status: str) -> None:
    body = call(view(condition(), medications=[prescription(status=status)]))
    assert actions(body) == [EXAMINATION]
    assert "Att ta reda på" not in body["cards"][0]["detail"]


def test_a_prescription_of_unknown_status_is_a_line_to_find_out(call: Call) -> None:
    body = call(view(condition(), medications=[prescription(status="unknown")]), "en")
    assert "cannot be decided from what is recorded" in body["cards"][0]["detail"]


@pytest.mark.parametrize(
    "more",
    [{"intent": "proposal"}, {"intent": "option"}, {"doNotPerform": True}],
)
def test_a_proposal_or_an_instruction_not_to_give_is_no_current_medicine(call: Call, more: dict[str, Any]) -> None:
    assert actions(call(view(condition(), medications=[prescription(**more)]))) == [EXAMINATION]


def test_a_fixed_combination_with_a_statin_counts(call: Call) -> None:
    assert STATIN in actions(call(view(condition(), medications=[prescription("C10BX03")])))


def test_the_beginning_of_a_code_is_no_membership(call: Call) -> None:
    assert actions(call(view(condition(), medications=[prescription("C10AA")]))) == [EXAMINATION]


def test_a_medicine_without_a_known_code_is_told(call: Call) -> None:
    unknown = prescription(medicationCodeableConcept=concept("urn:oid:1.2.752.129.2.1.5.1", "19881209000026"))
    detail = call(view(condition(), medications=[unknown]), "en")["cards"][0]["detail"]
    assert "- Statins: 1 item carries no code of a system in use and was not judged." in detail


def test_a_medication_is_found_by_reference_contained_or_beside(call: Call) -> None:
    contained = {**referring("#x"), "contained": [MEDICATION]}
    assert STATIN in actions(call(view(condition(), medications=[contained])))
    beside = searchset(referring("Medication/x"), total=1)
    beside["entry"].append({"resource": MEDICATION, "search": {"mode": "include"}})
    assert STATIN in actions(call(view(condition(), medications=beside)))


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Medication/m"},
        {"reference": "#m"},
        {"display": "Simvastatin"},
        {"identifier": {"value": "1"}},
    ],
)
def test_a_medicine_that_cannot_be_told_leaves_the_question_open(call: Call, reference: dict[str, Any]) -> None:
    request = view(condition(), medications=[{**referring(""), "medicationReference": reference}])
    body = call(request, "en")
    assert actions(body) == [EXAMINATION]
    assert "Statin as a possible contributor: cannot be decided" in body["cards"][0]["detail"]


def test_a_prescription_without_any_medicine_leaves_the_question_open(call: Call) -> None:
    nothing = prescription()
    del nothing["medicationCodeableConcept"]
    body = call(view(condition(), medications=[nothing]), "en")
    assert "Statin as a possible contributor: cannot be decided" in body["cards"][0]["detail"]


def test_a_damaged_neighbour_silences_nothing(call: Call) -> None:
    damaged = {**condition("E03.9"), "code": {"coding": {"x": 1}}}
    assert actions(call(view(condition(), damaged, medications=[prescription()]))) == [EXAMINATION, STATIN]


def test_a_code_without_its_system_is_no_member(call: Call) -> None:
    nameless = {**condition(), "code": {"coding": [{"code": "R25.2"}]}}
    assert call(view(nameless)) == {"cards": []}


def test_the_same_prescription_twice_with_different_content_hides_nothing(call: Call) -> None:
    twice = [prescription("C08DA01", id="m"), prescription("C10AA01", id="m")]
    assert STATIN in actions(call(view(condition(), medications=twice)))


def test_the_systems_in_the_logic_are_those_of_the_value_set(knowledge: Knowledge) -> None:
    value_set = knowledge.repository.get("ValueSet", "leg-cramp-conditions")
    plan = knowledge.repository.get("PlanDefinition", "avoid-quinine")
    assert value_set is not None
    assert plan is not None
    library = knowledge.library_of(plan)
    assert library is not None
    found = library.evaluate("Systems Of Leg Cramp", Evaluation(DataContext(), knowledge.terminology)).value
    assert set(found) == {each["system"] for each in value_set.resource["expansion"]["contains"]}


def test_data_of_another_patient_are_left_out(call: Call) -> None:
    other = {"subject": {"reference": "Patient/someone-else"}}
    assert call(view(condition(**other))) == {"cards": []}
    assert actions(call(view(condition(), medications=[prescription(**other)]))) == [EXAMINATION]


def test_data_without_a_subject_leave_the_question_open(call: Call) -> None:
    nobody = prescription()
    del nobody["subject"]
    assert "bara kom fram delvis" in call(view(condition(), medications=[nobody]))["cards"][0]["detail"]


def test_a_prescription_shaped_as_r5_leaves_the_question_open(call: Call) -> None:
    shaped = {**prescription(), "medication": {"concept": concept(ATC, "C10AA01")}}
    del shaped["medicationCodeableConcept"]
    body = call(view(condition(), medications=[shaped]))
    assert actions(body) == [EXAMINATION]
    assert "läkemedelslistan bara kom fram delvis" in body["cards"][0]["detail"]


def test_resources_count_under_any_key(call: Call) -> None:
    request = hook_request("patient-view", {"conditions": searchset(condition(), prescription())})
    assert actions(call(request)) == [EXAMINATION, STATIN]


@pytest.mark.parametrize("damage", ["text", 3, [], {"coding": "x"}, {"coding": {"a": 1}}, {"coding": [1]}])
def test_malformed_codes_make_an_answer_and_never_a_failure(call: Call, damage: Any) -> None:
    body = call(view(condition(), medications=[prescription(medicationCodeableConcept=damage)]))
    assert actions(body) == [EXAMINATION]


# -- order-select -------------------------------------------------------------------------------------------------


def select(*drafts: dict[str, Any], conditions: Any = None) -> dict[str, Any]:
    """Return an order-select request with these drafts selected."""
    prefetch = {} if conditions is None else {"conditions": searchset(*conditions)}
    return hook_request("order-select", prefetch, **selecting(*drafts))


def test_quinine_for_cramp_is_advised_against_for_both_reasons(call: Call) -> None:
    (card,) = call(select(draft(**FOR_CRAMP)))["cards"]
    assert (card["summary"], card["indicator"]) == ("Kinin rekommenderas inte vid benkramp", "warning")
    assert "risken för biverkningar" in card["detail"]
    assert "underlaget för nyttan är svagt" in card["detail"]
    assert not re.search("kontraindicera|förbjud|diltiazem", json.dumps(card, ensure_ascii=False).lower())


def test_the_draft_can_be_deleted_and_nothing_is_chosen_for_the_reader(call: Call) -> None:
    (card,) = call(select(draft(**FOR_CRAMP)))["cards"]
    (suggestion,) = card["suggestions"]
    assert suggestion["actions"] == [
        {"type": "delete", "description": "Ta bort utkastet med kinin", "resourceId": "MedicationRequest/draft-1"}
    ]
    assert "isRecommended" not in suggestion
    assert card["selectionBehavior"] == "any"


def test_override_reasons_are_coded_and_worded_in_both_languages(call: Call) -> None:
    request = select(draft(**FOR_CRAMP))
    swedish = call(request)["cards"][0]["overrideReasons"]
    english = call(request, "en")["cards"][0]["overrideReasons"]
    assert [each["code"] for each in swedish] == [each["code"] for each in english]
    assert swedish[0]["display"] == "Ordinationen har en annan orsak"
    assert english[0]["display"] == "The order has another reason"


def test_each_discouraged_draft_gets_a_deletion_of_its_own(call: Call) -> None:
    (card,) = call(select(draft(id="a", **FOR_CRAMP), draft(id="b", **FOR_CRAMP)))["cards"]
    targets = [suggestion["actions"][0]["resourceId"] for suggestion in card["suggestions"]]
    assert targets == ["MedicationRequest/a", "MedicationRequest/b"]


def test_quinine_for_another_reason_gives_no_card(call: Call) -> None:
    assert call(select(draft(reasonCode=[concept(ICD_10_SE, "E03.9")]))) == {"cards": []}


@pytest.mark.parametrize("reason", [{}, {"reasonCode": [{"text": "kramp"}]}])
def test_quinine_without_a_readable_reason_is_asked_about(call: Call, reason: dict[str, Any]) -> None:
    body = call(select(draft(**reason)))
    assert actions(body) == [REASON]
    assert body["cards"][0]["indicator"] == "info"


def reason(reference: str, **more: Any) -> dict[str, Any]:
    """Return a draft of quinine whose reason is given by reference."""
    return draft(reasonReference=[{"reference": reference}], **more)


def test_a_reason_given_by_reference_is_looked_up(call: Call) -> None:
    assert actions(call(select(reason("Condition/c-R25.2"), conditions=[condition()]))) == [QUININE]
    assert actions(call(select(reason("Condition/c-R25.2/_history/2"), conditions=[condition()]))) == [QUININE]
    assert call(select(reason("Condition/c-E03.9"), conditions=[condition("E03.9")])) == {"cards": []}


def test_a_reason_may_be_a_contained_problem(call: Call) -> None:
    assert actions(call(select(reason("#c-R25.2", contained=[condition()]), conditions=[]))) == [QUININE]
    assert call(select(reason("#c-E03.9", contained=[condition("E03.9")]), conditions=[condition()])) == {"cards": []}


@pytest.mark.parametrize(
    "unreadable",
    [
        {"reasonReference": [{"reference": "Condition/none"}]},
        {"reasonReference": [{"reference": "Observation/c-R25.2"}]},
        {"reasonReference": [{"reference": "#none"}]},
        {"reasonReference": [{"display": "Vadkramp"}]},
        {"reasonCode": [{"coding": [{"display": "Vadkramp"}]}]},
        {"reasonCode": [{"coding": [{"code": "R25.2"}]}]},
        {"reasonCode": [concept("urn:oid:1.2.3", "KRAMP")]},
    ],
)
def test_a_reason_that_cannot_be_read_is_asked_about(call: Call, unreadable: dict[str, Any]) -> None:
    assert actions(call(select(draft(**unreadable), conditions=[condition()]))) == [REASON]


def test_a_problem_entered_in_error_is_no_reason(call: Call) -> None:
    wrong = condition(verification="entered-in-error", clinical=None)
    assert call(select(reason("Condition/c-R25.2"), conditions=[wrong])) == {"cards": []}


def test_a_reason_that_cannot_be_looked_up_is_412(call: Call) -> None:
    referred = draft(reasonReference=[{"reference": "Condition/c-R25.2"}])
    body = call(select(referred), "en", 412)
    assert body["issue"][0]["expression"] == ["prefetch.conditions"]


def test_only_selected_drafts_are_looked_at(call: Call) -> None:
    request = select(draft(**FOR_CRAMP), draft("C08DA01", id="draft-2"))
    request["context"]["selections"] = ["MedicationRequest/draft-2"]
    assert call(request) == {"cards": []}


def test_another_medicine_gives_no_card(call: Call) -> None:
    assert call(select(draft("C08DA01", **FOR_CRAMP))) == {"cards": []}


def test_a_draft_that_names_no_patient_is_this_patients(call: Call) -> None:
    nobody = draft(**FOR_CRAMP)
    del nobody["subject"]
    assert actions(call(select(nobody))) == [QUININE]


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ({"subject": {"reference": "Patient/someone-else"}}, "draft-subject"),
        ({"medication": {"concept": concept(ATC, "P01BC01")}}, "draft-shape"),
        ({"medicationCodeableConcept": {"coding": "x"}}, "draft-shape"),
    ],
)
def test_a_draft_that_cannot_be_used_is_refused_and_not_passed_over(
    call: Call, damage: dict[str, Any], rule: str
) -> None:
    body = call(select(draft(**{**FOR_CRAMP, **damage})), status=400)
    assert [each["details"]["text"] for each in body["issue"]] == [rule]


@pytest.mark.parametrize("selection", ["draft-1", "MedicationRequest/none", 5, {}])
def test_a_selection_that_names_no_draft_is_refused(call: Call, selection: Any) -> None:
    request = select(draft(**FOR_CRAMP))
    request["context"]["selections"] = [selection]
    body = call(request, status=400)
    assert [each["details"]["text"] for each in body["issue"]] == ["selection-unknown"]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error", "stopped"])
def test_a_draft_that_was_given_up_gives_no_card(call: Call, status: str) -> None:
    assert call(select(draft(status=status, **FOR_CRAMP))) == {"cards": []}


# -- every card ---------------------------------------------------------------------------------------------------

REQUESTS = [
    view(condition(), medications=[prescription()]),
    view(condition(), medications=refusal()),
    select(draft(**FOR_CRAMP)),
    select(draft()),
]


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_every_card_can_be_traced_and_says_what_it_is(call: Call, request_: dict[str, Any], language: str) -> None:
    for card in call(request_, language)["cards"]:
        assert len(card["summary"]) < 140
        assert "<" not in card["summary"] + card["detail"]
        provenance = card["extension"]["example.vademecum.provenance"]
        assert provenance["canonical"].endswith("|0.1.0")
        assert all(statement in card["detail"] for statement in provenance["statements"])
        assert {"sv": "Utkast:", "en": "Draft:"}[language] in card["detail"]
        assert not re.search(r"\d+ ?(mg|g|ml|min|mmol|tablett|dag|day|week|veck)", card["detail"])
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                resource = action.get("resource", {"status": "draft"})
                assert resource["status"] == "draft"
                assert resource.get("intent", "proposal") == "proposal"
                assert "dosageInstruction" not in resource


def test_the_same_request_gives_the_same_answer_whatever_the_order_of_entries(call: Call) -> None:
    medicines = [prescription("C03AA03"), prescription("C10AA01")]
    first = call(view(condition(), condition("E03.9"), medications=medicines))
    assert first == call(view(condition("E03.9"), condition(), medications=medicines[::-1]))


def test_nothing_that_names_the_patient_is_echoed_but_the_reference(call: Call) -> None:
    request = view(condition(note=[{"text": "Anna Andersson 19121212-1212"}]), medications=[prescription()])
    request["prefetch"]["patient"] = {
        "resourceType": "Patient",
        "id": SUBJECT["reference"].rpartition("/")[2],
        "name": [{"family": "Andersson"}],
        "birthDate": "1912-12-12",
    }
    words = json.dumps(call(request))
    assert not re.search("Anders|1912", words)
