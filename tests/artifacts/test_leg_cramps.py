"""The leg-cramp topic when a record is opened: whom it concerns, and the results, orders and answers that it reads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from tests.artifacts.patients import (
    SNOMED_CT,
    SUBJECT,
    actions,
    answers,
    concept,
    condition,
    hook_request,
    prescription,
    refusal,
    searchset,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.apply.knowledge import Knowledge

    Call = Callable[..., dict[str, Any]]

ASSESSMENT, CAUSES, MEASURES, CLOT = "leg-assessment", "possible-causes", "non-drug", "clot-suspected"
NPU, LOINC = "http://npu-terminology.org", "http://loinc.org"
FLAGS = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
MICROGRAMS = {"unit": "ug/L", "system": "http://unitsofmeasure.org", "code": "ug/L"}
LOW = {"interpretation": [concept(FLAGS, "L")]}
LOW_FERRITIN = "Ferritin is low by the laboratory"


def ferritin(code: str = "NPU19763", system: str = NPU, *, day: str = "2026-11-02", **more: Any) -> dict[str, Any]:
    """Return a final result of ferritin."""
    identity = {"resourceType": "Observation", "id": f"f-{day}", "status": "final", "subject": SUBJECT}
    return {**identity, "code": concept(system, code), "effectiveDateTime": day, **more}


def measured(value: float, low: float | None = None, **quantity: Any) -> dict[str, Any]:
    """Return the elements of a result in micrograms per litre, with the lower end of its reference range."""
    ranges = [{"low": {"value": low, **MICROGRAMS}}] if low is not None else []
    return {
        "valueQuantity": {"value": value, **MICROGRAMS, **quantity},
        **({"referenceRange": ranges} if ranges else {}),
    }


def order(code: str = "NPU19763", system: str = NPU, **more: Any) -> dict[str, Any]:
    """Return an active order of a test."""
    identity = {"resourceType": "ServiceRequest", "id": "o", "status": "active", "intent": "order", "subject": SUBJECT}
    return {**identity, "code": concept(system, code), **more}


def details(body: dict[str, Any]) -> dict[str, str]:
    """Return the texts of the cards by their actions."""
    return dict(zip(actions(body), (card["detail"] for card in body["cards"]), strict=True))


# -- whom it concerns ---------------------------------------------------------------------------------------------


def test_a_patient_of_whom_all_is_known_and_nothing_found_gets_two_cards(call: Call) -> None:
    body = call(view(condition()))
    assert actions(body) == [ASSESSMENT, MEASURES]
    assert "Att ta reda på" not in json.dumps(body, ensure_ascii=False)


def test_english_is_given_on_request_with_the_same_structure(call: Call) -> None:
    request = view(condition(), medications=[prescription()])
    swedish, english = call(request), call(request, "en")
    assert actions(english) == actions(swedish) == [ASSESSMENT, CAUSES, MEASURES]
    for card in english["cards"]:
        assert not re.search("[åäöÅÄÖ]", card["summary"] + card["detail"])


def test_a_patient_without_leg_cramp_gets_no_card(call: Call) -> None:
    body = call(view(condition("E03.9"), medications=[prescription()], observations=searchset(ferritin(**LOW))))
    assert body == {"cards": []}


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
    assert actions(call(view(condition(code, system)))) == [ASSESSMENT, MEASURES]


def test_the_systems_in_the_logic_are_those_of_the_value_set(knowledge: Knowledge) -> None:
    value_set = knowledge.repository.get("ValueSet", "leg-cramp-conditions")
    plan = knowledge.repository.get("PlanDefinition", "avoid-quinine")
    assert value_set is not None
    assert plan is not None
    library = knowledge.libraries_of(plan)[0]
    found = library.evaluate("Systems Of Leg Cramp", Evaluation(DataContext(), knowledge.terminology)).value
    assert set(found) == {each["system"] for each in value_set.resource["expansion"]["contains"]}


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


def test_a_problem_without_status_makes_no_card_but_that_which_says_so(call: Call) -> None:
    assert actions(call(view(condition(clinical=None)))) == ["leg-cramp-patient"]


def test_a_code_without_its_system_is_no_member(call: Call) -> None:
    nameless = {**condition(), "code": {"coding": [{"code": "R25.2"}]}}
    assert call(view(nameless)) == {"cards": []}


def test_a_damaged_neighbour_silences_nothing(call: Call) -> None:
    damaged = {**condition("E03.9"), "code": {"coding": {"x": 1}}}
    body = call(view(condition(), damaged, medications=[prescription()]))
    assert actions(body) == [ASSESSMENT, CAUSES, MEASURES]


def test_data_of_another_patient_are_left_out(call: Call) -> None:
    other = {"subject": {"reference": "Patient/someone-else"}}
    assert call(view(condition("I10.9"), condition(**other))) == {"cards": []}
    body = call(view(condition(), condition("E03.9", **other), observations=searchset(ferritin(**LOW, **other))))
    assert actions(body) == [ASSESSMENT, MEASURES]


def test_resources_count_under_any_key(call: Call) -> None:
    request = hook_request("patient-view", {"conditions": searchset(condition(), prescription(), ferritin(**LOW))})
    body = call(request, "en")
    assert actions(body) == [ASSESSMENT, CAUSES, MEASURES]
    assert "statin" in details(body)[CAUSES]
    # A newer result may exist where nobody said that these are all.
    assert "low ferritin" in details(body)[ASSESSMENT].partition("**To find out**")[2]


# -- results and orders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "is_low"),
    [
        (ferritin(**LOW), True),
        (ferritin("2276-4", LOINC, **LOW), True),
        (ferritin(interpretation=[concept("http://terminology.hl7.org/CodeSystem/v2-0078", "LL")]), True),
        (ferritin(interpretation=[concept("http://hl7.org/fhir/v2/0078", "L")]), True),
        (ferritin(interpretation=[concept("http://x.example", "L")]), False),
        (ferritin(interpretation=[{"text": "L"}]), False),
        (ferritin(interpretation=[concept(FLAGS, "N")], **measured(9, low=10)), False),
        (ferritin(**measured(9, low=10)), True),
        (ferritin(**measured(10, low=10)), False),
        (ferritin(**measured(9)), False),
        (ferritin(**measured(9, low=10, code="ng/L", unit="ng/L")), False),
        (ferritin(**measured(10, low=10, comparator="<")), True),
        (ferritin(**measured(20, low=10, comparator="<")), False),
        (ferritin(status="entered-in-error", **LOW), False),
        (ferritin(status="cancelled", **LOW), False),
        (ferritin(status="registered", **LOW), False),
        (ferritin(status="preliminary", **LOW), True),
        (ferritin("NPU19763x", **LOW), False),
    ],
)
def test_a_result_is_low_as_the_laboratory_says_and_no_other_way(
    call: Call, result: dict[str, Any], is_low: bool
) -> None:
    body = call(view(condition(), observations=searchset(result)), "en")
    assert (CAUSES in actions(body)) is is_low
    assert (LOW_FERRITIN in json.dumps(body, ensure_ascii=False)) is is_low


@pytest.mark.parametrize(
    ("older", "newer", "is_low"),
    [
        (LOW, {"interpretation": [concept(FLAGS, "N")]}, False),
        ({"interpretation": [concept(FLAGS, "N")]}, LOW, True),
        (LOW, {"status": "entered-in-error"}, True),
    ],
)
def test_the_newest_result_counts_and_one_in_error_does_not(
    call: Call, older: dict[str, Any], newer: dict[str, Any], is_low: bool
) -> None:
    results = searchset(ferritin(day="2026-10-01", **older), ferritin(day="2026-11-01", **newer))
    assert (CAUSES in actions(call(view(condition(), observations=results)))) is is_low


@pytest.mark.parametrize(
    ("requested", "line"),
    [
        (order(), "- Already ordered: ferritin."),
        (order("2276-4", LOINC), "- Already ordered: ferritin."),
        (order(status="revoked"), "- Consider a test: ferritin."),
        (order(intent="proposal"), "- Consider a test: ferritin."),
        (order(doNotPerform=True), "- Consider a test: ferritin."),
        (order("NPU01472"), "- Consider a test: ferritin."),
    ],
)
def test_a_test_that_is_ordered_is_not_proposed_again(call: Call, requested: dict[str, Any], line: str) -> None:
    body = call(view(condition(), orders=searchset(requested)), "en")
    assert line in details(body)[ASSESSMENT]
    proposed = [each["label"] for card in body["cards"] for each in card["suggestions"]]
    assert any("erritin" in each for each in proposed) is line.startswith("- Consider")


def test_a_test_that_is_resulted_is_neither_proposed_nor_awaited(call: Call) -> None:
    normal = ferritin(interpretation=[concept(FLAGS, "N")])
    assert "ferritin" not in details(call(view(condition(), observations=searchset(normal)), "en"))[ASSESSMENT]


def test_where_results_and_orders_could_not_be_fetched_the_tests_are_proposed_and_it_is_told(call: Call) -> None:
    body = call(view(condition(), observations=refusal(), orders=refusal()), "en")
    assert "- Consider a test: ferritin." in details(body)[ASSESSMENT]
    assert "because the test results could not be provided." in details(body)[ASSESSMENT]


# -- answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "cards"),
    [
        ({"dvt_suspected": "Y"}, [CLOT]),
        ({"dvt_suspected": "N", "alcohol_high": "N", "smoker": "N"}, [ASSESSMENT, MEASURES]),
        ({"restless_legs_likely": "Y"}, [ASSESSMENT, MEASURES]),
        ({"caffeine_high": "Y"}, [ASSESSMENT, CAUSES, MEASURES]),
    ],
)
def test_an_answer_decides(call: Call, said: dict[str, str], cards: list[str]) -> None:
    assert actions(call(view(condition(), answers=searchset(answers(**said))))) == cards


@pytest.mark.parametrize("status", ["entered-in-error", "stopped"])
def test_answers_that_were_withdrawn_do_not_count(call: Call, status: str) -> None:
    given = searchset({**answers(dvt_suspected="Y"), "status": status})
    assert actions(call(view(condition(), answers=given))) == [ASSESSMENT, MEASURES]


def test_answers_of_another_questionnaire_do_not_count(call: Call) -> None:
    given = searchset({**answers(dvt_suspected="Y"), "questionnaire": "https://x.example/Questionnaire/other"})
    assert actions(call(view(condition(), answers=given))) == [ASSESSMENT, MEASURES]


def test_answers_of_any_version_and_in_groups_count(call: Call) -> None:
    plain = answers(dvt_suspected="Y")
    grouped = {
        **plain,
        "questionnaire": f"{plain['questionnaire']}|9.0",
        "item": [{"linkId": "g", "item": plain["item"]}],
    }
    assert actions(call(view(condition(), answers=searchset(grouped)))) == [CLOT]


def test_the_newest_answer_counts(call: Call) -> None:
    older = {**answers(dvt_suspected="Y"), "id": "older", "authored": "2026-11-01"}
    both = searchset(older, answers(dvt_suspected="N"))
    assert actions(call(view(condition(), answers=both))) == [ASSESSMENT, MEASURES]


def test_where_a_clot_was_not_said_to_be_out_of_question_it_is_something_to_find_out(call: Call) -> None:
    body = call(view(condition(), answers=searchset(answers(dvt_suspected="asked-unknown"))), "en")
    assert actions(body) == [ASSESSMENT, MEASURES]
    assert re.search(r"- Suspected deep vein thrombosis.*: cannot be decided", details(body)[ASSESSMENT])
