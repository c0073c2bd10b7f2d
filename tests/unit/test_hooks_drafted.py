"""What is being written reaches the logic: draft orders and new problems, of which each hook checks the shape."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from publisher.hooks import HookServices
from tests.artifacts.patients import PATIENT, condition, draft, hook_request, prescription, selecting
from tests.unit.apply.builders import knowledge, plan

NAMES = {"ContextPrescriptions": "MedicationRequest", "ContextConditions": "Condition"}
FHIR = "{http://hl7.org/fhir}"


def drafted(hook: str, parameter: str) -> HookServices:
    """Return a service whose one rule fires where exactly two resources are being written."""
    count = {"type": "Count", "source": {"type": "ParameterRef", "name": parameter}}
    two = {"type": "Literal", "valueType": "{urn:hl7-org:elm-types:r1}Integer", "value": "2"}
    definition = {"name": "Two", "context": "Patient", "expression": {"type": "Equal", "operand": [count, two]}}
    item = {"type": "NamedTypeSpecifier", "name": FHIR + NAMES[parameter]}
    declared = {"name": parameter, "parameterTypeSpecifier": {"type": "ListTypeSpecifier", "elementType": item}}
    elm = {
        "identifier": {"id": "Logic", "version": "1"},
        "usings": {"def": [{"localIdentifier": "FHIR", "uri": "http://hl7.org/fhir", "version": "4.0.1"}]},
        "parameters": {"def": [declared]},
        "statements": {"def": [definition]},
    }
    data = base64.b64encode(json.dumps({"library": elm}).encode()).decode()
    library = {
        "resourceType": "Library", "id": "Logic", "url": "http://x/Library/Logic", "version": "1", "status": "active",
        "content": [{"contentType": "application/elm+json", "data": data}],
    }  # fmt: skip
    rule = {"id": "r", "title": "R", "description": "Rule."}
    when = {"kind": "applicability", "expression": {"language": "text/cql-identifier", "expression": "Two"}}
    scope = {"id": "scope", "trigger": [{"type": "named-event", "name": hook}], "action": [rule], "condition": [when]}
    service = plan(scope, name="service", title="Service", library=["http://x/Library/Logic|1"])
    now = datetime(2026, 11, 22, tzinfo=UTC)
    held = knowledge(service, library)
    return HookServices(held, base_url="https://cds.example", now=lambda: now, evaluate_drafts=False)


def collection(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def cards(services: HookServices, hook: str, **context: Any) -> int:
    answer = services.call("service", hook_request(hook, {}, **context), "en")
    assert answer.status == 200, answer.body
    return len(answer.body["cards"])


def test_problems_that_are_being_added_reach_the_logic() -> None:
    services = drafted("problem-list-item-create", "ContextConditions")
    first, second = condition("E03.9"), condition("R25.2")
    del first["subject"]
    other = {"resourceType": "Encounter", "id": "e"}
    assert cards(services, "problem-list-item-create", conditions=collection(first, other, second)) == 1
    assert cards(services, "problem-list-item-create", conditions=collection(first)) == 0


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({"resourceType": "Condition"}, ("structure", "draft-orders", "context.conditions")),
        (collection(3), ("structure", "draft-orders", "context.conditions.entry[0]")),
        (
            collection({**condition(), "code": 1}),
            ("structure", "draft-shape", "context.conditions.entry[0].resource.code"),
        ),
        (
            collection(condition(subject={"reference": "Patient/another"})),
            ("value", "draft-subject", "context.conditions.entry[0].resource.subject"),
        ),
    ],
)
def test_a_problem_that_cannot_be_used_is_named(conditions: Any, found: tuple[str, str, str]) -> None:
    services = drafted("problem-list-item-create", "ContextConditions")
    answer = services.call("service", hook_request("problem-list-item-create", {}, conditions=conditions), "en")
    assert answer.status == 400
    (issue,) = answer.body["issue"]
    assert (issue["code"], issue["details"]["text"], issue["expression"][0]) == found


def test_order_select_is_about_what_is_selected_and_order_sign_about_every_draft() -> None:
    drafts = [draft(), draft("N05BA04", id="draft-2"), {"resourceType": "ServiceRequest", "id": "s"}]
    context = selecting(*drafts[:2])
    context["draftOrders"]["entry"].append({"resource": drafts[2]})
    select = drafted("order-select", "ContextPrescriptions")
    assert cards(select, "order-select", **context) == 1
    assert cards(select, "order-select", **{**context, "selections": ["MedicationRequest/draft-1"]}) == 0
    sign = drafted("order-sign", "ContextPrescriptions")
    assert cards(sign, "order-sign", draftOrders=context["draftOrders"]) == 1


def test_a_draft_about_another_patient_is_refused() -> None:
    services = drafted("order-sign", "ContextPrescriptions")
    other = prescription(status="draft", subject={"reference": f"Patient/{PATIENT}-2"})
    answer = services.call("service", hook_request("order-sign", {}, draftOrders=collection(other)), "en")
    assert (answer.status, answer.body["issue"][0]["details"]["text"]) == (400, "draft-subject")


MRN = {"system": "https://ehr.example/mrn", "value": "7"}


def signed(subject: Any, **patient: Any) -> tuple[int, str | None, int]:
    """Return status, rule and cards of a call with two drafts, of which the second has this subject."""
    second = prescription(status="draft", id="second", subject=subject)
    drafts = collection(prescription(status="draft"), second)
    prefetch = {"patient": {"resourceType": "Patient", "id": PATIENT, **patient}}
    request = hook_request("order-sign", prefetch, draftOrders=drafts)
    answer = drafted("order-sign", "ContextPrescriptions").call("service", request, "en")
    issues = answer.body.get("issue", [{"details": {"text": None}}])
    return answer.status, issues[0]["details"]["text"], len(answer.body.get("cards", ()))


@pytest.mark.parametrize("subject", [{}, {"type": "Patient"}, {"identifier": MRN, "display": "Somebody"}])
def test_a_draft_is_the_patients_where_its_subject_says_nothing_else(subject: Any) -> None:
    assert signed(subject, identifier=[MRN]) == (200, None, 1)


@pytest.mark.parametrize(
    ("subject", "rule"),
    [
        ({"identifier": MRN}, "draft-subject"),
        ({"display": "Somebody"}, "draft-subject"),
        ("Patient/another", "draft-shape"),
        ([{"reference": "Patient/another"}], "draft-shape"),
    ],
)
def test_a_draft_of_which_it_cannot_be_told_whose_it_is_is_refused(subject: Any, rule: str) -> None:
    assert signed(subject, identifier=[{**MRN, "value": "8"}]) == (400, rule, 0)
    assert signed(subject) == (400, rule, 0)


@pytest.mark.parametrize(("name", "status"), [(PATIENT, 200), ("another", 400)])
def test_a_subject_among_the_drafts_is_known_by_the_address_of_its_entry(name: str, status: int) -> None:
    address = "urn:uuid:2c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    drafts = collection(prescription(status="draft", subject={"reference": address}))
    drafts["entry"].append({"fullUrl": address, "resource": {"resourceType": "Patient", "id": name}})
    request = hook_request("order-sign", {}, draftOrders=drafts)
    assert drafted("order-sign", "ContextPrescriptions").call("service", request, "en").status == status


def addressed(*drafts: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a Bundle of drafts by their addresses."""
    entries = [{"fullUrl": address, "resource": each} for address, each in drafts]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def without_id(code: str = "P01BC01") -> dict[str, Any]:
    return {name: value for name, value in draft(code).items() if name != "id"}


FIRST, SECOND = "urn:uuid:7d4b2d16-8f3c-4a77-a1f5-51d0a1a9c0c3", "urn:uuid:0b6f1c5e-6a39-4a6f-8c0a-7b6a3a1c9d55"


def test_a_draft_may_be_selected_by_the_address_of_its_entry() -> None:
    services = drafted("order-select", "ContextPrescriptions")
    for first, second in ((draft(), draft(id="draft-2")), (without_id(), without_id())):
        drafts = addressed((FIRST, first), (SECOND, second))
        assert cards(services, "order-select", draftOrders=drafts, selections=[FIRST, SECOND]) == 1
        assert cards(services, "order-select", draftOrders=drafts, selections=[SECOND]) == 0
    mixed = addressed((FIRST, draft()), (SECOND, without_id()))
    assert cards(services, "order-select", draftOrders=mixed, selections=["MedicationRequest/draft-1", SECOND]) == 1


def refusals(hook: str, **context: Any) -> list[tuple[str, str, str, str]]:
    """Return code, rule, place and diagnostics of each issue of a refusal with 400."""
    parameter = "ContextConditions" if hook == "problem-list-item-create" else "ContextPrescriptions"
    answer = drafted(hook, parameter).call("service", hook_request(hook, {}, **context), "en")
    assert answer.status == 400, answer.body
    found = answer.body["issue"]
    return [(one["code"], one["details"]["text"], one["expression"][0], one["diagnostics"]) for one in found]


@pytest.mark.parametrize("selection", ["MedicationRequest/None", SECOND, ""])
def test_a_draft_without_a_name_cannot_be_selected(selection: str) -> None:
    drafts = collection(without_id())
    assert refusals("order-select", draftOrders=drafts, selections=[selection]) == [
        (
            "value",
            "selection-unknown",
            "context.selections[0]",
            "context.selections[0] must name one of the draft orders, as in MedicationRequest/1, or by the fullUrl of "
            "its entry.",
        )
    ]


def test_drafts_without_a_name_are_all_signed() -> None:
    services = drafted("order-sign", "ContextPrescriptions")
    assert cards(services, "order-sign", draftOrders=collection(without_id(), without_id("N05BA04"))) == 1


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("medicationrequest", "must be a type of FHIR R4; did you mean MedicationRequest?"),
        ("Prescription", "must be a type of FHIR R4."),
        ("Resource", "must be a type of FHIR R4."),
        ("Bundle", "must not be Bundle: put each resource in an entry of its own."),
        ("bundle", "must not be Bundle: put each resource in an entry of its own."),
    ],
)
def test_a_draft_of_a_type_that_is_none_is_named(kind: str, remedy: str) -> None:
    place = "context.draftOrders.entry[1].resource.resourceType"
    drafts = collection(draft(), {**draft(), "resourceType": kind})
    assert refusals("order-sign", draftOrders=drafts) == [("structure", "draft-type", place, f"{place} {remedy}")]


TWICE = {"medicationCodeableConcept": {"text": "x"}, "medicationReference": {"reference": "Medication/1"}}


@pytest.mark.parametrize("medicine", [{}, {"medicationCodeableConcept": {}}, {"medicationReference": {}}, TWICE])
def test_a_draft_that_says_nothing_of_its_medicine_or_says_it_twice_is_refused(medicine: dict[str, Any]) -> None:
    bare = {name: value for name, value in draft().items() if not name.startswith("medication")}
    place = "context.draftOrders.entry[0].resource"
    assert refusals("order-sign", draftOrders=collection({**bare, **medicine})) == [
        (
            "required",
            "draft-medicine",
            place,
            f"{place} must say which medicine it is, in either medicationCodeableConcept or medicationReference.",
        )
    ]


def test_a_draft_of_a_medicine_inside_it_that_is_not_there_is_refused() -> None:
    lost = {**draft(), "medicationReference": {"reference": "#m"}}
    del lost["medicationCodeableConcept"]
    place = "context.draftOrders.entry[0].resource"
    assert refusals("order-sign", draftOrders=collection(lost)) == [
        (
            "not-found",
            "draft-medicine",
            f"{place}.medicationReference",
            f"{place}.medicationReference must name a Medication that the order itself holds in contained.",
        )
    ]


def test_a_problem_that_is_added_with_a_blank_in_its_code_is_refused() -> None:
    place = "context.conditions.entry[0].resource.code.coding[0].code"
    assert refusals("problem-list-item-create", conditions=collection(condition("I80.2 "))) == [
        ("structure", "draft-shape", place, f"{place} must be as FHIR R4 has it in Condition.")
    ]
