"""Orders that may be for leg cramp: which draft is looked at, what it is for, and what is said of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.artifacts.patients import (
    ATC,
    FOR_CRAMP,
    ICD_10_SE,
    actions,
    concept,
    condition,
    draft,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., dict[str, Any]]

QUININE, REASON = "quinine-advised-against", "quinine-reason-missing"


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
    request = select(draft(**FOR_CRAMP), draft("N02BE01", id="draft-2"))
    request["context"]["selections"] = ["MedicationRequest/draft-2"]
    assert call(request) == {"cards": []}


def test_another_medicine_gives_no_card(call: Call) -> None:
    assert call(select(draft("N02BE01", **FOR_CRAMP))) == {"cards": []}


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
