"""`$validate` on every type: https://hl7.org/fhir/R4/resource-operation-validate.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Repository
from server.validate import MOST, validate_operation
from tests.http.conftest import RESOURCES, artifact

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

PATIENT = {"resourceType": "Patient", "gender": "femail"}
BODY = {"name": "resource", "resource": PATIENT}
NO_ISSUE = {"severity": "information", "code": "informational", "diagnostics": "No issues found."}


@pytest.fixture
def client(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    repository = Repository([artifact(resource) for resource in RESOURCES], drafts=True)
    return make_client(operations=[validate_operation(repository)])


def rules(answer: Any) -> list[str]:
    assert answer.status_code == 200
    assert answer.json["resourceType"] == "OperationOutcome"
    return [issue.get("details", {}).get("text", "none") for issue in answer.json["issue"]]


def test_a_resource_that_is_sent_is_validated_on_any_type(client: FlaskClient) -> None:
    answer = client.post("/fhir/Patient/$validate", json=PATIENT)

    assert rules(answer) == ["code-not-allowed"]
    assert answer.json["issue"][0]["expression"] == ["Patient.gender"]
    assert answer.json["issue"][0]["severity"] == "error"


def test_so_many_findings_are_told_and_no_more(client: FlaskClient) -> None:
    answer = client.post(
        "/fhir/Patient/$validate", json={"resourceType": "Patient", **{f"x{i}": 1 for i in range(2000)}}
    )
    found = rules(answer)
    assert (len(found), set(found[:MOST]), found[MOST]) == (MOST + 1, {"element-unknown"}, "more-findings")
    assert answer.json["issue"][MOST]["severity"] == "information"


def test_a_sound_resource_has_an_outcome_that_says_so(client: FlaskClient) -> None:
    answer = client.post("/fhir/Patient/$validate", json={"resourceType": "Patient", "gender": "female"})

    assert answer.json["issue"] == [NO_ISSUE]


def test_a_resource_can_be_sent_as_a_parameter_with_the_profile_to_meet(client: FlaskClient) -> None:
    profile = {"name": "profile", "valueUri": "http://a.example/StructureDefinition/none"}
    sent = {"name": "resource", "resource": {"resourceType": "Patient", "active": True}}

    answer = client.post("/fhir/Patient/$validate", json={"resourceType": "Parameters", "parameter": [sent, profile]})

    assert rules(answer) == ["profile-not-found"]


def test_a_profile_on_another_type_is_an_error(client: FlaskClient) -> None:
    url = "http://hl7.org/fhir/StructureDefinition/bodyweight"

    answer = client.post(f"/fhir/Patient/$validate?profile={url}", json={"resourceType": "Patient", "active": True})

    assert rules(answer) == ["profile-type"]


@pytest.mark.parametrize("mode", ["create", "update", "delete", "profile"])
def test_every_mode_validates_what_is_sent(client: FlaskClient, mode: str) -> None:
    assert rules(client.post(f"/fhir/Patient/$validate?mode={mode}", json=PATIENT)) == ["code-not-allowed"]


def test_a_served_resource_is_validated_where_it_is(client: FlaskClient) -> None:
    answer = client.get("/fhir/PlanDefinition/stretching/$validate")

    assert [issue["severity"] for issue in answer.json["issue"]] == ["information"]


def test_a_resource_of_another_type_is_an_error_of_the_outcome(client: FlaskClient) -> None:
    for language, said in (("sv", "Patient är av en annan typ"), ("en", "The Patient is of another type")):
        headers = {"Accept-Language": language}
        answer = client.post("/fhir/PlanDefinition/$validate", json=PATIENT, headers=headers)
        assert rules(answer) == ["resource-type-other"]
        assert answer.json["issue"][0]["diagnostics"].startswith(said)
        assert answer.headers["Content-Language"] == language


def test_findings_are_in_english_and_the_answer_says_so(client: FlaskClient) -> None:
    answer = client.post("/fhir/Patient/$validate", json=PATIENT, headers={"Accept-Language": "sv"})
    assert answer.headers["Content-Language"] == "en"
    assert answer.json["issue"][0]["diagnostics"].startswith("Patient.gender ")


@pytest.mark.parametrize("sent", [PATIENT, {"resourceType": "Parameters", "parameter": [BODY, BODY]}])
def test_several_resources_to_validate_are_400(client: FlaskClient, sent: dict[str, Any]) -> None:
    query = "?resource=x" if sent is PATIENT else ""
    answer = client.post(f"/fhir/Patient/$validate{query}", json=sent, headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    (issue,) = answer.json["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("invalid", "resource-repeated")
    assert issue["diagnostics"] == "The operation $validate takes one resource, but 2 were sent; send each by itself."


def test_nothing_to_validate_is_400(client: FlaskClient) -> None:
    answer = client.get("/fhir/Patient/$validate")

    assert answer.status_code == 400
    assert answer.json["issue"][0]["details"]["text"] == "operation-input"


def test_the_capability_statement_names_it_on_each_type_that_is_served(client: FlaskClient) -> None:
    (rest,) = client.get("/fhir/metadata").json["rest"]

    assert all({"validate"} <= {one["name"] for one in each["operation"]} for each in rest["resource"])
    assert "Resource" not in {each["type"] for each in rest["resource"]}
