"""$apply over HTTP: GET and POST, both forms, our definitions, content of requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.release import load_release
from tests.topics.server import client_of
from tests.unit.apply.builders import activity, bundle, does, plan
from tests.unit.apply.sneeze import BASE, KNOWLEDGE, VIEW, condition

# The topic that only tests use, with the OperationDefinitions of the shipped release.
ARTIFACTS = [
    *KNOWLEDGE.repository,
    *(each for each in load_release(Path(__file__).parents[2] / "artifacts") if each.type == "OperationDefinition"),
]
PLAN = f"/fhir/PlanDefinition/{VIEW}"
OURS = "https://vademecum.example/fhir/OperationDefinition"


CLIENT = client_of(ARTIFACTS)


def parameters(**inputs: Any) -> dict[str, Any]:
    items = [
        {"name": name, "resource" if isinstance(value, dict) else "valueString": value}
        for name, value in inputs.items()
    ]
    return {"resourceType": "Parameters", "parameter": items}


def test_simple_inputs_come_in_the_query_string() -> None:
    answer = CLIENT.get(f"{PLAN}/$apply?subject=Patient/1&userLanguage=en&encounter=Encounter/e")
    assert answer.status_code == 200, answer.text
    assert (answer.json["language"], answer.json["encounter"]) == ("en", {"reference": "Encounter/e"})


def test_the_bundle_form_addresses_its_entries_at_this_server() -> None:
    body = parameters(subject="Patient/1", data=bundle(condition()))
    answer = CLIENT.post(f"{PLAN}/$r5.apply", json=body)
    assert answer.status_code == 200, answer.text
    first = answer.json["entry"][0]
    assert first["fullUrl"] == f"http://cds.example/fhir/RequestGroup/{first['resource']['id']}"


def test_several_subjects_are_one_parameter_each_and_refused_of_apply() -> None:
    answer = CLIENT.get(f"{PLAN}/$r5.apply?subject=Patient/1&subject=Patient/2")
    assert [each["name"] for each in answer.json["parameter"]] == ["return", "return"]
    refused = CLIENT.get(f"{PLAN}/$apply?subject=Patient/1&subject=Patient/2")
    assert (refused.status_code, refused.json["issue"][0]["details"]["text"]) == (400, "subject-repeated")


def test_an_activity_is_applied_on_itself_and_by_url() -> None:
    on_itself = CLIENT.get("/fhir/ActivityDefinition/move-feather/$apply?subject=Patient/1")
    url = f"{BASE}/ActivityDefinition/move-feather"
    by_url = CLIENT.get(f"/fhir/ActivityDefinition/$apply?subject=Patient/1&url={url}")
    assert on_itself.json == by_url.json
    assert (on_itself.json["resourceType"], on_itself.json["status"]) == ("Task", "draft")


@pytest.mark.parametrize(
    ("path", "status", "rule"),
    [
        (f"{PLAN}/$apply", 400, "parameter-missing"),
        ("/fhir/PlanDefinition/$apply?subject=Patient/1", 400, "parameter-missing"),
        ("/fhir/PlanDefinition/$apply?subject=Patient/1&url=http://x.example/gone", 404, "plan-missing"),
        (f"{PLAN}/$apply?subject=Patient/1&patient=1", 400, "parameter-unknown"),
    ],
)
def test_a_refusal_has_its_status(path: str, status: int, rule: str) -> None:
    answer = CLIENT.get(path)
    assert (answer.status_code, answer.json["issue"][0]["details"]["text"]) == (status, rule)


def test_the_trace_makes_the_answer_parameters() -> None:
    answer = CLIENT.get(f"{PLAN}/$apply?subject=Patient/1&trace=true")
    assert [each["name"] for each in answer.json["parameter"]] == ["return", "trace"]


def test_our_definitions_say_what_is_added_and_are_read_here() -> None:
    resources = {one["type"]: one for one in CLIENT.get("/fhir/metadata").json["rest"][0]["resource"]}
    declared = {
        operation["definition"].partition("|")[0]
        for kind in ("PlanDefinition", "ActivityDefinition")
        for operation in resources[kind]["operation"]
    }
    names = ("plan-definition-apply", "plan-definition-r5-apply", "activity-definition-apply")
    assert {f"{OURS}/{name}" for name in names} <= declared
    for name in names:
        definition = CLIENT.get(f"/fhir/OperationDefinition/{name}").json
        assert definition["base"].startswith("http://hl7.org/fhir/OperationDefinition/")


def test_every_parameter_that_is_taken_is_in_our_definition() -> None:
    from publisher.apply.parameters import KNOWN

    for name, inline in (
        ("plan-definition-apply", "planDefinition"),
        ("activity-definition-apply", "activityDefinition"),
    ):
        definition = CLIENT.get(f"/fhir/OperationDefinition/{name}").json
        declared = {each["name"] for each in definition["parameter"] if each["use"] == "in"}
        missing = {*KNOWN, inline} - declared
        assert missing == ({"trace"} if inline == "activityDefinition" else set())


def test_content_of_a_request_is_refused_unless_the_laboratory_switch_is_on() -> None:
    definition = plan(does(), name="inline", status="draft")
    body = parameters(subject="Patient/1", planDefinition=definition, data=bundle(activity()))
    refused = CLIENT.post("/fhir/PlanDefinition/$apply", json=body)
    assert (refused.status_code, refused.json["issue"][0]["code"]) == (400, "not-supported")
    laboratory = client_of(ARTIFACTS, inline_content=True)
    taken = laboratory.post("/fhir/PlanDefinition/$apply", json=body)
    assert (taken.status_code, taken.json["resourceType"]) == (200, "CarePlan")
    about = laboratory.get("/fhir/metadata?_format=json", headers={"Accept-Language": "en"}).json["implementation"]
    assert "Laboratory" in about["description"]
    assert "Laboratory" not in CLIENT.get("/fhir/metadata", headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize(
    ("language", "words"),
    [("sv", "Parametern subject behövs, till exempel Patient/1."), ("en", "The parameter subject is needed, ")],
)
def test_a_call_is_refused_in_the_language_that_was_asked_for(language: str, words: str) -> None:
    answer = CLIENT.get(f"{PLAN}/$apply", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Content-Language"]) == (400, language)
    assert answer.json["issue"][0]["diagnostics"].startswith(words)
