"""What no dynamic value decides of a result: whom it is about, what it comes from, what is read of it.

https://hl7.org/fhir/R4/activitydefinition.html#12.17.3.3: a request is focused on the subject of `$apply`.
"""

from __future__ import annotations

from typing import Any

import pytest

from publisher.apply.dynamic_value import set_values
from publisher.apply.request import OURS
from publisher.apply.tree import DynamicValue
from tests.unit.apply.builders import activity, care_plan, contained, does, plan, request, sentences, told, value

OTHER, MINE = "Patient/2", "http://example.org/ActivityDefinition/act|2"
TOLD = [("warning", "dynamic-value-kept")]


@pytest.mark.parametrize(
    ("kind", "name", "path"),
    [
        ("ServiceRequest", "subject", "subject"),
        ("ServiceRequest", "subject", "subject.reference"),
        ("ServiceRequest", "subject", "$this.subject.identifier.value"),
        ("Task", "for", "for.reference"),
        ("NutritionOrder", "patient", "patient.reference"),
        ("Appointment", "participant", "participant[0].actor"),
        ("Contract", "subject", "subject[0].reference"),
    ],
)
def test_no_definition_makes_a_result_about_somebody_else(kind: str, name: str, path: str) -> None:
    found = request(activity(kind, code={"text": "c"}, dynamicValue=[value(path, f"'{OTHER}'")]))
    assert found[name] == request(activity(kind, code={"text": "c"}))[name]
    assert TOLD[0] in told(found)
    kept = f"The dynamic value for {path} was left out: a result is about the subject that was asked for."
    assert kept in sentences(found)


def test_who_else_takes_part_may_be_a_dynamic_value() -> None:
    values = [value("participant[1].actor", "'Practitioner/p'"), value("participant[1].status", "'needs-action'")]
    found = request(activity("Appointment", dynamicValue=values))
    assert [each["actor"]["reference"] for each in found["participant"]] == ["Patient/1", "Practitioner/p"]
    assert told(found) == []


def test_how_the_subject_takes_part_may_be_a_dynamic_value() -> None:
    found = request(activity("Appointment", dynamicValue=[value("participant[0].required", "'required'")]))
    taking_part = {"actor": {"reference": "Patient/1"}, "status": "needs-action", "required": "required"}
    assert (found["participant"], told(found)) == ([taking_part], [])


def test_the_subject_itself_may_be_said_again() -> None:
    found = request(activity("Task", dynamicValue=[value("for", "%subject"), value("for.reference", "'Patient/1'")]))
    assert (found["for"], told(found)) == ({"reference": "Patient/1"}, [])


@pytest.mark.parametrize(
    ("kind", "path"), [("Task", "instantiatesCanonical"), ("ServiceRequest", "instantiatesCanonical[0]")]
)
def test_no_definition_hides_what_a_result_comes_from(kind: str, path: str) -> None:
    found = request(activity(kind, dynamicValue=[value(path, "'http://example.org/other'")]))
    assert found["instantiatesCanonical"] in (MINE, [MINE])
    assert told(found) == TOLD


@pytest.mark.parametrize("path", ["extension[0].url", "extension[0].value.ofType(canonical)", "extension"])
def test_no_definition_hides_what_a_result_comes_from_where_an_extension_says_it(path: str) -> None:
    plain = request(activity("SupplyRequest", code={"text": "c"}))
    found = request(activity("SupplyRequest", code={"text": "c"}, dynamicValue=[value(path, "'http://example.org/x'")]))
    assert found["extension"][0] == plain["extension"][0]
    assert found["extension"][0]["valueCanonical"] == MINE
    assert "dynamic-value" in " ".join(rule for _, rule in told(found))


def test_other_extensions_may_be_added_to_it() -> None:
    path = "extension('http://example.org/e').value.ofType(boolean)"
    found = request(activity("SupplyRequest", dynamicValue=[value(path, "true")]))
    assert found["extension"][1] == {"url": "http://example.org/e", "valueBoolean": True}


def test_what_else_a_result_follows_may_be_added() -> None:
    more = "http://example.org/PlanDefinition/more"
    found = request(activity("ServiceRequest", dynamicValue=[value("instantiatesCanonical[1]", f"'{more}'")]))
    assert (found["instantiatesCanonical"], told(found)) == ([MINE, more], [])


@pytest.mark.parametrize("path", ["text.div", "$this.text.status", "Task.text"])
def test_no_definition_writes_the_narrative_of_a_result(path: str) -> None:
    found = request(activity("Task", dynamicValue=[value(path, "'<div><script>x()</script></div>'")]))
    assert "text" not in found
    assert told(found) == TOLD


def test_a_whole_resource_changes_neither() -> None:
    narrative = {"status": "generated", "div": "<div>x</div>"}
    whole = {
        "resourceType": "Task",
        "for": {"reference": OTHER},
        "instantiatesCanonical": "http://x",
        "text": narrative,
    }
    held: dict[str, Any] = {"resourceType": "Task", "for": {"reference": "Patient/1"}, "instantiatesCanonical": MINE}
    task = dict(held)
    given = [DynamicValue("$this", ({**whole, "description": "to do"},))]
    issues = set_values(task, given, "here", ours={**OURS, "for": "value-subject"})
    assert task == {**held, "description": "to do"}
    assert [(each.severity, each.rule) for each in issues] == TOLD * 3


def test_no_dynamic_value_gives_an_action_another_id() -> None:
    result = care_plan(plan(does(dynamicValue=[value("%action.id", "'b'")])), activity("Task"))
    (group,) = contained(result, "RequestGroup")
    assert (group["action"][0]["id"], told(result)) == ("a", TOLD)
    kept = "The dynamic value for %action.id was left out: an action keeps the id by which others relate to it."
    assert sentences(result) == [kept]


def test_what_an_action_lacks_after_its_dynamic_values_is_told() -> None:
    values = [value("%action.documentation[0].label", "'why'")]
    result = care_plan(plan(does(dynamicValue=values)), activity("Task"))
    (group,) = contained(result, "RequestGroup")
    assert group["action"][0]["documentation"] == [{"label": "why"}]
    assert sentences(result) == ["action[0]: the RequestGroup.action lacks documentation[0].type, which R4 requires."]


def test_a_whole_resource_that_gives_a_choice_twice_keeps_the_later_one() -> None:
    twice = {"medicationReference": {"reference": "Medication/m"}, "medicationCodeableConcept": {"text": "x"}}
    target = {"resourceType": "MedicationRequest", "status": "draft"}
    whole = {"resourceType": "MedicationRequest", **twice, "status": "active"}
    (issue,) = set_values(target, [DynamicValue("$this", (whole,))], "activity", ours=OURS)
    assert issue.rule == "dynamic-value-kept"
    assert target == {
        "resourceType": "MedicationRequest", "status": "draft", "medicationCodeableConcept": {"text": "x"}
    }  # fmt: skip
