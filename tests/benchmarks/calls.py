"""Calls about worked patients and about made-up ones, for any compiled release.

A worked patient that stands for all of a topic is what a call is about in practice; what its logic does not look for is
added until its record has a size. What stands in the record of a made-up patient follows from the data requirements of
a hook-level plan; the first problem puts the patient into the plan's scope. Half of the record is retrieved, so that
nearly every condition has something to judge, which no patient gives it.
"""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import Knowledge, names_of
from publisher.cases.worked import WorkedRequest, worked_requests
from publisher.hook_discovery import Service, services_of
from publisher.intake import resources_of
from publisher.prefetch import Settings
from publisher.release import load_release
from publisher.repository import Repository

if TYPE_CHECKING:
    from publisher.expression.requirements import Requirement

Resource = dict[str, Any]
Coding = tuple[str, str]

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
LABORATORY = {"coding": [{"code": "laboratory"}]}
SUBJECT = {"reference": "Patient/1"}
PATIENT: Resource = {"resourceType": "Patient", "id": "1", "birthDate": "1950-01-01", "gender": "female"}
HALF = 0.5
# One problem, one prescription and two results, over and over.
MIX = ("Condition", "MedicationRequest", "Observation", "Observation")


@cache
def service_of(root: str, hook: str) -> tuple[Knowledge, Service]:
    """Return the first service of a hook in the release below `root`."""
    knowledge = Knowledge(Repository(load_release(Path(root)), drafts=True))
    return knowledge, next(
        each for each in services_of(knowledge, Settings(), ("active", "draft")) if each.hook == hook
    )


def record(root: str, hook: str, size: int) -> list[Resource]:
    """Return about `size` bytes of resources about one patient, half of them retrieved by the logic."""
    knowledge, service = service_of(root, hook)
    dice = random.Random(5)
    wanted: dict[str, list[list[Coding]]] = {}
    for each in (*_scope(knowledge, service), *knowledge.requirements(service.plan)):
        codes = _codes(knowledge, each)
        if codes:
            wanted.setdefault(each.type, []).append(codes)
    found = [PATIENT]
    written = 0
    asked = [kind for kind in MIX if any(kind in key.types for key in service.keys)]
    while written < size:
        for kind in asked:
            number = len(found)
            sets = wanted.get(kind) or [[("http://other.example", "x")]]
            known = number < 2 or dice.random() < HALF
            system, code = dice.choice(sets[0] if number < 2 else dice.choice(sets))
            made = MAKERS[kind](number, concept(system, code if known else f"other-{number}"), dice)
            found += made
            written += len(json.dumps(made)) + 70 * len(made)
    return found


def _scope(knowledge: Knowledge, service: Service) -> list[Requirement]:
    """Return what the condition of the plan's scope retrieves."""
    names = [name for action in service.plan.resource["action"] for name in names_of(action)]
    libraries = knowledge.libraries_of(service.plan)
    return [each for library in libraries for name in names if name in library for each in library.requirements(name)]


def _codes(knowledge: Knowledge, requirement: Requirement) -> list[Coding]:
    value_set = knowledge.repository.resolve(requirement.value_set) if requirement.value_set else None
    contains = value_set.resource.get("expansion", {}).get("contains", ()) if value_set else ()
    codes = [(str(each.system), str(each.code)) for each in requirement.codes]
    return [*codes, *((each["system"], each["code"]) for each in contains if "code" in each)]


def concept(system: str, code: str) -> Resource:
    """Return a CodeableConcept with words of usual length."""
    return {"coding": [{"system": system, "code": code, "display": "what it is called"}], "text": "what was written"}


def problem(number: int, code: Resource, dice: random.Random) -> list[Resource]:
    """Return a problem, the first one active."""
    status = "active" if number < 2 or dice.random() < 0.5 else "resolved"
    clinical = {"coding": [{"system": CLINICAL, "code": status}]}
    head = {"resourceType": "Condition", "id": f"c{number}", "clinicalStatus": clinical, "code": code}
    return [{**head, "subject": SUBJECT, "recordedDate": "2026-01-01"}]


def order(number: int, code: Resource, dice: random.Random) -> list[Resource]:
    """Return a prescription, every other one with the Medication that it refers to."""
    head = {"resourceType": "MedicationRequest", "id": f"m{number}", "intent": "order", "subject": SUBJECT}
    head |= {"status": dice.choice(["active", "stopped", "completed"]), "authoredOn": "2026-01-01"}
    if dice.random() < 0.5:
        return [{**head, "medicationCodeableConcept": code}]
    medication = {"resourceType": "Medication", "id": f"d{number}", "code": code}
    return [{**head, "medicationReference": {"reference": f"Medication/d{number}"}}, medication]


def result(number: int, code: Resource, dice: random.Random) -> list[Resource]:
    """Return a laboratory result with the laboratory's own word for it, or with a reference range."""
    unit = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    head = {"resourceType": "Observation", "id": f"o{number}", "status": "final", "category": [LABORATORY]}
    head |= {"code": code, "subject": SUBJECT, "valueQuantity": {"value": 4.1 + number % 5, **unit}}
    head |= {"effectiveDateTime": f"2026-{number % 9 + 1:02}-{number % 27 + 1:02}T08:00:00+01:00"}
    if dice.random() < 0.7:
        flag = {"coding": [{"system": INTERPRETATION, "code": dice.choice("NNLH")}]}
        return [{**head, "interpretation": [flag]}]
    return [{**head, "referenceRange": [{"low": {"value": 3, **unit}, "high": {"value": 6, **unit}}]}]


MAKERS = {"Condition": problem, "MedicationRequest": order, "Observation": result}


def call(root: str, hook: str, size: int) -> tuple[str, bytes]:
    """Return the path of a hook's service and a call of it with about `size` bytes, every key answered."""
    _, service = service_of(root, hook)
    resources = record(root, hook, size)
    prefetch: dict[str, Any] = {}
    for key in service.keys:
        kinds = (*key.types, *(["Medication"] if "MedicationRequest" in key.types else []))
        taken = [each for each in resources if each["resourceType"] in kinds]
        entries = [
            {"fullUrl": f"https://ehr.example/{each['resourceType']}/{each['id']}", "resource": each} for each in taken
        ]
        prefetch[key.name] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
        if key.types == ("Patient",):
            prefetch[key.name] = PATIENT
        elif "Medication" in kinds:
            del prefetch[key.name]["total"]
    context: Resource = {"userId": "Practitioner/1", "patientId": "1"}
    if hook.startswith("order"):
        first = next(each for each in resources if "medicationCodeableConcept" in each)
        draft = {**first, "id": "draft", "status": "draft"}
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
    if hook == "problem-list-item-create":
        problem_list = [{"resource": next(each for each in resources if each["resourceType"] == "Condition")}]
        context["conditions"] = {"resourceType": "Bundle", "type": "collection", "entry": problem_list}
    if hook == "order-select":
        context["selections"] = ["MedicationRequest/draft"]
    body = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return f"/cds-services/{service.plan.id}", json.dumps({**body, "prefetch": prefetch}).encode()


@cache
def patients_of(root: str) -> list[WorkedRequest]:
    """Return the worked patients below `root`."""
    return worked_requests(Path(root), load_release(Path(root)))


def worked(root: str, hook: str, size: int) -> list[tuple[str, bytes]]:
    """Return calls of a hook with about `size` bytes, each with the path of its service.

    They are about the worked patients that stand for all of a topic, or about all of them where none of these does.
    """
    of_hook = [each for each in patients_of(root) if each.request["hook"] == hook]
    found = [each for each in of_hook if each.is_scenario] or of_hook
    return [(f"/cds-services/{each.service}", json.dumps(_filled(each.request, size)).encode()) for each in found]


def _filled(request: Resource, size: int) -> Resource:
    """Return a request with more in the answers that it has, none of it in a code that logic looks for."""
    filled: Resource = json.loads(json.dumps(request, default=float))
    subject = {"reference": f"Patient/{filled['context']['patientId']}"}
    answers = {kind: filled["prefetch"].get(key.name) or {} for key in Settings().keys for kind in key.types}
    kinds = [kind for kind in MIX if answers[kind].get("resourceType") == "Bundle"]
    dice, number, written = random.Random(5), 1000, len(json.dumps(filled))
    while written < size and kinds:
        for kind in kinds:
            number += 1
            code = concept("http://other.example", f"other-{number}")
            made = [
                {**each, "subject": subject} if "subject" in each else each for each in MAKERS[kind](number, code, dice)
            ]
            entries = [{"fullUrl": f"https://ehr.example/{kind}/{each['id']}", "resource": each} for each in made]
            answers[kind].setdefault("entry", []).extend(entries)
            answers[kind].pop("total", None)
            written += len(json.dumps(entries))
    return filled


def parameters(root: str, size: int) -> tuple[str, bytes]:
    """Return the path of `$apply` of the plan behind patient-view, and its Parameters with about `size` bytes."""
    _, service = service_of(root, "patient-view")
    return _applying(service.plan.id, "1", record(root, "patient-view", size))


def worked_parameters(root: str, size: int) -> list[tuple[str, bytes]]:
    """Return the same for each worked patient of patient-view."""
    found = []
    for path, body in worked(root, "patient-view", size):
        request = json.loads(body)
        answers = [each for each in request["prefetch"].values() if each]
        resources = [one for each in answers for one in resources_of(each)]
        found.append(_applying(path.rpartition("/")[2], request["context"]["patientId"], resources))
    return found


def _applying(plan: str, patient: str, resources: list[Resource]) -> tuple[str, bytes]:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    given = [{"name": "subject", "valueString": f"Patient/{patient}"}, {"name": "data", "resource": bundle}]
    body = json.dumps({"resourceType": "Parameters", "parameter": given}).encode()
    return f"/fhir/PlanDefinition/{plan}/$apply", body
