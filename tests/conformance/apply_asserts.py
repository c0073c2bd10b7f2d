"""What the publishers of the cases assert of results that they do not print, one check for each sentence.

An assert that our specification answers otherwise is excused by name; its check then holds what we answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Resource = dict[str, Any]
Results = dict[str, Resource]
ACTIVITY_TYPES = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type-cs"
QUESTIONNAIRES = "http://example.org/sdh/dtr/aslp/Questionnaire"

# Asserts that our result breaks on purpose: status is draft, whatever a definition says.
EXCUSED = {
    "Task status ready, intent proposal, instantiatesCanonical "
    "http://example.org/ActivityDefinition/AdministerMedicationActivity|0.2.0": "status-draft",
}


def only(results: Results) -> Resource:
    (result,) = results.values()
    return result


def entries(bundle: Resource) -> list[Resource]:
    return [each["resource"] for each in bundle["entry"]]


def of_type(result: Resource, kind: str) -> Iterator[Resource]:
    every = [result, *result.get("contained", ()), *(each["resource"] for each in result.get("entry", ()))]
    return (each for each in every if each["resourceType"] == kind)


def actions(results: Results) -> list[Resource]:
    return list(entries(only(results))[0].get("action", ()))


def has_message(results: Results) -> None:
    for result in results.values():
        (message,) = of_type(result, "CommunicationRequest")
        assert message["payload"][0]["contentString"]


def nested_failure(results: Results) -> None:
    _, second = entries(only(results))
    assert [each["resourceType"] for each in second["contained"]] == ["OperationOutcome"]


def is_refusal(results: Results) -> None:
    assert only(results)["resourceType"] == "OperationOutcome"


def administered(results: Results) -> None:
    task = only(results)
    canonical = "http://example.org/ActivityDefinition/AdministerMedicationActivity|0.2.0"
    assert (task["status"], task["intent"], task["instantiatesCanonical"]) == ("draft", "proposal", canonical)


def about_the_inputs(results: Results) -> None:
    task = only(results)
    found = [task[name]["reference"] for name in ("for", "encounter", "requester")]
    assert found == ["Patient/Patient1", "Encounter/Encounter1", "Practitioner/Practitioner1"]


def administer_code(results: Results) -> None:
    coding = only(results)["code"]["coding"][0]
    assert (coding["system"], coding["code"]) == (ACTIVITY_TYPES, "administer-medication")


def ordered(results: Results) -> None:
    given = only(results)["input"][0]
    assert given["type"]["coding"][0]["code"] == "order-medication"
    assert given["valueReference"] == {"reference": "MedicationRequest/PastMedicationRequest"}


def first_questionnaire(results: Results) -> None:
    given = only(results)["input"][0]
    assert given["type"]["coding"][0]["code"] == "collect-information"
    assert given["valueCanonical"] == f"{QUESTIONNAIRES}/ASLPA1"


def second_questionnaire(results: Results) -> None:
    assert only(results)["input"][1]["valueCanonical"] == f"{QUESTIONNAIRES}/ASLPA2"


def reports(results: Results) -> None:
    given = only(results)["input"][0]
    assert given["type"]["coding"][0]["code"] == "generate-report"
    assert given["valueCanonical"] == "http://hl7.org/fhir/uv/cpg/Measure/activity-example-generatereport"


def observed(results: Results) -> None:
    (observation,) = only(results)["contained"]
    assert (observation["resourceType"], observation["status"]) == ("Observation", "final")


def refers_to_contained(results: Results) -> None:
    task = only(results)
    (given,) = task["input"]
    assert given["valueReference"] == {"reference": f"#{task['contained'][0]['id']}"}
    assert given["type"]["coding"][0]["code"] == "record-inference"


def not_given(results: Results) -> None:
    assert only(results)["medicationCodeableConcept"]
    assert only(results)["doNotPerform"] is True


def has_payload(results: Results) -> None:
    assert only(results)["payload"][0]["contentString"].startswith("Greeting: Hello! Alice")


def nothing_contained(results: Results) -> None:
    assert "contained" not in only(results)


def reason(results: Results) -> None:
    (found,) = only(results)["reasonCode"]
    coding = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "M06.9"}
    assert found == {"text": "rheumatoid arthritis", "coding": [coding]}


def own_words(results: Results) -> None:
    assert only(results)["payload"][0]["contentString"].startswith("welcome to my message from CQL")


def some_action(results: Results) -> None:
    assert actions(results)


def no_action(results: Results) -> None:
    assert not actions(results)


def message_and_group(results: Results) -> None:
    group, message = entries(only(results))
    assert (group["resourceType"], message["resourceType"]) == ("RequestGroup", "CommunicationRequest")
    assert group["action"][0]["resource"] == {"reference": f"CommunicationRequest/{message['id']}"}


def whole_action(results: Results) -> None:
    (action,) = actions(results)
    assert (action["id"], action["priority"]) == ("action-1", "routine")
    for name in ("prefix", "title", "description", "textEquivalent"):
        assert action[name] == f"action-1 {name}"
    assert action["relatedAction"][0]["relationship"] == "before"
    assert action["code"] == [{"text": "action-1 code"}]


def two_actions(results: Results) -> None:
    assert [each["id"] for each in actions(results)] == ["action-1", "action-2"]


def three_deep(results: Results) -> None:
    (first,) = actions(results)
    assert first["action"][0]["action"][0]["id"] == "action-1.1.1"


def product(results: Results) -> None:
    request = only(results)
    assert (request["resourceType"], request["status"]) == ("MedicationRequest", "draft")
    assert request["medicationCodeableConcept"]["coding"][0]["code"] == "1946772"


def proposed_group(results: Results) -> None:
    group = entries(only(results))[0]
    found = (group["resourceType"], group["subject"]["reference"], group["status"], group["intent"])
    assert found == ("RequestGroup", "Patient/123", "draft", "proposal")


def named_plan(results: Results) -> None:
    canonical = "http://example.org/PlanDefinition/SimplePlanDefinition|0.1.0"
    assert entries(only(results))[0]["instantiatesCanonical"] == [canonical]


def goal(results: Results) -> None:
    (found,) = of_type(only(results), "Goal")
    assert found["description"]["text"] == "to improve"


def goal_linked(results: Results) -> None:
    group, found = entries(only(results))
    assert group["extension"][0]["url"].endswith("resource-pertainsToGoal")
    assert group["extension"][0]["valueReference"] == {"reference": f"Goal/{found['id']}"}


def of_kind(kind: str) -> Callable[[Results], None]:
    def check(results: Results) -> None:
        assert only(results)["resourceType"] == kind

    return check


CHECKS: dict[str, Callable[[Results], None]] = {
    "result has a CommunicationRequest with a non-empty payload": has_message,
    "CarePlan form and Bundle form both hold a CommunicationRequest with a non-empty payload": has_message,
    "Bundle has 2 entries; entry[1] carries an OperationOutcome for the failing nested definition (not a 500)": (
        nested_failure
    ),
    "error: subject is required (4xx OperationOutcome)": is_refusal,
    "error outcome": is_refusal,
    "MedicationRequest with doNotPerform true": not_given,
    "Task status ready, intent proposal, instantiatesCanonical "
    "http://example.org/ActivityDefinition/AdministerMedicationActivity|0.2.0": administered,
    "for/encounter/requester equal the parameters": about_the_inputs,
    "code cpg-activity-type-cs#administer-medication": administer_code,
    "input[0].type order-medication, valueReference MedicationRequest/PastMedicationRequest": ordered,
    "Task.input[0].type.coding[0].code 'collect-information', valueCanonical .../ASLPA1": first_questionnaire,
    "Task.input[1] valueCanonical .../ASLPA2": second_questionnaire,
    "Task.input[0].type.coding[0].code 'generate-report'; "
    "value http://hl7.org/fhir/uv/cpg/Measure/activity-example-generatereport": reports,
    "Task.contained[0] is an Observation": observed,
    "Task.input[0].valueReference == #<contained id>": refers_to_contained,
    "CommunicationRequest has payload": has_payload,
    "no contained": nothing_contained,
    "MedicationRequest.reasonCode[0].text 'rheumatoid arthritis', coding[0] icd-10 M06.9": reason,
    "CommunicationRequest.payload[0].contentString 'welcome to my message from CQL!'": own_words,
    "RequestGroup.action present": some_action,
    "RequestGroup.action present (condition true)": some_action,
    "RequestGroup.action absent": no_action,
    "RequestGroup.action absent (condition false)": no_action,
    "2 resources: RequestGroup, CommunicationRequest; action[0].resource.reference == CommunicationRequest/<id>": (
        message_and_group
    ),
    "RequestGroup.action has 1 entry keeping id action-1, prefix, title, description, textEquivalent, priority "
    "routine, relatedAction[0].relationship before, code text": whole_action,
    "2 actions, ids action-1, action-2 in order": two_actions,
    "action-1 > action-1.1 > action-1.1.1": three_deep,
    "MedicationRequest, status draft, medicationCodeableConcept == productCodeableConcept": product,
    "entry[0].resource is RequestGroup; subject Patient/123; status draft; intent proposal": proposed_group,
    "instantiatesCanonical == ['http://example.org/PlanDefinition/SimplePlanDefinition|0.1.0']": named_plan,
    "bundle has a Goal with description.text 'to improve'": goal,
    "RequestGroup has an extension ending in resource-pertainsToGoal referencing that Goal": goal_linked,
}


def check_of(text: str) -> Callable[[Results], None]:
    """Return the check of a sentence; KeyError for one that nobody has read yet."""
    kind = text.removeprefix("result resourceType == ")
    return of_kind(kind) if kind != text else CHECKS[text]
