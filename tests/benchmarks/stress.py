"""Write a topic as large as a real one, for the other benchmarks: `python tests/benchmarks/stress.py FOLDER` (needs Node).

Forty conditions over codes that mean nothing: medicine classes, causes among the problems, laboratory results judged
by interpretation and reference range, answers of a questionnaire. `request_of` makes a call about a made-up patient.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY))

from publisher.release import SUMS, sums  # noqa: E402  the path is set first
from publisher.source.cql import translate_texts  # noqa: E402

Resource = dict[str, Any]

BASE = "https://stress.example/fhir"
SYSTEM = "http://stress.example/codes"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
TRACKED = {"url": "https://vademecum.example/fhir/StructureDefinition/evaluation-mode", "valueCode": "tracked"}
CLASSES, CAUSES, TESTS, QUESTIONS = 3, 15, 11, 6

HEAD = """library Stress version '1.0.0'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
{sets}
parameter ContextPrescriptions List<FHIR.MedicationRequest>
context Patient

define function "Any Of"(decisions List<Boolean>):
  if exists (decisions D where D) then true
    else if exists (decisions D where D is null return all 1) then null
    else false

define function "Is Active"(condition FHIR.Condition):
  if exists (condition.verificationStatus.coding S where S.code in {{ 'refuted', 'entered-in-error' }}) then false
    else if exists (condition.clinicalStatus.coding S where S.code in {{ 'inactive', 'remission', 'resolved' }}) then false
    else if exists (condition.verificationStatus.coding S where S.code in {{ 'unconfirmed', 'differential' }}) then null
    else if exists (condition.clinicalStatus.coding S where S.code in {{ 'active', 'recurrence', 'relapse' }}) then true
    else null

define function "Is Current"(request FHIR.MedicationRequest):
  if Coalesce(request.doNotPerform, false) or request.intent in {{ 'proposal', 'option' }} then false
    else if request.status in {{ 'active', 'on-hold' }} then true
    else if request.status is null or request.status = 'unknown' then null
    else false

define function "Points At"(reference FHIR.Reference, name String):
  reference.reference = name or EndsWith(reference.reference, '/' + name)

define function "Medicine Concepts"(request FHIR.MedicationRequest):
  if request.medication is FHIR.CodeableConcept then {{ request.medication as FHIR.CodeableConcept }}
    else if StartsWith((request.medication as FHIR.Reference).reference, '#') then
      (request.contained C
        where C is FHIR.Medication and (request.medication as FHIR.Reference).reference = '#' + C.id
        return all (C as FHIR.Medication).code)
    else
      ([Medication] M
        where "Points At"(request.medication as FHIR.Reference, 'Medication/' + M.id)
        return all M.code)

define function "Is Final"(test FHIR.Observation):
  if test.status in {{ 'final', 'amended', 'corrected' }} then true
    else if test.status in {{ 'cancelled', 'entered-in-error' }} then false
    else null

define function "Latest"(tests List<FHIR.Observation>):
  Last(tests T where "Is Final"(T) and T.effective is not null
    sort by start of (if effective is FHIR.dateTime then Interval[(effective as FHIR.dateTime).value,
      (effective as FHIR.dateTime).value] else FHIRHelpers.ToInterval(effective as FHIR.Period)))

define function "Is Low"(test FHIR.Observation):
  if exists (test.interpretation.coding C where C.code in {{ 'L', 'LL', 'LU' }}) then true
    else if exists (test.interpretation.coding C where C.code in {{ 'N', 'H', 'HH', 'HU' }}) then false
    else if exists (test.referenceRange R where R.low is not null and R.appliesTo is null) then
      (test.value as FHIR.Quantity).value < First(test.referenceRange R
        where R.low is not null and R.appliesTo is null return all R.low.value)
    else null

define "Answers":
  flatten ([QuestionnaireResponse] Q where Q.status in {{ 'completed', 'amended' }} return all Q.item)

define function "Answered"(name String):
  if exists ("Answers" I where I.linkId = name and exists (I.answer A where (A.value as FHIR.boolean) is true)) then true
    else if exists ("Answers" I where I.linkId = name and exists (I.answer)) then false
    else null

define "Scope Holds": "Any Of"([Condition: "Scope"] C return all "Is Active"(C))

define "Grown Up": AgeInYearsAt(Today()) >= 18
"""
CLASS = """
define function "Is Class {n}"(request FHIR.MedicationRequest):
  if exists ("Medicine Concepts"(request)) then exists (("Medicine Concepts"(request)) M where M in "Class {n}")
    else null

define "Class {n} Is Taken": "Any Of"([MedicationRequest] R return all ("Is Current"(R) and "Is Class {n}"(R)))

define "Class {n} Is Drafted": "Any Of"(ContextPrescriptions D return all "Is Class {n}"(D))
"""
CAUSE = """
define "Cause {n} Is Active": "Any Of"([Condition: "Cause {n}"] C return all "Is Active"(C))
"""
TEST = """
define "Test {n} Is Known": "Latest"([Observation: "Test {n}"]) is not null

define "Test {n} Is Low": "Is Low"("Latest"([Observation: "Test {n}"]))
"""
QUESTION = """
define "Question {n}": "Answered"('q{n}')
"""


def logic() -> str:
    """Return the CQL of the topic."""
    lines = [f"valueset \"{name}\": '{BASE}/ValueSet/{url}'" for name, url, _ in value_sets()]
    parts = [HEAD.format(sets="\n".join(lines))]
    counts = ((CLASS, CLASSES), (CAUSE, CAUSES), (TEST, TESTS), (QUESTION, QUESTIONS))
    parts += [template.format(n=number) for template, count in counts for number in range(count)]
    return "".join(parts)


def value_sets() -> list[tuple[str, str, int]]:
    """Return the name, the tail of the canonical and the number of codes of each value set."""
    named = [("Scope", "scope", 12)]
    counts = (("Class", CLASSES, 40), ("Cause", CAUSES, 20), ("Test", TESTS, 5))
    for word, count, size in counts:
        named += [(f"{word} {n}", f"{word.lower()}-{n}", size + 3 * n) for n in range(count)]
    return named


def conditions() -> list[str]:
    """Return the conditions of the rules."""
    found = ["Grown Up", *(f"Class {n} Is Taken" for n in range(CLASSES))]
    found += [f"Cause {n} Is Active" for n in range(CAUSES)]
    found += [f"Test {n} Is Low" for n in range(TESTS)]
    return [*found, *(f"Test {n} Is Known" for n in range(5)), *(f"Question {n}" for n in range(QUESTIONS))]


def artifacts() -> list[Resource]:
    """Return the compiled artifacts of the topic."""
    elm = {"library": translate_texts({"Stress": logic()})["Stress"]}
    encoded = base64.b64encode(json.dumps(elm).encode()).decode()
    content = [{"contentType": "application/elm+json", "data": encoded}]
    found = [_definition("Library", "Stress", type={"coding": [{"code": "logic-library"}]}, content=content)]
    for _, url, size in value_sets():
        contains = [{"system": SYSTEM, "code": f"{url}.{n}", "display": f"{url} {n}"} for n in range(size)]
        found.append(_definition("ValueSet", url, title=url, expansion={"contains": contains}))
    rules = [_action(number, each) for number, each in enumerate(conditions())]
    drafts = [_action(number, f"Class {number} Is Drafted") for number in range(CLASSES)]
    for hook, actions in (("patient-view", rules), ("order-select", drafts + rules)):
        trigger = [{"type": "named-event", "name": hook}]
        scope = {"id": "scope", "title": "Scope", "trigger": trigger, "condition": [_condition("Scope Holds")]}
        plan = {"library": [f"{BASE}/Library/Stress|1.0.0"], "extension": [TRACKED]}
        found.append(_definition("PlanDefinition", f"stress-{hook}", **plan, action=[{**scope, "action": actions}]))
    return found


def _definition(kind: str, name: str, **elements: Any) -> Resource:
    head = {"resourceType": kind, "id": name, "language": "en", "url": f"{BASE}/{kind}/{name}", "version": "1.0.0"}
    return {**head, "name": name.title().replace("-", ""), "title": name, "status": "active", **elements}


def _action(number: int, condition: str) -> Resource:
    words = {"title": f"Rule of {condition}", "description": f"What there is to say of {condition}."}
    return {"id": f"rule-{number}", **words, "priority": "routine", "condition": [_condition(condition)]}


def _condition(name: str) -> Resource:
    return {"kind": "applicability", "expression": {"language": "text/cql-identifier", "expression": name}}


def write(folder: Path) -> None:
    """Write the compiled topic below `folder`, as a release."""
    files = {f"{each['resourceType']}-{each['id']}.json": json.dumps(each).encode() for each in artifacts()}
    target = folder / "stress" / "fhir"
    target.mkdir(parents=True, exist_ok=True)
    for name, body in {**files, SUMS: sums(files)}.items():
        (target / name).write_bytes(body)


# -- a patient ------------------------------------------------------------------------------------------------------


def concept(code: str, text: str = "a thing") -> Resource:
    """Return a CodeableConcept of the invented code system."""
    return {"coding": [{"system": SYSTEM, "code": code, "display": text}], "text": text}


def record(size: int) -> dict[str, list[Resource]]:
    """Return about `size` bytes of resources about one patient, by the prefetch key that they would answer."""
    found: dict[str, list[Resource]] = {"conditions": [], "medications": [], "observations": [], "answers": [answers()]}
    written = number = 0
    while written < size:
        for key, make in (
            ("conditions", problem),
            ("medications", order),
            ("observations", test),
            ("observations", test),
        ):
            made = make(number)
            found[key] += made
            written += len(json.dumps(made)) + 70 * len(made)
            number += 1
    return found


def answers() -> Resource:
    """Return the answers to the first questions."""
    items = [{"linkId": f"q{n}", "answer": [{"valueBoolean": n % 2 == 0}]} for n in range(QUESTIONS - 2)]
    head = {"resourceType": "QuestionnaireResponse", "id": "answers", "status": "completed"}
    return {**head, "subject": {"reference": "Patient/1"}, "authored": "2026-02-01", "item": items}


def problem(number: int) -> list[Resource]:
    """Return a problem: the first is in scope, some are causes."""
    code = "scope.3" if not number else f"cause-{number % 23}.{number % 19}"
    status = "active" if number % 3 == 0 else "resolved"
    head = {"resourceType": "Condition", "id": f"c{number}", "subject": {"reference": "Patient/1"}}
    clinical = {"coding": [{"system": CLINICAL, "code": status}]}
    return [{**head, "clinicalStatus": clinical, "code": concept(code), "recordedDate": "2026-01-01"}]


def order(number: int) -> list[Resource]:
    """Return a prescription, every other one with the Medication that it refers to."""
    code = concept(f"class-{number % 7}.{number % 31}")
    status = "active" if number % 4 else "stopped"
    head = {"resourceType": "MedicationRequest", "id": f"m{number}", "status": status, "intent": "order"}
    head |= {"subject": {"reference": "Patient/1"}, "authoredOn": "2026-01-01"}
    if number % 8 < 4:
        return [{**head, "medicationCodeableConcept": code}]
    medication = {"resourceType": "Medication", "id": f"d{number}", "code": code}
    return [{**head, "medicationReference": {"reference": f"Medication/d{number}"}}, medication]


def test(number: int) -> list[Resource]:
    """Return a laboratory result, some with an interpretation and some with a reference range."""
    value = {"value": 4.1 + number % 5, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    head = {"resourceType": "Observation", "id": f"o{number}", "status": "final", "subject": {"reference": "Patient/1"}}
    head |= {"category": [{"coding": [{"code": "laboratory"}]}], "code": concept(f"test-{number % 13}.{number % 4}")}
    head |= {"effectiveDateTime": f"2026-01-{number % 27 + 1:02}T08:00:00+01:00", "valueQuantity": value}
    if number % 3 == 0:
        return [{**head, "interpretation": [{"coding": [{"code": "N" if number % 2 else "L"}]}]}]
    return [{**head, "referenceRange": [{"low": {**value, "value": 5}}]}] if number % 3 == 1 else [head]


def request_of(size: int, hook: str = "patient-view") -> bytes:
    """Return a call of the hook with about `size` bytes of prefetch."""
    prefetch: Resource = {"patient": {"resourceType": "Patient", "id": "1", "birthDate": "1950-01-01"}}
    for key, resources in record(size).items():
        entries = [
            {"fullUrl": f"https://ehr.example/{each['resourceType']}/{each['id']}", "resource": each}
            for each in resources
        ]
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    context: Resource = {"userId": "Practitioner/1", "patientId": "1"}
    if hook == "order-select":
        draft = {**order(1)[0], "id": "draft", "status": "draft"}
        bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
        context |= {"selections": ["MedicationRequest/draft"], "draftOrders": bundle}
    call = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return json.dumps({**call, "prefetch": prefetch}).encode()


def parameters_of(size: int) -> bytes:
    """Return the Parameters of `$apply` with about `size` bytes of data."""
    resources = [each for group in record(size).values() for each in group]
    resources.append({"resourceType": "Patient", "id": "1", "birthDate": "1950-01-01"})
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    parameters = [{"name": "subject", "valueString": "Patient/1"}, {"name": "data", "resource": bundle}]
    return json.dumps({"resourceType": "Parameters", "parameter": parameters}).encode()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
