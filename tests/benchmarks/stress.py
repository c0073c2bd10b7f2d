"""Write a topic as large as a real one, for the other benchmarks: `python tests/benchmarks/stress.py FOLDER`.

Forty conditions over codes that mean nothing: medicine classes, causes among the problems, laboratory results judged
by interpretation and reference range, answers of a questionnaire. The CQL is translated, so it needs Node.
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
from publisher.source.cql import translated_texts  # noqa: E402

Resource = dict[str, Any]

BASE = "https://stress.example/fhir"
SYSTEM = "http://stress.example/codes"
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
    elm = {"library": translated_texts({"Stress": logic()})[0]["Stress"]}
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


if __name__ == "__main__":
    write(Path(sys.argv[1]))
