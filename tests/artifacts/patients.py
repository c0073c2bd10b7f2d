"""Facts about made-up patients, as the FHIR resources that a record system would send."""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

PATIENT = "example-patient"
SUBJECT = {"reference": f"Patient/{PATIENT}"}
ICD_10_SE = "https://www.icd10.se/"
SNOMED_CT = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def concept(system: str, code: str) -> Resource:
    """Return a CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}]}


def condition(
    code: str = "R25.2",
    system: str = ICD_10_SE,
    *,
    clinical: str | None = "active",
    verification: str | None = "confirmed",
    **more: Any,
) -> Resource:
    """Return a problem of the patient's, by default an active leg cramp."""
    resource: Resource = {"resourceType": "Condition", "id": f"c-{code}", "code": concept(system, code)}
    if clinical:
        resource["clinicalStatus"] = concept(CLINICAL, clinical)
    if verification:
        resource["verificationStatus"] = concept(VERIFICATION, verification)
    return {**resource, "subject": SUBJECT, **more}


def prescription(code: str = "C10AA01", *, status: str = "active", **more: Any) -> Resource:
    """Return a prescription of the patient's, by default of a statin."""
    return {
        "resourceType": "MedicationRequest",
        "id": f"m-{code}",
        "status": status,
        "intent": "order",
        "medicationCodeableConcept": concept(ATC, code),
        "subject": SUBJECT,
        **more,
    }


def referring(reference: str, **more: Any) -> Resource:
    """Return a prescription that refers to its Medication."""
    resource = prescription(**more)
    del resource["medicationCodeableConcept"]
    return {**resource, "medicationReference": {"reference": reference}}


def draft(code: str = "P01BC01", **more: Any) -> Resource:
    """Return a draft prescription, by default of quinine."""
    return prescription(code, **{"status": "draft", "id": "draft-1", **more})


FOR_CRAMP = {"reasonCode": [concept(ICD_10_SE, "R25.2")]}


def searchset(*resources: Resource, **more: Any) -> Resource:
    """Return the answer to a search, complete unless `more` says otherwise."""
    entries = [{"resource": each, "search": {"mode": "match"}} for each in resources]
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": len(resources)}
    return {**bundle, **({"entry": entries} if entries else {}), **more}


def refusal() -> Resource:
    """Return what a record system answers when it cannot fetch."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}


def hook_request(hook: str, prefetch: Any = None, **context: Any) -> Resource:
    """Return a CDS Hooks request about the patient."""
    request: Resource = {
        "hook": hook,
        "hookInstance": "5a3c9f0e-5a1f-4c1b-9d2e-0c8f3a9b7d11",
        "context": {"userId": "Practitioner/example", "patientId": PATIENT, **context},
    }
    return request if prefetch is None else {**request, "prefetch": prefetch}


def answers(**codes: str) -> Resource:
    """Return the answers Y, N or asked-unknown to questions of the leg-cramp topic."""
    questions = [
        {"linkId": name.replace("_", "-"), "answer": [{"valueCoding": {"system": YES_NO, "code": code}}]}
        for name, code in codes.items()
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "answers",
        "status": "completed",
        "questionnaire": "https://vademecum.example/fhir/Questionnaire/leg-cramps-assessment",
        "authored": "2026-11-20",
        "subject": SUBJECT,
        "item": questions,
    }


def view(*conditions: Resource, medications: Any = (), **more: Any) -> Resource:
    """Return a patient-view request of a man of whom all else is known; `more` are other answers to keys.

    `medications` is a list of resources, or the raw answer to the key.
    """
    answer = searchset(*medications) if isinstance(medications, list | tuple) else medications
    given = {
        "patient": {"resourceType": "Patient", "id": PATIENT, "gender": "male", "birthDate": "1954"},
        "conditions": searchset(*conditions),
        "medications": answer,
        "observations": searchset(),
        "orders": searchset(),
        "answers": searchset(answers(alcohol_high="N", smoker="N")),
    }
    return hook_request("patient-view", {**given, **more})


def select(*drafts: Resource, conditions: Any = None) -> Resource:
    """Return an order-select request with these drafts selected."""
    prefetch = {} if conditions is None else {"conditions": searchset(*conditions)}
    return hook_request("order-select", prefetch, **selecting(*drafts))


def actions(body: Resource) -> list[str]:
    """Return the actions that made the cards of an answer, in order."""
    return [card["extension"]["example.vademecum.provenance"]["action"] for card in body["cards"]]


def selecting(*drafts: Resource) -> Resource:
    """Return the context members of order-select for drafts that are all being selected."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in drafts]}
    return {"selections": [f"MedicationRequest/{each['id']}" for each in drafts], "draftOrders": bundle}
