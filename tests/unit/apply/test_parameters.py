"""The parameters of $apply: what is taken, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.issue import IssueError
from publisher.language import TRANSLATION
from tests.unit.apply.builders import (
    PATIENT,
    activity,
    apply,
    bundle,
    caller,
    care_plan,
    contained,
    does,
    knowledge,
    plan,
    told,
    when,
)

HELD = knowledge(plan(does()), activity())
INLINE = plan({"id": "x", "title": "Inline"}, name="inline", status="draft")


SPOKEN = {"url": TRANSLATION, "extension": [
    {"url": "lang", "valueCode": "sv"}, {"url": "content", "valueString": "Vila"},
]}  # fmt: skip
SWEDISH = knowledge(plan({"title": "Rest", "_title": {"extension": [SPOKEN]}}))


def refused(operation: str = "PlanDefinition/apply", name: str | None = "plan", **inputs: Any) -> tuple[str, str]:
    with pytest.raises(IssueError) as error:
        apply(operation, HELD, name, **inputs)
    issue = next(iter(error.value.report))
    return issue.code, issue.rule


@pytest.mark.parametrize(
    ("inputs", "refusal"),
    [
        ({"dataEndpoint": [{}]}, ("not-supported", "parameter-unsupported")),
        ({"terminologyEndpoint": [{}]}, ("not-supported", "parameter-unsupported")),
        ({"mergeNestedCarePlans": [True]}, ("not-supported", "parameter-unsupported")),
        ({"prefetchData": [{}]}, ("invalid", "parameter-value")),
        ({"evaluationMode": ["loose"]}, ("value", "parameter-value")),
        ({"trace": ["yes"]}, ("value", "parameter-value")),
        ({"encounter": ["a", "b"]}, ("value", "parameter-value")),
        ({"encounter": [{"display": "x"}]}, ("value", "parameter-value")),
        ({"encounter": ["Patient/1"]}, ("value", "parameter-value")),
        ({"encounter": ["<b>"]}, ("value", "parameter-value")),
        ({"encounter": ["Encounter/1\n"]}, ("value", "parameter-value")),
        ({"encounter": ["Encounter/" + "x" * 65]}, ("value", "parameter-value")),
        ({"practitioner": [{"reference": 3}]}, ("value", "parameter-value")),
        ({"organization": ["https://ehr.example/fhir/Location/1"]}, ("value", "parameter-value")),
        ({"url": ["http://x/PlanDefinition/another"]}, ("invalid", "parameter-value")),
        ({"version": ["9"]}, ("invalid", "parameter-value")),
        ({"url": ["http://example.org/PlanDefinition/plan|1"], "version": ["2"]}, ("invalid", "parameter-value")),
        ({"setting": [3]}, ("value", "parameter-value")),
        ({"setting": [{"value": 1, "code": "mg"}]}, ("value", "parameter-value")),
        ({"setting": [{}]}, ("value", "parameter-value")),
        ({"setting": [PATIENT]}, ("value", "parameter-value")),
        ({"userLanguage": [{"coding": "sv"}]}, ("value", "parameter-value")),
        ({"userLanguage": [{"coding": ["sv"]}]}, ("value", "parameter-value")),
        ({"userLanguage": [{"coding": [{"code": 3}]}]}, ("value", "parameter-value")),
        ({"parameters": [PATIENT]}, ("value", "parameter-value")),
        ({"data": [{"resourceType": "Bundle", "entry": {"resource": PATIENT}}]}, ("value", "parameter-value")),
        ({"activityDefinition": [activity()]}, ("not-supported", "parameter-unknown")),
        ({"planDefinition": [INLINE]}, ("not-supported", "inline-content")),
        ({"planDefinition": ["x"]}, ("value", "parameter-value")),
        ({"data": [bundle(PATIENT, INLINE)]}, ("not-supported", "inline-content")),
        ({"subject": ["Patient/1", "Patient/2"]}, ("not-supported", "subject-repeated")),
    ],
)
def test_what_is_not_done_here_is_refused_by_name(inputs: dict[str, Any], refusal: tuple[str, str]) -> None:
    assert refused(**inputs) == refusal


def test_a_coding_does_for_a_concept() -> None:
    result = apply("PlanDefinition/apply", SWEDISH, "plan", userLanguage=[{"system": "urn:ietf:bcp:47", "code": "sv"}])
    assert (contained(result, "RequestGroup")[0]["action"][0]["title"], told(result)) == ("Vila", [])


def test_one_version_is_named() -> None:
    url = ["http://example.org/PlanDefinition/plan|1"]
    assert refused(name=None, url=url, version=["2"]) == ("invalid", "parameter-value")
    assert apply("PlanDefinition/apply", HELD, None, url=url, version=["1"])["resourceType"] == "CarePlan"


def test_an_activity_takes_one_subject() -> None:
    found = refused("ActivityDefinition/apply", "act", subject=["Patient/1", "Patient/2"])
    assert found == ("not-supported", "subject-repeated")


def test_ids_and_texts_are_taken_for_references_and_codes_as_a_query_string_has_them() -> None:
    inputs = {"encounter": ["e"], "useServerData": ["false"], "userLanguage": ["sv"], "trace": ["false"]}
    result = apply("PlanDefinition/apply", HELD, "plan", **inputs)
    assert result["encounter"] == {"reference": "Encounter/e"}


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("p", "Practitioner/p"),
        ("PractitionerRole/p", "PractitionerRole/p"),
        ("https://ehr.example/fhir/Practitioner/p/_history/2", "https://ehr.example/fhir/Practitioner/p/_history/2"),
        (
            {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},
            "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
        ),
    ],
)
def test_a_reference_may_be_written_in_every_way_of_r4(written: Any, reference: str) -> None:
    held = next(iter(HELD.repository.of_type("PlanDefinition"))).canonical
    result = apply("PlanDefinition/apply", HELD, "plan", practitioner=[written], url=[str(held)])
    assert contained(result, "ServiceRequest")[0]["requester"] == {"reference": reference}


@pytest.mark.parametrize("operation", ["PlanDefinition/apply", "ActivityDefinition/apply"])
def test_what_was_taken_and_changed_nothing_is_told_beside_the_result(operation: str) -> None:
    name = "plan" if operation == "PlanDefinition/apply" else "act"
    result = apply(operation, HELD, name, useServerData=[True], userLanguage=["fi"])
    assert told(result) == [("warning", "parameter-unsupported")] * 2
    words = [each["diagnostics"] for each in contained(result, "OperationOutcome")[0]["issue"]]
    assert words[0].startswith("useServerData found nothing")
    assert words[1].startswith("The texts are not held in the language of userLanguage")
    assert not told(apply(operation, HELD, name, useServerData=[False], userLanguage=["en-GB"]))


OTHER = {"resourceType": "Patient", "id": "other"}


@pytest.mark.parametrize("operation", ["PlanDefinition/apply", "ActivityDefinition/apply"])
def test_data_of_somebody_else_are_told_of_where_there_is_one_subject(operation: str) -> None:
    name = "plan" if operation == "PlanDefinition/apply" else "act"
    for inputs in (
        {"data": [bundle(PATIENT, OTHER)]},
        {"prefetchData": [{"key": ["x"], "data": [bundle(OTHER)]}], "data": None},
    ):
        result = apply(operation, HELD, name, **inputs)
        assert ("warning", "data-of-others") in told(result)
        assert not told(apply(operation, HELD, name, data=[bundle(PATIENT)]))


def test_data_of_another_subject_are_no_surprise() -> None:
    both = {"subject": ["Patient/1", "Patient/other"], "data": [bundle(PATIENT, OTHER)]}
    result = apply("PlanDefinition/r5.apply", HELD, "plan", **both)
    assert "data-of-others" not in str(result)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("sv", "A: kan inte avgöras, eftersom villkoret inte gick att beräkna: ”expressions in text/x are not evaluated”."),
        ("en", "A: cannot be decided, because its condition could not be computed: “expressions in text/x are not evalu"),
    ],
)  # fmt: skip
def test_why_a_condition_could_not_be_computed_is_told(language: str, said: str) -> None:
    condition = [{"kind": "applicability", "expression": {"language": "text/x", "expression": "true"}}]
    result = apply("PlanDefinition/apply", knowledge(plan(does(condition=condition))), "plan", who=caller(language))
    (issue,) = contained(result, "OperationOutcome")[0]["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("exception", "action-undetermined")
    assert issue["diagnostics"].startswith(said)


def test_a_laboratory_takes_the_definition_and_the_content_it_needs_from_the_request() -> None:
    who = caller(inline_content=True)
    result = apply("PlanDefinition/apply", HELD, None, planDefinition=[INLINE], who=who)
    assert contained(result, "RequestGroup")[0]["action"][0]["title"] == "Inline"
    led = plan({"definitionCanonical": "http://example.org/ActivityDefinition/mine"}, name="inline")
    mine = {**activity("Task"), "id": "mine", "url": "http://example.org/ActivityDefinition/mine", "status": "draft"}
    result = apply("PlanDefinition/apply", HELD, None, planDefinition=[led], data=[bundle(PATIENT, mine)], who=who)
    assert contained(result, "Task")


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        ({"action": "x"}, "PlanDefinition.action"),
        ({"action": ["x"]}, "PlanDefinition.action[0]"),
        ({"action": [{"condition": [3]}]}, "PlanDefinition.action[0].condition[0]"),
        ({"goal": [3]}, "PlanDefinition.goal[0]"),
    ],
)
def test_content_of_another_shape_is_refused(broken: dict[str, Any], where: str) -> None:
    inputs = {"planDefinition": [{**INLINE, **broken}], "who": caller(inline_content=True)}
    with pytest.raises(IssueError) as error:
        apply("PlanDefinition/apply", HELD, None, **inputs)
    (issue,) = error.value.report
    assert (issue.code, issue.rule) == ("structure", "content-malformed")
    assert issue.expression == "Parameters.parameter.where(name='planDefinition')"
    assert issue.diagnostics.endswith(f"so it cannot be applied; correct {where}.")


def test_content_that_can_be_applied_though_it_has_not_the_shape_of_r4_is_told() -> None:
    odd = {**INLINE, "meta": {"profile": "http://example.org/p"}, "library": "http://example.org/Library/l"}
    who = caller(inline_content=True)
    result = apply("PlanDefinition/apply", HELD, None, planDefinition=[odd], who=who)
    (outcome,) = contained(result, "OperationOutcome")
    (issue,) = outcome["issue"]
    assert (issue["severity"], issue["code"], issue["details"]["text"]) == ("warning", "structure", "content-malformed")
    assert issue["expression"] == ["Parameters.parameter.where(name='planDefinition')"]
    assert issue["diagnostics"].endswith("and was applied as it is written; correct PlanDefinition.meta.profile.")
    assert told(apply("PlanDefinition/apply", HELD, None, planDefinition=[INLINE], who=who)) == []


def test_content_of_a_request_is_for_that_request_alone() -> None:
    who = caller(inline_content=True)
    changed = {**activity("Task"), "title": "changed"}
    apply("PlanDefinition/apply", HELD, "plan", data=[bundle(PATIENT, changed)], who=who)
    assert contained(apply("PlanDefinition/apply", HELD, "plan"), "ServiceRequest")


def test_logic_that_comes_as_cql_is_translated_only_in_a_laboratory() -> None:
    elm = {
        "identifier": {"id": "Mine"},
        "statements": {
            "def": [{"name": "Yes", "expression": {"type": "Literal", "valueType": BOOLEAN, "value": "true"}}]
        },
    }
    cql = {"contentType": "text/cql", "data": "bGlicmFyeSBNaW5lCmRlZmluZSBZZXM6IHRydWU="}
    library = {
        "resourceType": "Library",
        "id": "Mine",
        "url": "http://example.org/Library/Mine",
        "status": "active",
        "content": [cql],
    }
    condition = [{"kind": "applicability", "expression": {"language": "text/cql-identifier", "expression": "Yes"}}]
    definition = plan({"id": "x", "title": "X", "condition": condition}, library=[library["url"]])
    inputs = {"planDefinition": [definition], "data": [bundle(PATIENT, library)]}
    taught = caller(inline_content=True, translate=lambda texts: {name: elm for name in texts if name == "Mine"})
    result = apply("PlanDefinition/apply", HELD, None, **inputs, who=taught)
    assert contained(result, "RequestGroup")
    with pytest.raises(IssueError) as error:
        apply("PlanDefinition/apply", HELD, None, **inputs, who=caller(inline_content=True))
    assert [each.rule for each in error.value.report] == ["library-without-elm"]
    wrong = [f"Could not resolve {each} (line {each}, column 1)" for each in range(1, 6)]
    untaught = caller(inline_content=True, translate=lambda texts: dict.fromkeys(texts, wrong))
    with pytest.raises(IssueError) as error:
        apply("PlanDefinition/apply", HELD, None, **inputs, who=untaught)
    assert [(each.rule, each.diagnostics) for each in error.value.report] == [
        (
            "cql-translation",
            "The CQL of library http://example.org/Library/Mine does not translate: Could not resolve 1 (line 1, "
            "column 1), Could not resolve 2 (line 2, column 1), Could not resolve 3 (line 3, column 1); correct it.",
        )
    ]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            ["Could not resolve Yess (line 6, column 1)"],
            "CQL '1 = Yess' does not translate: Could not resolve Yess;",
        ),
        (None, "CQL cannot be translated here, for the translator or Node is missing;"),
    ],
)
def test_why_written_out_cql_is_not_evaluated_is_told(made: Any, said: str) -> None:
    condition = [{"kind": "applicability", "expression": {"language": "text/cql-expression", "expression": "1 = Yess"}}]
    definition = plan({"id": "x", "title": "X", "condition": condition})
    teaching = caller(inline_content=True, translate=lambda texts: dict.fromkeys(texts, made) if made else {})
    inputs = {"planDefinition": [definition], "data": [bundle(PATIENT)]}
    (messages,) = contained(apply("PlanDefinition/apply", HELD, None, **inputs, who=teaching), "OperationOutcome")
    (issue,) = messages["issue"]
    assert said in issue["diagnostics"]


BOOLEAN = "{urn:hl7-org:elm-types:r1}Boolean"


def items(*given: dict[str, Any]) -> list[Any]:
    return [{"resourceType": "Parameters", "parameter": list(given)}]


@pytest.mark.parametrize(
    ("expression", "given"),
    [
        ("%x.count() = 2 and %x.first() = 1", [{"name": "x", "valueInteger": 1}, {"name": "x", "valueInteger": 2}]),
        ("%x = 1", [{"name": "x", "valueInteger": 1}]),
        ("%subject.gender = 'female' and %resource.id = '1'", [
            {"name": "subject", "valueInteger": 1}, {"name": "resource", "valueInteger": 1},
        ]),
    ],
)  # fmt: skip
def test_parameters_without_a_library_are_seen_by_fhirpath_and_hide_no_input(
    expression: str, given: list[dict[str, Any]]
) -> None:
    result = care_plan(plan(does(**when(expression))), activity("Task"), parameters=items(*given))
    assert len(contained(result, "Task")) == 1


@pytest.mark.parametrize("given", [{"name": "x"}, {"name": "x", "part": [{"name": "y", "valueInteger": 1}]}])
def test_a_parameter_without_a_value_is_refused_where_no_library_declares_it_too(given: dict[str, Any]) -> None:
    assert refused(parameters=items(given)) == ("value", "parameter-value")
