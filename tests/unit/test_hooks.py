"""Calls to a hook service: what is refused, and how."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.extension import EVALUATION_MODE
from publisher.hook_request import unresolved_in
from publisher.hooks import MOST_PLACES, HookServices
from publisher.prefetch import Settings
from publisher.release import load_release
from publisher.repository import Repository
from tests.artifacts.patients import FOR_CRAMP, draft, hook_request, searchset, selecting
from tests.topics.services import request
from tests.topics.sneezes import ARTIFACTS as EXAMPLE
from tests.topics.sneezes import sneeze

ARTIFACTS = Path(__file__).parent.parent.parent / "artifacts"
VIEW, SELECT = "example-sneeze-patient-view", "example-sneeze-order-select"
PREFETCH = {"conditions": searchset(sneeze()), "observations": searchset()}
SHIPPED_VIEW, SHIPPED_SELECT = "leg-cramps-patient-view", "leg-cramps-order-select"


RELEASE = [*load_release(ARTIFACTS), *EXAMPLE]


def services(*, drafts: bool = True, held: Any = RELEASE, **more: Any) -> HookServices:
    knowledge = Knowledge(Repository(held, drafts=drafts))
    now = datetime(2026, 11, 22, tzinfo=UTC)
    return HookServices(knowledge, base_url="https://cds.example", now=lambda: now, evaluate_drafts=drafts, **more)


def test_a_patient_without_an_id_has_that_of_the_address_of_its_entry() -> None:
    for address, status in (("https://ehr.example/fhir/Patient/example-patient", 200), ("urn:uuid:7", 400), (7, 400)):
        entry = {"fullUrl": address, "resource": {"resourceType": "Patient"}}
        answer = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
        request = hook_request("patient-view", {**PREFETCH, "patient": answer})
        assert services().call(VIEW, request, "en").status == status


def refused(request: dict[str, Any], service: str = VIEW) -> list[tuple[str, str, str]]:
    """Return (code, rule, expression) of each issue of a refusal with 400."""
    answer = services().call(service, request, "en")
    assert answer.status == 400
    return [(each["code"], each["details"]["text"], each["expression"][0]) for each in answer.body["issue"]]


def test_drafts_are_no_services_unless_drafts_are_evaluated() -> None:
    assert services(drafts=False).discovery("sv") == {"services": []}


def test_discovery_describes_each_service_in_the_language_asked_for() -> None:
    view = next(each for each in services().discovery("en")["services"] if each["id"] == VIEW)
    assert view == {
        "hook": "patient-view",
        "title": "Example sneeze, when the record is opened",
        "description": "Shows what the page says of a patient with example sneeze. Draft: the content has "
        "not been reviewed and approved for care.",
        "id": VIEW,
        "prefetch": {
            "conditions": "Condition?patient={{context.patientId}}",
            "observations": "Observation?patient={{context.patientId}}",
        },
        "usageRequirements": "All data are sent in prefetch, and the service fetches nothing itself. Answers that are "
        "missing or incomplete never count as no. Where they leave it open whether the service applies to the "
        "patient, the answer is 412; what else is open stands on the cards.",
        "version": "2.0.0",
    }


def test_discovery_of_the_ballot_tells_the_version_of_each_hook() -> None:
    view, select = (
        next(each for each in services(release="3.0").discovery("en")["services"] if each["id"] == name)
        for name in (VIEW, SELECT)
    )
    assert (view["version"], view["hookVersion"], select["hookVersion"]) == ("3.0.0-ballot", "1.0", "1.0")


@pytest.mark.parametrize("status", ["retired", "unknown"])
def test_a_plan_that_is_withdrawn_is_no_service(status: str) -> None:
    held = [replace(one, resource={**one.resource, "status": status}) if one.id == VIEW else one for one in RELEASE]
    left = services(held=held)
    assert VIEW not in [each["id"] for each in left.discovery("sv")["services"]]
    assert left.call(VIEW, hook_request("patient-view", {}), "sv").status == 404


def test_prefetch_follows_how_the_record_system_searches() -> None:
    settings = Settings(patient_parameter="subject", include_medication=False)
    keys = {each["id"]: each.get("prefetch") for each in services(settings=settings).discovery("sv")["services"]}
    assert keys[VIEW] == {
        "conditions": "Condition?subject=Patient/{{context.patientId}}",
        "observations": "Observation?subject=Patient/{{context.patientId}}",
    }
    assert keys[SHIPPED_VIEW] == {
        "patient": "Patient/{{context.patientId}}",
        "conditions": "Condition?subject=Patient/{{context.patientId}}",
        "medications": "MedicationRequest?subject=Patient/{{context.patientId}}",
        "observations": "Observation?subject=Patient/{{context.patientId}}",
        "orders": "ServiceRequest?subject=Patient/{{context.patientId}}",
        "answers": "QuestionnaireResponse?subject=Patient/{{context.patientId}}",
    }


def test_medicines_that_prescriptions_refer_to_come_with_them() -> None:
    view = next(each for each in services().discovery("sv")["services"] if each["id"] == SHIPPED_VIEW)
    assert view["prefetch"]["medications"] == (
        "MedicationRequest?patient={{context.patientId}}&_include=MedicationRequest:medication"
    )


def test_an_unknown_service_is_404() -> None:
    answer = services().call("no-such-service", {}, "sv")
    assert (answer.status, answer.body["issue"][0]["code"]) == (404, "not-found")


def test_everything_wrong_with_a_request_is_told_at_once() -> None:
    assert refused({"hook": "order-sign", "hookInstance": "1", "prefetch": []}) == [
        ("value", "hook-mismatch", "hook"),
        ("value", "hook-instance", "hookInstance"),
        ("structure", "prefetch-shape", "prefetch"),
        ("required", "context-missing", "context"),
    ]


def test_a_prefetch_of_null_is_none() -> None:
    request = hook_request("patient-view", {})
    without = {name: value for name, value in request.items() if name != "prefetch"}
    given = [services().call(SHIPPED_VIEW, each, "sv") for each in ({**request, "prefetch": None}, without)]
    assert [each.status for each in given] == [412, 412]
    assert given[0].body == given[1].body


@pytest.mark.parametrize(("member", "value"), [("userId", 1), ("patientId", None)])
def test_a_context_member_of_the_wrong_shape_is_named(member: str, value: Any) -> None:
    assert refused(hook_request("patient-view", {}, **{member: value})) == [
        ("required", "context-member", f"context.{member}")
    ]


def test_a_patient_id_that_is_no_id_is_named() -> None:
    assert refused(hook_request("patient-view", {}, patientId="a b")) == [("value", "patient-id", "context.patientId")]


def test_order_select_needs_its_own_members() -> None:
    assert refused(hook_request("order-select", {}), SELECT) == [
        ("required", "context-member", "context.selections"),
        ("required", "context-member", "context.draftOrders"),
    ]


def test_draft_orders_must_be_a_bundle() -> None:
    request = hook_request("order-select", {}, selections=[], draftOrders={"resourceType": "Patient"})
    assert refused(request, SELECT) == [("structure", "draft-orders", "context.draftOrders")]


@pytest.mark.parametrize("patient_id", ["example-patient", "Patient/example-patient"])
def test_the_patient_may_be_named_by_id_or_reference(patient_id: str) -> None:
    request = hook_request("patient-view", PREFETCH, patientId=patient_id)
    assert len(services().call(VIEW, request, "sv").body["cards"]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "Patient", "id": "another"},
        {"resourceType": "Patient"},
        searchset({"resourceType": "Patient", "id": "another"}),
        searchset({"resourceType": "Patient", "id": "example-patient"}, {"resourceType": "Patient", "id": "another"}),
    ],
)
def test_a_request_with_another_patient_in_it_is_refused_and_the_other_is_not_named(answer: Any) -> None:
    request = hook_request("patient-view", {**PREFETCH, "patient": answer})
    assert refused(request) == [("value", "prefetch-patient", "prefetch.patient")]
    (issue,) = services().call(VIEW, request, "en").body["issue"]
    assert issue["diagnostics"] == (
        "prefetch.patient must hold the Patient of context.patientId, with that id, and nobody else."
    )


def test_the_patient_of_the_request_is_no_other() -> None:
    patient = {"resourceType": "Patient", "id": "example-patient"}
    for answer in (patient, searchset(patient), None):
        request = hook_request("patient-view", {**PREFETCH, "patient": answer}, patientId="Patient/example-patient")
        assert services().call(VIEW, request, "en").status == 200


def test_a_medication_among_the_drafts_tells_what_a_draft_is() -> None:
    referring = draft(**FOR_CRAMP)
    code = referring.pop("medicationCodeableConcept")
    context = selecting({**referring, "medicationReference": {"reference": "Medication/q"}})
    context["draftOrders"]["entry"].append({"resource": {"resourceType": "Medication", "id": "q", "code": code}})
    answer = services().call(SHIPPED_SELECT, hook_request("order-select", {}, **context), "sv")
    assert len(answer.body["cards"]) == 1


def test_a_draft_whose_medication_is_nowhere_is_412_and_says_so() -> None:
    referring = draft(**FOR_CRAMP)
    del referring["medicationCodeableConcept"]
    context = selecting({**referring, "medicationReference": {"reference": "Medication/q"}})
    answer = services().call(SHIPPED_SELECT, hook_request("order-select", {}, **context), "en")
    assert answer.status == 412
    (issue,) = answer.body["issue"]  # it says what it is for, so that the problem list decides nothing
    said = "which medicine it is could not be looked up. Send the Medication that is referred to: "
    assert said in issue["diagnostics"]
    assert issue["expression"] == ["context.draftOrders.entry[0].resource.medicationReference"]


def referring_to(reference: str, **more: Any) -> dict[str, Any]:
    found = {**draft(**FOR_CRAMP), "medicationReference": {"reference": reference}, **more}
    del found["medicationCodeableConcept"]
    return {name: value for name, value in found.items() if value is not None}


def test_each_reference_that_nothing_answers_has_its_place() -> None:
    address = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    held = {"fullUrl": address, "resource": {"resourceType": "Medication", "code": {"text": "x"}}}
    stranger = referring_to("Medication/q", id="stranger", subject={"reference": "Patient/a-stranger"})
    listed = searchset(
        referring_to("Medication/a", id="first"), stranger, referring_to(address, id="answered"),
        referring_to("Medication/b/_history/2", id=None),
    )  # fmt: skip
    listed["entry"].append(held)
    nested = searchset(searchset(referring_to("Medication/c", id="inner")))
    drafts = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": referring_to("Medication/d")}]}
    prefetch = {"medications": listed, "karin-karlsson": nested, "conditions": nested, "orders": None}
    request = hook_request("order-sign", prefetch, draftOrders=drafts)
    keys = ("medications", "conditions", "orders")
    assert [*unresolved_in(request, "order-sign", keys)] == [
        "prefetch.medications.entry[0].resource.medicationReference",
        "prefetch.medications.entry[3].resource.medicationReference",
        "prefetch",
        "prefetch.conditions.entry[0].resource.entry[0].resource.medicationReference",
        "context.draftOrders.entry[0].resource.medicationReference",
    ]


def test_of_many_references_that_nothing_answers_the_first_are_told() -> None:
    drafts = [referring_to("Medication/q", id=f"d{number}") for number in range(MOST_PLACES + 5)]
    answer = services().call(SHIPPED_SELECT, hook_request("order-select", {}, **selecting(*drafts)), "sv")
    places = [each["expression"][0] for each in answer.body["issue"]]
    assert places == [f"context.draftOrders.entry[{number}].resource.medicationReference" for number in range(20)]


def test_what_may_be_logged_of_an_answer_is_counts_and_versions() -> None:
    request = hook_request("patient-view", PREFETCH)
    fields = services().call(VIEW, request, "sv").log_fields
    counts = {"cards": 2, "fired": 2, "undecided": 0}
    assert fields == {"service": VIEW, "artifact_version": "0.1.0", **counts}


@pytest.mark.parametrize(
    ("count", "language", "told"),
    [
        (1, "en", "1 item in the request is about somebody other than the patient and was not counted."),
        (2, "en", "2 items in the request are about somebody other than the patient and were not counted."),
        (1, "sv", "1 uppgift i anropet gäller någon annan än patienten och räknades inte."),
        (2, "sv", "2 uppgifter i anropet gäller någon annan än patienten och räknades inte."),
    ],
)
def test_how_many_data_of_other_patients_came_is_told_and_of_whom_is_not(count: int, language: str, told: str) -> None:
    plain = request("a-feather-is-near")
    strange = copy.deepcopy(plain)
    entries = strange["prefetch"]["conditions"]["entry"]
    foreign = {**entries[0]["resource"], "subject": {"reference": "Patient/a-stranger"}}
    entries += [{"resource": {**foreign, "id": f"strange-{number}"}} for number in range(count)]

    before, after = (services().call(VIEW, each, language) for each in (plain, strange))

    own, others = before.body["cards"], after.body["cards"]
    assert [each["summary"] for each in others] == [each["summary"] for each in own]
    assert f"- {told}" in others[0]["detail"].splitlines()
    assert told.partition(" ")[2] not in json.dumps([own, others[1:]], ensure_ascii=False)
    assert "strange" not in json.dumps(after.body)
    assert (before.log_fields.get("others"), after.log_fields["others"]) == (None, count)


def test_that_data_of_other_patients_came_is_logged_of_a_refusal_too() -> None:
    strange = searchset(sneeze(subject={"reference": "Patient/a-stranger"}))
    answer = services().call(VIEW, hook_request("patient-view", {**PREFETCH, "conditions": strange}), "en")
    assert (answer.status, answer.log_fields["others"]) == (412, 1)


def test_outside_the_scope_data_of_other_patients_are_no_reason_for_a_card() -> None:
    strange = searchset(sneeze(subject={"reference": "Patient/a-stranger"}))
    beside = {"conditions": searchset(), "observations": searchset(), "more": strange}
    answer = services().call(VIEW, hook_request("patient-view", beside), "en")
    assert (answer.body, answer.log_fields["others"]) == ({"cards": []}, 1)


def test_data_of_other_patients_are_told_of_also_by_a_plan_that_takes_what_is_missing_for_none() -> None:
    held = [replace(each, resource=_without_mode(each.resource)) for each in RELEASE]
    strange = searchset(sneeze(), sneeze(subject={"reference": "Patient/a-stranger"}))
    answer = services(held=held).call(VIEW, hook_request("patient-view", {**PREFETCH, "conditions": strange}), "en")
    assert (answer.status, answer.log_fields["others"]) == (200, 1)


def _without_mode(resource: dict[str, Any]) -> dict[str, Any]:
    kept = [each for each in resource.get("extension", ()) if each["url"] != EVALUATION_MODE]
    return {**resource, "extension": kept}


@pytest.mark.parametrize(
    "wrong",
    [
        {"selections": [0] * 5_000},
        {"draftOrders": {"resourceType": "Bundle", "entry": [0] * 5_000}},
        {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "x"}}] * 5_000}},
    ],
    ids=["selections", "entries", "types"],
)
def test_of_a_request_that_is_wrong_everywhere_so_much_is_told_at_most(wrong: dict[str, Any]) -> None:
    request = hook_request("order-select", PREFETCH, **{**selecting(draft()), **wrong})
    assert len(refused(request, SHIPPED_SELECT)) == MOST_PLACES


def test_a_refusal_is_logged_with_the_service_that_it_is_about() -> None:
    answer = services().call(VIEW, {**hook_request("patient-view", PREFETCH), "hook": "order-sign"}, "en")
    assert (answer.status, answer.log_fields) == (400, {"service": VIEW, "artifact_version": "0.1.0"})
