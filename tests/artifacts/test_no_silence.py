"""No answer without cards where something could not be judged: that would read as "nothing to say"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.patients import (
    ATC,
    FOR_CRAMP,
    ICD_10_SE,
    PATIENT,
    SUBJECT,
    actions,
    answers,
    concept,
    condition,
    draft,
    hook_request,
    prescription,
    searchset,
    select,
    selecting,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., dict[str, Any]]

OUTCOME = {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}}
ORDER_SCOPE, VIEW_SCOPE = "leg-cramp-order", "leg-cramp-patient"


def with_entry(entry: Any) -> dict[str, Any]:
    """Return a problem list without leg cramp, and one more entry."""
    bundle = searchset(condition("I10.9"))
    return {**bundle, "entry": [*bundle["entry"], entry]}


def linked(url: str) -> dict[str, Any]:
    """Return a problem list without leg cramp that says what was searched for."""
    return searchset(condition("I10.9"), link=[{"relation": "self", "url": url.format(PATIENT)}])


NARROWER = "by its self link the answer is to a narrower search"
OTHER_LETTERS = {"resource": {**condition(), "resourceType": "condition"}}
SUBSETTED = {**condition("I10.9"), "meta": {"tag": [{"code": "SUBSETTED"}]}}
NOT = [{"url": "https://record.example/not", "valueBoolean": True}]
MODIFIED = "an entry carries modifierExtension or implicitRules that are not known here and may change its meaning"
VERSIONS = "an entry is there in several versions, and no meta.lastUpdated tells which is the newest"
UNKNOWN = condition(subject={"reference": "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3"})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (searchset(condition("I10.9"), link=[{"relation": "next", "url": "x"}]), "the answer has more pages"),
        (searchset(condition("I10.9"), total=40), "the answer has more pages"),
        (searchset(total=40), "the answer is a count only"),
        (searchset(SUBSETTED), "the entries are abridged"),
        (with_entry(OUTCOME), "the answer holds an error message"),
        (with_entry({"resource": {"resourceType": "OperationOutcome"}}), "the answer holds an error message"),
        (with_entry({"resource": {**condition(), "code": 1}}), "the content is not valid FHIR R4"),
        (with_entry({"resource": condition("I80.2 ")}), "the content is not valid FHIR R4"),
        (with_entry({"resource": {}}), "the content is not valid FHIR R4"),
        (with_entry(OTHER_LETTERS), "the content is not valid FHIR R4"),
        (with_entry({"resource": condition(modifierExtension=NOT)}), MODIFIED),
        (with_entry({"resource": condition(implicitRules="https://record.example/rules")}), MODIFIED),
        (searchset(UNKNOWN), "an entry cannot be tied to the patient"),
        (searchset(condition("I10.9", id="c"), condition("I11.9", id="c")), VERSIONS),
        (searchset(condition(subject={"reference": "Patient/another"})), "the answer is about another patient"),
        (condition("I10.9"), "the answer is one record, not a search"),
        (linked("Condition?patient={}&category=encounter-diagnosis"), NARROWER),
        (
            linked("https://ehr.example/fhir/Condition?_count=50&subject:Patient={}&clinical-status:not=active"),
            NARROWER,
        ),
        (linked("https://ehr.example/fhir/Condition?patient=Patient/{}&asserter.name=x"), NARROWER),
        (linked("https://ehr.example/fhir/Condition?patient={}&_lastUpdated=ge2026"), NARROWER),
        (linked("https://ehr.example/fhir/Condition?patient={}-2"), "the answer is about another patient"),
    ],
)
def test_a_problem_list_that_may_hold_more_is_412_where_no_leg_cramp_is_seen(
    call: Call, answer: Any, reason: str
) -> None:
    body = call(view(conditions=answer), "en", 412)
    (issue,) = body["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("required", "prefetch-missing")
    unread = "prefetch.conditions.entry[1].resource" if "not valid" in reason or "modifier" in reason else None
    assert issue["expression"][0].startswith(unread or "prefetch.conditions")
    assert (issue["expression"] == ["prefetch.conditions"]) is (unread is None)
    assert issue["diagnostics"] == (
        "The prefetch key conditions is needed to tell whether “Nocturnal leg cramps, when the record is opened” "
        f"applies. Query: Condition?patient={{{{context.patientId}}}}. Reason: {reason}."
    )


@pytest.mark.parametrize(
    "url",
    [
        "Condition?patient={}",
        "https://ehr.example/fhir/Condition?subject=Patient%2F{}&_count=50&_sort=-recorded-date&_format=json",
        "https://ehr.example/fhir/Condition?patient:Patient={}&_total=accurate&_include=Condition:encounter&ct=a1",
        "https://ehr.example/fhir/Condition?patient=https://ehr.example/fhir/Patient/{}/&_getpages=1&_bundletype=searchset",
        "https://ehr.example/fhir/Condition?patient.identifier=1&sessionID=3-4",
        "https://ehr.example/fhir/Condition?patient:identifier=x|1",
        "https://ehr.example/fhir?_getpages=1",
        "urn:uuid:5a3c9f0e-5a1f-4c1b-9d2e-0c8f3a9b7d11",
    ],
)
def test_a_self_link_of_the_search_that_was_asked_for_closes_the_problem_list(call: Call, url: str) -> None:
    assert call(view(conditions=linked(url))) == {"cards": []}


def test_a_problem_that_a_newer_version_withdraws_does_not_count(call: Call) -> None:
    was = condition(id="c", meta={"lastUpdated": "2026-01-02T10:00:00Z"})
    withdrawn = condition(id="c", verification="entered-in-error", meta={"lastUpdated": "2026-01-03T10:00:00Z"})
    assert call(view(was, withdrawn)) == {"cards": []}


def test_results_of_which_two_versions_came_are_told_where_nothing_says_which_holds(call: Call) -> None:
    result = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}, "subject": SUBJECT}
    body = call(view(condition(), observations=searchset(result, {**result, "status": "amended"})), "en")
    told = "an entry of the test results is there in several versions and nothing tells which holds"
    assert told in body["cards"][0]["detail"]


def test_results_of_a_narrower_search_are_told_as_a_part(call: Call) -> None:
    link = [{"relation": "self", "url": f"Observation?patient={PATIENT}&category=laboratory"}]
    body = call(view(condition(), observations=searchset(link=link)), "en")
    assert "because the test results arrived only in part" in body["cards"][0]["detail"]


def test_each_place_that_cannot_be_read_is_told(call: Call) -> None:
    damaged = condition(code="I10.9", id=3, note=[{"text": "x"}, {"text": 1}])
    body = call(view(condition("I10.9"), damaged, condition("R25.2 ")), "en", 412)
    assert [issue["expression"][0].removeprefix("prefetch.conditions.entry") for issue in body["issue"]] == [
        "[1].resource.id",
        "[1].resource.note[1].text",
        "[2].resource.code.coding[0].code",
    ]


def test_a_problem_that_may_mean_something_else_is_no_evidence(call: Call) -> None:
    body = call(view(condition(), condition("I80.2", modifierExtension=NOT)), "en")
    assert "clot-on-list" not in actions(body)
    assert (
        "because an entry of the problem list carries something that may change what it means and is not known here"
        in body["cards"][0]["detail"]
    )


def test_a_result_a_part_of_which_may_mean_something_else_is_no_evidence(call: Call) -> None:
    part = {"code": {"text": "x"}, "modifierExtension": NOT}
    body = call(view(condition(), observations=searchset({**FERRITIN, "component": [part]})), "en")
    assert "because an entry of the test results carries something that may change" in body["cards"][0]["detail"]


def test_a_part_of_the_problem_list_is_enough_where_leg_cramp_is_on_it(call: Call) -> None:
    assert call(view(conditions=searchset(condition(), total=40)))["cards"]


@pytest.mark.parametrize(
    ("language", "summary", "line"),
    [
        (
            "sv",
            "Nattlig vadkramp, när journalen öppnas: allt kunde inte bedömas",
            "- Patient med aktuell benkramp: kan inte avgöras, eftersom uppgiften clinicalStatus saknas i "
            "problemlistan.",
        ),
        (
            "en",
            "Nocturnal leg cramps, when the record is opened: not everything could be judged",
            "- Patient with current leg cramp: cannot be decided, because clinicalStatus is not recorded in the "
            "problem list.",
        ),
    ],
)
def test_a_leg_cramp_without_a_status_is_told(call: Call, language: str, summary: str, line: str) -> None:
    (card,) = call(view(condition(clinical=None)), language)["cards"]
    assert (card["summary"], card["indicator"]) == (summary, "info")
    assert line in card["detail"]
    assert card["extension"]["example.vademecum.provenance"] == {
        "canonical": "https://vademecum.example/fhir/PlanDefinition/leg-cramps-patient-view|0.1.0",
        "action": VIEW_SCOPE,
        "statements": ["BK-TIT-01"],
    }
    assert card["links"][0]["url"] == card["source"]["url"]
    assert "suggestions" not in card


def test_an_item_in_an_unknown_code_makes_no_card_for_a_patient_without_leg_cramp(call: Call) -> None:
    assert call(view(condition("1", "https://record.example/local"))) == {"cards": []}


NAMED = {"medicationCodeableConcept": None, "medicationReference": {"display": "Kinin"}}
CODES = {"coding": [{"system": "https://record.example/medicines", "code": "1"}], "text": "Kinin"}


def named(**more: Any) -> dict[str, Any]:
    """Return a draft with these elements, without those that are None."""
    return {name: value for name, value in draft(**more).items() if value is not None}


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
@pytest.mark.parametrize(
    ("medicine", "line"),
    [
        (NAMED, "cannot be decided, because a reference gives a name or a number only."),
        (
            {**NAMED, "medicationReference": {"identifier": {"value": "1"}}},
            "because a reference gives a name or a number only",
        ),
        ({"medicationCodeableConcept": {"text": "Kinin"}}, "The draft orders: 1 item carries no code of a system in"),
        ({"medicationCodeableConcept": CODES}, "The draft orders: 1 item carries no code of a system in use"),
        ({"medicationCodeableConcept": concept(ATC, "p01bc01")}, "The draft orders: 1 item carries no code of"),
    ],
)
def test_a_draft_whose_medicine_cannot_be_judged_is_told(
    call: Call, hook: str, medicine: dict[str, Any], line: str
) -> None:
    context = selecting(named(**medicine, **FOR_CRAMP))
    request = hook_request(hook, {"conditions": searchset()}, **context)
    (card,) = call(request, "en")["cards"]
    assert (card["indicator"], actions({"cards": [card]})) == ("info", [ORDER_SCOPE])
    assert card["summary"].endswith("not everything could be judged")
    assert line in card["detail"]


def test_a_draft_with_another_reason_is_not_told_whatever_its_medicine(call: Call) -> None:
    other = {"reasonCode": [concept(ICD_10_SE, "E03.9")]}
    assert call(select(named(**NAMED, **other), conditions=[])) == {"cards": []}
    assert call(select(draft(medicationCodeableConcept=CODES, **other), conditions=[])) == {"cards": []}


def test_a_medication_that_is_sent_and_has_no_known_code_is_told(call: Call) -> None:
    context = selecting(named(**{**NAMED, "medicationReference": {"reference": "Medication/q"}}, **FOR_CRAMP))
    context["draftOrders"]["entry"].append({"resource": {"resourceType": "Medication", "id": "q", "code": CODES}})
    (card,) = call(hook_request("order-select", {"conditions": searchset()}, **context), "en")["cards"]
    assert "The draft orders: 1 item carries no code" in card["detail"]


def test_a_problem_that_is_added_without_a_known_code_is_told(call: Call) -> None:
    for code in (CODES, None):
        problem = {**condition(), "code": code} if code else {**condition()}
        problem = {name: value for name, value in problem.items() if name != "code" or code}
        added = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": problem}]}
        request = {**view(), "hook": "problem-list-item-create"}
        request["context"] = {**request["context"], "conditions": added}
        (card,) = call(request, "en")["cards"]
        assert "The problems being added: 1 item carries no code of a system in use" in card["detail"]


def test_a_medicine_inside_the_draft_is_read(call: Call) -> None:
    inside = [{"resourceType": "Medication", "id": "m", "code": concept(ATC, "P01BC01")}]
    (card,) = call(
        select(named(**{**NAMED, "medicationReference": {"reference": "#m"}}, contained=inside, **FOR_CRAMP))
    )["cards"]
    assert actions({"cards": [card]}) == ["quinine-advised-against"]


def test_the_card_on_what_is_open_is_the_only_one_and_comes_in_both_languages(call: Call) -> None:
    request = view(condition(clinical=None))
    swedish, english = call(request)["cards"], call(request, "en")["cards"]
    assert len(swedish) == len(english) == 1
    assert swedish[0].keys() == english[0].keys()
    assert swedish[0]["uuid"] == english[0]["uuid"]


def test_prescriptions_that_cannot_be_judged_are_told_on_the_cards(call: Call) -> None:
    lost = {**prescription(), "medicationReference": {"display": "Simvastatin"}}
    del lost["medicationCodeableConcept"]
    body = call(view(condition(), medications=[lost]), "en")
    assert "a reference gives a name or a number only" in body["cards"][0]["detail"]


def test_a_problem_without_a_code_is_told_on_the_cards(call: Call) -> None:
    bare = {"resourceType": "Condition", "id": "bare", "subject": SUBJECT}
    body = call(view(condition(), bare), "en")
    assert "1 item carries no code of a system in use" in body["cards"][0]["detail"]
    assert PATIENT not in body["cards"][0]["detail"]


FERRITIN = {
    "resourceType": "Observation",
    "id": "ferritin",
    "status": "final",
    "code": concept("http://loinc.org", "2276-4"),
    "subject": SUBJECT,
    "effectiveDateTime": "2026-11-01",
    "valueQuantity": {"value": 5, "unit": "µg/l"},
    "referenceRange": [{"low": {"value": 30, "unit": "ug/L"}, "high": {"value": 300, "unit": "ug/L"}}],
}


def test_of_a_result_in_another_unit_than_its_range_only_what_would_decide_it_is_told(call: Call) -> None:
    body = call(view(condition(), observations=searchset(FERRITIN)), "en")
    lines = [line for line in body["cards"][0]["detail"].split("\n") if line.startswith("- Low ferritin")]
    assert lines == [
        "- Low ferritin and iron: cannot be decided, because interpretation is not recorded in the test results."
    ]


def test_of_many_drafts_those_that_find_no_card_are_named(call: Call) -> None:
    codes = ("P01BC01", "N04BA02", "A12CC06", "N05BA04", "C08DB01")
    drafts = [draft(code, id=f"draft-{code}", **FOR_CRAMP) for code in codes]
    first, *others = call(select(*drafts, conditions=[condition()]))["cards"]
    assert actions({"cards": [first, *others]}) == ["quinine-advised-against", "benzodiazepine", "diltiazem"]
    named = first["detail"].partition("**Gäller också, utan eget kort här**\n\n")[2].split("\n\n")[0].split("\n")
    (levodopa,) = call(select(drafts[1], conditions=[condition()]))["cards"]
    (magnesium,) = call(select(drafts[2], conditions=[condition()]))["cards"]
    assert named == [f"- {levodopa['summary']}", f"- {magnesium['summary']}"]


def test_an_answer_that_is_neither_yes_nor_no_is_not_told_as_a_missing_item(call: Call) -> None:
    given = answers(dvt_suspected="Y")
    given["item"][0]["answer"] = [{"valueBoolean": True}]
    body = call(view(condition(), answers=searchset(given)), "en")
    assert (
        "- Suspected deep vein thrombosis, a lot of alcohol and smoking: cannot be decided from what is recorded."
        in (body["cards"][0]["detail"])
    )


def test_a_reason_that_is_given_in_another_element_is_not_told_as_missing(call: Call) -> None:
    elsewhere = draft(id="draft-2", reasonReference=[{"reference": "Condition/elsewhere"}])
    context = selecting(draft("N04BA02", **FOR_CRAMP), elsewhere)
    request = hook_request("order-select", {"conditions": searchset(condition(), total=9)}, **context)
    (card,) = call(request, "en")["cards"]
    lines = [each for each in card["detail"].split("\n") if "cannot be decided" in each]
    assert lines == ["- Quinine in leg cramp: cannot be decided, because the problem list arrived only in part."]


def test_a_medicine_without_a_code_is_told_in_a_sentence_that_can_be_read(call: Call) -> None:
    inside = named(medicationCodeableConcept=None, medicationReference={"reference": "#m"}, **FOR_CRAMP)
    request = hook_request(
        "order-sign",
        {"conditions": searchset()},
        **selecting({**inside, "contained": [{"resourceType": "Medication", "id": "m"}]}),
    )
    for language, said in (
        ("en", "because code is not recorded in a medicine."),
        ("sv", "eftersom uppgiften code saknas i ett läkemedel."),
    ):
        (card,) = call(request, language)["cards"]
        assert said in card["detail"]


def test_what_a_draft_lacks_is_not_looked_for_on_the_medication_list(call: Call) -> None:
    lost = named(**NAMED)
    del lost["status"]
    request = hook_request("order-sign", {"conditions": searchset(condition())}, **selecting(lost))
    detail = call(request, "en")["cards"][0]["detail"]
    assert "reasonCode is not recorded in a prescription" in detail
    assert "the medication list" not in detail


@pytest.mark.parametrize("status", [None, "Completed", "final"])
def test_answers_whose_status_says_nothing_are_not_taken_for_none(call: Call, status: str | None) -> None:
    given = {**answers(dvt_suspected="Y"), "status": status}
    given = {name: value for name, value in given.items() if value is not None}
    detail = call(view(condition(), answers=searchset(given)), "en")["cards"][0]["detail"]
    (line,) = (each for each in detail.split("\n") if each.startswith("- Suspected deep vein thrombosis"))
    assert line.endswith("cannot be decided, because an entry of the answers to the questions is not valid FHIR R4.")


def test_a_prescription_of_a_status_that_r4_does_not_know_is_not_taken_for_ended(call: Call) -> None:
    detail = call(view(condition(), medications=[prescription(status="ACTIVE")]), "en")["cards"][0]["detail"]
    assert (
        "- Thiazide, statin and beta-receptor stimulant: cannot be decided, because an entry of the medication list is "
        "not valid FHIR R4."
    ) in detail


def test_a_draft_of_a_status_that_r4_does_not_know_is_refused_by_its_place(call: Call) -> None:
    (issue,) = call(select(draft(status="planned", **FOR_CRAMP), conditions=[]), "en", 400)["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("structure", "draft-shape")
    assert issue["expression"] == ["context.draftOrders.entry[0].resource.status"]
