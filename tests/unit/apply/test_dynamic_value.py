"""Dynamic values: https://hl7.org/fhir/R4/activitydefinition-definitions.html#ActivityDefinition.dynamicValue."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.dynamic_value import is_for_action, set_values
from publisher.apply.fitting import fitted
from publisher.apply.tree import DynamicValue
from tests.unit.apply.builders import PATIENT, activity, bundle, care_plan, contained, does, plan, request, told, value


def put(target: dict[str, Any], path: str, *values: Any, kind: str | None = None) -> list[str]:
    return [each.diagnostics for each in set_values(target, [DynamicValue(path, values)], "x", kind)]


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        ("description", "x", {"description": "x"}),
        ("Task.description", "x", {"description": "x"}),
        ("$this.description", "x", {"description": "x"}),
        ("input[0].type.coding[0].code", "c", {"input": [{"type": {"coding": [{"code": "c"}]}}]}),
        ("input[0].valueCanonical", "http://x", {"input": [{"valueCanonical": "http://x"}]}),
        ("input[0].value.ofType(string)", "x", {"input": [{"valueString": "x"}]}),
        ("restriction.period.start", "2026", {"restriction": {"period": {"start": "2026"}}}),
        ("extension('http://e').value.ofType(string)", "x", {"extension": [{"url": "http://e", "valueString": "x"}]}),
        ("note", "x", {"note": [{"text": "x"}]}),
        ("focus", {"resourceType": "Patient", "id": "1"}, {"focus": {"reference": "Patient/1"}}),
        ("code", {"system": "s", "code": "c"}, {"code": {"coding": [{"system": "s", "code": "c"}]}}),
    ],
)
def test_a_path_leads_to_its_element_which_is_made(path: str, given: Any, expected: dict[str, Any]) -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    assert put(task, path, given) == []
    assert task == {"resourceType": "Task", **expected}


@pytest.mark.parametrize(
    ("path", "given", "reason"),
    [
        ("", "x", "the path is empty"),
        ("a b", "x", "is no FHIRPath"),
        ("description.first()", "x", "is not of the simple subset"),
        ("input.where(true)", "x", "is not of the simple subset"),
        ("input[%resource]", "x", "is not of the simple subset"),
        ("no.such", "x", "which Task does not have"),
        ("input[0].value", "x", "whose type it must name with ofType()"),
        ("input[3].valueString", "x", "the path leads to item 3, where there are 0 before it"),
        ("restriction.repetitions", "three", "is no positiveInt"),
        ("priority", "bogus", "it is no code of http://hl7.org/fhir/ValueSet/request-priority."),
        ("contained", {"id": "x"}, "is no Resource"),
        ("contained[0].id", "x", "the path goes into contained, which holds whole resources; give a whole one."),
        ("description", "", "it is no string"),
        ("instantiatesUri", "", "it is no uri"),
        ("code", {"value": 1, "system": "http://unitsofmeasure.org", "code": "mg"}, "it is no CodeableConcept"),
        ("$this", "x", "is no resource"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_and_nothing_is_guessed(path: str, given: Any, reason: str) -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    (message,) = put(task, path, given)
    assert reason in message


def test_several_values_do_not_fit_where_one_is_allowed() -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    assert "several values" in put(task, "description", "a", "b")[0]
    assert put(task, "note", "a", "b") == []
    assert task["note"] == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("requester.foo", "x"),
        ("restriction.period.start", 5),
        ("note[0].text", 1),
        ("note[0].author.foo", "x"),
        ("input[0].value.ofType(Coding).foo", "x"),
        ("note[1].text", "x"),
        ("instantiatesUri.foo", "x"),
    ],
)
def test_a_value_that_finds_no_place_leaves_nothing_behind(path: str, given: Any) -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    assert len(put(task, path, given)) == 1
    assert task == {"resourceType": "Task"}


def test_several_values_do_not_fit_at_an_index() -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    assert "several values" in put(task, "note[0]", "a", "b")[0]
    assert "where there are 1 before it" in put(task, "description[1]", "a")[0]
    assert task == {"resourceType": "Task"}


def test_an_extension_of_a_plain_value_stands_beside_it() -> None:
    task: dict[str, Any] = {"resourceType": "Task", "description": "x"}
    assert put(task, "description.extension('http://e').valueString", "y") == []
    assert task["description"] == "x"
    assert task["_description"] == {"extension": [{"url": "http://e", "valueString": "y"}]}


def test_a_path_into_one_form_of_a_choice_removes_the_other() -> None:
    medication = {"resourceType": "MedicationRequest", "medicationReference": {"reference": "Medication/1"}}
    assert put(medication, "medication.ofType(CodeableConcept).text", "x") == []
    assert medication == {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "x"}}


def test_a_whole_resource_is_of_the_kind_that_the_activity_makes() -> None:
    definition = activity("Task", dynamicValue=[value("$this", "%subject")])
    found = request(definition)
    assert "gender" not in found
    (outcome,) = contained(found, "OperationOutcome")
    assert outcome["issue"][0]["diagnostics"].endswith("was left out: it is no Task.")


def test_a_whole_resource_is_a_draft_proposal_all_the_same() -> None:
    task = {"resourceType": "Task", "id": "t", "status": "completed", "intent": "order", "description": "x"}
    given = {**task, "for": {"reference": "Patient/1"}, "owner": {"display": "y"}}
    definition = activity("Task", dynamicValue=[value("$this", "%parameters_task")])
    sent = {"resourceType": "Parameters", "parameter": [{"name": "parameters_task", "resource": given}]}
    found = request(definition, parameters=[sent])
    assert (found["status"], found["intent"], found.get("id")) == ("draft", "proposal", None)
    assert (found["description"], found["owner"]) == ("x", {"display": "y"})
    assert told(found) == [("warning", "dynamic-value-kept")] * 2


@pytest.mark.parametrize(
    ("path", "given", "is_taken"),
    [
        ("for", "Patient/1", True),
        ("requester", "https://ehr.example/fhir/Practitioner/1/_history/2", True),
        ("requester", "urn:uuid:0b0c1f9c-3f0a-4d5e-8d0e-2f6f0f0f0f0f", True),
        ("requester", {"display": "the nurse"}, True),
        ("requester", "Medication/1", False),
        ("requester", {"resourceType": "Observation", "id": "1"}, False),
    ],
)
def test_a_reference_leads_to_what_r4_has_there(path: str, given: Any, is_taken: bool) -> None:
    task: dict[str, Any] = {"resourceType": "Task"}
    assert (put(task, path, given) == []) is is_taken
    assert (path in task) is is_taken


def test_a_choice_holds_one_of_its_forms() -> None:
    request_: dict[str, Any] = {"resourceType": "ServiceRequest", "occurrencePeriod": {"start": "2026"}}
    assert put(request_, "occurrenceDateTime", "2027-01-01") == []
    assert request_ == {"resourceType": "ServiceRequest", "occurrenceDateTime": "2027-01-01"}


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ("c", "CodeableConcept", {"coding": [{"code": "c"}]}),
        ({"coding": [{"code": "c"}]}, "Coding", {"code": "c"}),
        ({"coding": [{"code": "c"}, {"code": "d"}]}, "Coding", None),
        ({"code": "c", "system": "s"}, "code", "c"),
        ("2026-01-01T10:00:00Z", "date", "2026-01-01"),
        (True, "boolean", True),
        ("true", "boolean", None),
        (True, "integer", None),
        (3, "Quantity", {"value": 3}),
        ({"low": "2026", "high": None, "lowClosed": True, "highClosed": True}, "Period", {"start": "2026"}),
        ({"low": {"value": 1}, "lowClosed": True}, "Range", {"low": {"value": 1}}),
        ("Patient/1", "Reference", {"reference": "Patient/1"}),
        ({"resourceType": "Patient"}, "Reference", None),
        ({"status": "final"}, "Reference", None),
        ("x", "Timing", None),
        ("x", "Reference", None),
        ("urn:uuid:5", "Reference", {"reference": "urn:uuid:5"}),
        ("x", "dateTime", None),
        ("2026-01", "dateTime", "2026-01"),
        ("2026-01-01T10:00:00", "instant", None),
        ("a  b", "code", None),
        ("two\nlines", "string", "two\nlines"),
        ("", "string", None),
        (PATIENT, "Annotation", None),
        (PATIENT, "Extension", None),
        (PATIENT, "Identifier", None),
        ({"wrong": 1}, "CodeableConcept", None),
        ({"text": "x", "coding": None}, "CodeableConcept", {"text": "x"}),
        ({"type": {"text": "x"}, "valueString": "y"}, "Task.input", {"type": {"text": "x"}, "valueString": "y"}),
    ],
)
def test_a_value_takes_the_type_of_its_element_or_is_refused(given: Any, kind: str, expected: Any) -> None:
    assert fitted(given, kind) == expected


@pytest.mark.parametrize(
    ("path", "expected"), [("%action.title", True), ("action.title", True), ("title", False), ("a b", False)]
)
def test_paths_of_the_action_are_told_from_those_of_the_request(path: str, expected: bool) -> None:
    assert is_for_action(path) is expected


def test_values_of_the_activity_come_first_and_then_those_of_the_action() -> None:
    definition = activity("Task", dynamicValue=[value("description", "'activity'"), value("priority", "'urgent'")])
    result = care_plan(plan(does(dynamicValue=[value("description", "'action'")])), definition)
    (task,) = contained(result, "Task")
    assert (task["description"], task["priority"]) == ("action", "urgent")


def test_values_for_the_action_are_set_on_it() -> None:
    action = does(dynamicValue=[value("%action.title", "'New ' + %action.title"), value("action.prefix", "'9'")])
    result = care_plan(plan(action), activity())
    (group,) = contained(result, "RequestGroup")
    assert (group["action"][0]["title"], group["action"][0]["prefix"]) == ("New A", "9")


def test_expressions_see_the_inputs_of_the_operation() -> None:
    text = "%subject.gender + ' ' + %encounter.reference + ' ' + %practitioner.name.family + ' ' + %context.kind"
    definition = activity("Task", dynamicValue=[value("description", text)])
    practitioner = {"resourceType": "Practitioner", "id": "p", "name": [{"family": "Ek"}]}
    found = request(
        definition, encounter=["Encounter/e"], practitioner=["Practitioner/p"], data=[bundle(PATIENT, practitioner)]
    )
    assert found["description"] == "female Encounter/e Ek Task"


@pytest.mark.parametrize("language", ["text/fhirpath", "text/cql-expression", "text/cql"])
def test_the_resource_of_an_expression_is_the_definition_that_it_stands_in(language: str) -> None:
    dynamic = [value("code", "%resource.topic.first()", language)]
    made = request(activity(topic=[{"text": "legs"}], dynamicValue=dynamic))
    assert (made["code"], told(made)) == ({"text": "legs"}, [])


def test_an_input_that_was_not_given_is_nothing_and_no_error() -> None:
    found = request(activity("Task", dynamicValue=[value("description", "%organization.name")]))
    assert "description" not in found
    assert told(found) == []


@pytest.mark.parametrize(
    "name", ["status", "intent", "Task.status", "$this.intent", "status.extension('x').valueString"]
)
def test_no_definition_makes_an_order_of_a_proposal(name: str) -> None:
    found = request(activity("Task", dynamicValue=[value(name, "'order'")]))
    assert (found["status"], found["intent"]) == ("draft", "proposal")
    assert told(found) == [("warning", "dynamic-value-kept")]


def test_no_definition_names_a_result() -> None:
    found = request(activity("Task", dynamicValue=[value("id", "'mine'"), value("description", "'to do'")]))
    assert found.get("id") != "mine"
    assert found["description"] == "to do"
    assert told(found) == [("warning", "dynamic-value-kept")]
    (outcome,) = contained(found, "OperationOutcome")
    assert outcome["issue"][0]["diagnostics"].endswith("a result is given its id here.")


def test_the_language_of_a_result_is_written_once() -> None:
    found = request(activity("Task", language="en", dynamicValue=[value("language", "'sv'")]))
    assert (found["language"], told(found)) == ("sv", [])


@pytest.mark.parametrize("path", ["action.resource", "action.resource.reference", "action.action"])
def test_what_an_action_holds_follows_from_its_definition(path: str) -> None:
    found = care_plan(plan(does(dynamicValue=[value(path, "'Task/mine'")])), activity("Task"))
    (group,) = contained(found, "RequestGroup")
    assert group["action"][0]["resource"] == {"reference": "#task-1"}
    assert told(found) == [("warning", "dynamic-value-kept")]
    (outcome,) = contained(found, "OperationOutcome")
    assert outcome["issue"][0]["diagnostics"].endswith("what an action holds follows from its definition.")


def test_this_without_a_definition_is_the_whole_action() -> None:
    expression = value("$this", "%action")
    result = care_plan(plan({"id": "a", "title": "Words", "dynamicValue": [expression]}))
    assert contained(result, "RequestGroup")[0]["action"][0]["title"] == "Words"


@pytest.mark.parametrize(
    ("expression", "rule"),
    [
        (value("description", "1 +"), "exception"),
        (value("description", "x", "application/x-fhir-query"), "not-supported"),
        (value("description", "1 + 1", "text/cql-expression"), "not-supported"),
        (value("description", "Name", "text/cql-identifier"), "exception"),
        (value("description", "Name", "text/cql", reference="http://example.org/Library/gone"), "exception"),
    ],
)
def test_an_expression_that_has_no_value_is_told_with_its_place(expression: dict[str, Any], rule: str) -> None:
    found = request(activity("Task", dynamicValue=[expression]))
    (issue,) = contained(found, "OperationOutcome")[0]["issue"]
    assert (issue["code"], issue["expression"]) == (rule, ["dynamicValue[0]"])
