"""PlanDefinition/$apply: parameters in, a CarePlan out, and nothing dropped in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from publisher import wording
from publisher.apply.call import Caller
from publisher.apply.knowledge import Knowledge
from publisher.apply.operation import apply_operation
from publisher.expression.causes import Cause
from publisher.issue import IssueError
from publisher.repository import Artifact, Repository
from tests.unit.apply.sneeze import BASE, KNOWLEDGE, SELECT, VIEW, answered, condition, draft

FEATHER = [answered("feather", value=True), answered("whistle", value=False)]


def caller(language: str = "sv", *, drafts: bool = True) -> Caller:
    return Caller(language, ("sv", "en"), evaluate_drafts=drafts, now=datetime(2026, 11, 22, tzinfo=UTC))


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def apply(plan: str | None = VIEW, who: Caller | None = None, **inputs: list[Any]) -> dict[str, Any]:
    return apply_operation(KNOWLEDGE, plan, {"subject": ["Patient/1"], **inputs}, who or caller()).value


def contained(plan: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in plan.get("contained", ()) if each["resourceType"] == kind]


def refused(plan: str | None = VIEW, who: Caller | None = None, **inputs: list[Any]) -> tuple[str, str]:
    with pytest.raises(IssueError) as raised:
        apply(plan, who, **inputs)
    (issue,) = raised.value.report
    return issue.code, issue.rule


def test_a_complete_patient_gives_a_care_plan_of_proposals() -> None:
    plan = apply(data=[bundle(condition(), *FEATHER)])
    assert (plan["resourceType"], plan["status"], plan["intent"]) == ("CarePlan", "draft", "proposal")
    assert plan["instantiatesCanonical"] == [f"{BASE}/PlanDefinition/{VIEW}|0.1.0"]
    assert plan["subject"] == {"reference": "Patient/1"}
    (task,) = contained(plan, "Task")
    assert (task["status"], task["intent"], task["for"]) == ("draft", "option", plan["subject"])
    assert task["instantiatesCanonical"] == f"{BASE}/ActivityDefinition/move-feather|0.1.0"
    assert not contained(plan, "OperationOutcome")


def test_every_contained_resource_is_referred_to() -> None:
    plan = apply(data=[bundle(condition(), *FEATHER)])
    words = str(plan)
    assert all(f"'#{each['id']}'" in words for each in plan["contained"])
    assert "id" not in plan


def test_every_action_carries_its_statements_and_holds_one_thing() -> None:
    plan = apply(data=[bundle(condition(), *FEATHER)])

    def walk(actions: list[dict[str, Any]]) -> None:
        for action in actions:
            assert ("resource" in action) != ("action" in action)
            assert all(each["label"].startswith(("SNZ-", "DER-")) for each in action["documentation"])
            walk(action.get("action", []))

    for group in contained(plan, "RequestGroup"):
        walk(group["action"])


def test_texts_come_in_the_language_asked_for_and_leave_no_other() -> None:
    plan = apply(who=caller("en"), data=[bundle(condition(), *FEATHER)])
    assert plan["language"] == "en"
    assert plan["title"] == "Example sneeze, when the record is opened"
    assert not set("åäöÅÄÖ") & set(str(plan))
    assert "translation" not in str(plan)


def test_user_language_wins_over_the_negotiated_one() -> None:
    concept = {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-GB"}]}
    assert apply(userLanguage=[concept], data=[bundle(condition())])["language"] == "en"


def test_an_undetermined_action_is_told_with_what_is_missing() -> None:
    plan = apply(who=caller("en"), data=[bundle(condition())])
    (outcome,) = contained(plan, "OperationOutcome")
    assert outcome["issue"][0] == {
        "severity": "warning",
        "code": "incomplete",
        "details": {"text": "action-undetermined"},
        "diagnostics": wording.undecided("A whistle is heard", [Cause("not-supplied", "Observation")], "en"),
        "expression": ["action[0].action[0]"],
    }
    (extension,) = plan["extension"]
    assert extension["url"] == "http://hl7.org/fhir/StructureDefinition/cqf-messages"
    assert extension["valueReference"] == {"reference": "#messages"}


def test_without_data_the_scope_itself_is_undetermined() -> None:
    plan = apply()
    (outcome,) = contained(plan, "OperationOutcome")
    assert outcome["issue"][0]["code"] == "incomplete"
    assert "activity" not in plan


def test_a_patient_outside_the_scope_gets_an_empty_plan() -> None:
    plan = apply(data=[bundle(condition("other-condition"))])
    assert "contained" not in plan
    assert "activity" not in plan


def below(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every action below a group or an action."""
    return [one for action in element.get("action", ()) for one in (action, *below(action))]


def test_discouraged_drafts_are_removed_one_by_one_and_the_medicine_is_not_to_be_given() -> None:
    drafts = [draft("a"), draft("b")]
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "ContextPrescriptions", "resource": each} for each in drafts],
    }
    plan = apply(SELECT, parameters=[parameters])
    actions = [one for group in contained(plan, "RequestGroup") for one in below(group)]
    removals = {one["id"]: one["resource"]["reference"] for one in actions if one["id"].startswith("remove")}
    assert removals == {"remove-dust": "MedicationRequest/a", "remove-dust-2": "MedicationRequest/b"}
    (proposal,) = contained(plan, "MedicationRequest")
    assert proposal["doNotPerform"] is True
    assert "dosageInstruction" not in proposal


MRN = {"system": "https://ehr.example/mrn", "value": "7"}


@pytest.mark.parametrize(
    ("draft_order", "refusal"),
    [
        (draft(subject={"reference": "Patient/2"}), ("value", "parameter-subject")),
        (draft(subject={"identifier": {**MRN, "value": "8"}}), ("value", "parameter-subject")),
        (draft(subject={"reference": "#p"}), ("value", "parameter-subject")),
        (draft(status=3), ("structure", "parameter-value")),
        (draft(medication={"concept": {}}), ("structure", "parameter-value")),
        ({}, ("structure", "parameter-value")),
        (bundle(draft(), draft(subject={"reference": "Patient/2"})), ("value", "parameter-subject")),
        (draft(subject={"identifier": MRN}), None),
        (draft(subject={"reference": "https://ehr.example/fhir/Patient/1/_history/2"}), None),
        (draft(subject={}), None),
    ],
)
def test_a_resource_for_the_logic_is_about_the_subject(draft_order: Any, refusal: tuple[str, str] | None) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "ContextPrescriptions", "resource": draft_order}],
    }
    inputs = {"parameters": [parameters], "data": [bundle({"resourceType": "Patient", "id": "1", "identifier": [MRN]})]}
    if refusal:
        assert refused(SELECT, **inputs) == refusal
    else:
        assert contained(apply(SELECT, **inputs), "MedicationRequest")


def test_the_parameters_of_logic_below_the_plan_are_known_and_no_others() -> None:
    nested = KNOWLEDGE.repository.get("PlanDefinition", SELECT)
    assert nested is not None
    leads = [{"id": "a", "definitionCanonical": str(nested.canonical)}]
    outer = {"resourceType": "PlanDefinition", "id": "outer", "url": "http://x/p", "status": "active", "action": leads}
    held = KNOWLEDGE.over(Repository([*KNOWLEDGE.repository, Artifact(outer, {})], drafts=True))

    def applied(name: str) -> dict[str, Any]:
        item = {"name": name, "resource": draft("a")}
        inputs = {"subject": ["Patient/1"], "parameters": [{"resourceType": "Parameters", "parameter": [item]}]}
        return apply_operation(held, "outer", inputs, caller()).value

    assert contained(applied("ContextPrescriptions"), "MedicationRequest")
    with pytest.raises(IssueError, match="parameter-unknown"):
        applied("Another")


@pytest.mark.parametrize("subject", ["Patient/1/_history/2", "https://ehr.example/fhir/Patient/1/_history/2"])
def test_a_version_of_the_subject_is_the_subject(subject: str) -> None:
    inputs = {"data": [bundle(condition())]}
    assert apply(subject=[subject], **inputs) == apply(subject=["Patient/1"], **inputs)


def test_a_plan_is_found_by_url_and_version() -> None:
    url = f"{BASE}/PlanDefinition/{VIEW}"
    assert apply(None, url=[url], version=["0.1.0"], data=[bundle(condition())])["title"]
    assert refused(None, url=[f"{url}|9.9.9"]) == ("not-found", "plan-missing")


@pytest.mark.parametrize(
    ("inputs", "refusal"),
    [
        ({"subject": []}, ("required", "parameter-missing")),
        ({"subject": ["Patient/1", "Patient/2"]}, ("not-supported", "subject-repeated")),
        ({"subject": ["Group/1"]}, ("value", "subject-type")),
        ({"data": [condition()]}, ("value", "parameter-value")),
        ({"subjects": ["Patient/1"]}, ("not-supported", "parameter-unknown")),
        ({"url": [3]}, ("value", "parameter-value")),
        ({"parameters": ["x"]}, ("value", "parameter-value")),
        ({"parameters": [{"parameter": [3]}]}, ("value", "parameter-value")),
        (
            {"parameters": [{"resourceType": "Parameters", "parameter": [{"name": "Unheard", "valueString": "x"}]}]},
            ("value", "parameter-unknown"),
        ),
    ],
)
def test_bad_parameters_are_refused_by_name(inputs: dict[str, list[Any]], refusal: tuple[str, str]) -> None:
    assert refused(**inputs) == refusal


def test_a_plan_must_be_named() -> None:
    assert refused(None) == ("required", "parameter-missing")


def test_a_draft_is_not_applied_where_drafts_are_not_evaluated() -> None:
    assert refused(who=caller(drafts=False)) == ("business-rule", "plan-status")


def plain_plan(**action: Any) -> Artifact:
    """Return a foreign plan: active, plain, with one action."""
    resource = {
        "resourceType": "PlanDefinition",
        "id": "foreign",
        "url": "http://example.org/PlanDefinition/foreign",
        "version": "1",
        "status": "active",
        "library": [f"{BASE}/Library/ExampleSneeze|0.1.0"],
        "action": [{"id": "one", "title": "One", **action}],
    }
    return Artifact(resource, {})


def foreign(**action: Any) -> dict[str, Any]:
    knowledge = Knowledge(Repository([*KNOWLEDGE.repository, plain_plan(**action)], drafts=True))
    inputs = {"subject": ["Patient/1"], "data": [bundle(condition())]}
    return apply_operation(knowledge, "foreign", inputs, caller()).value


def applicable(name: str, language: str = "text/cql-identifier") -> dict[str, Any]:
    return {"condition": [{"kind": "applicability", "expression": {"language": language, "expression": name}}]}


def test_a_foreign_plan_reads_missing_data_as_plain_cql_does() -> None:
    plan = foreign(**applicable("Whistle Is Heard"))
    assert "contained" not in plan


def test_a_text_only_action_becomes_a_message() -> None:
    plan = foreign(description="Say this.", **applicable("Sneeze Is Active"))
    (message,) = contained(plan, "CommunicationRequest")
    assert message["payload"] == [{"contentString": "Say this."}]


@pytest.mark.parametrize(
    "condition_",
    [
        applicable("No Such Definition"),
        applicable("Sneeze Is Active", "text/x-unknown"),
        applicable("Dust Drafts"),
    ],
)
def test_a_condition_that_cannot_be_computed_is_told_and_not_passed_over(condition_: dict[str, Any]) -> None:
    knowledge_plan = foreign(**condition_)
    if condition_["condition"][0]["expression"]["expression"] == "Dust Drafts":
        assert "contained" not in knowledge_plan  # null in plain mode: there are no drafts
        return
    (outcome,) = contained(knowledge_plan, "OperationOutcome")
    assert outcome["issue"][0]["code"] == "exception"


def test_a_definition_that_is_not_held_is_told() -> None:
    plan = foreign(definitionCanonical="http://example.org/ActivityDefinition/gone", **applicable("Sneeze Is Active"))
    (outcome,) = contained(plan, "OperationOutcome")
    assert (outcome["issue"][0]["code"], outcome["issue"][0]["details"]["text"]) == ("not-found", "definition-missing")


def test_a_plan_that_leads_to_itself_is_told_and_ends() -> None:
    plan = foreign(definitionCanonical="http://example.org/PlanDefinition/foreign|1")
    (outcome,) = contained(plan, "OperationOutcome")
    assert outcome["issue"][0]["details"]["text"] == "definition-unusable"


def test_start_and_stop_conditions_are_carried_forward() -> None:
    stop = {"kind": "stop", "expression": {"language": "text/cql-identifier", "expression": "Sneeze Is Active"}}
    plan = foreign(condition=[stop], description="x", prefix="1", groupingBehavior="logical-group")
    (group,) = contained(plan, "RequestGroup")
    assert group["action"][0]["condition"] == [stop]
    assert group["action"][0]["prefix"] == "1"
    assert group["action"][0]["groupingBehavior"] == "logical-group"
