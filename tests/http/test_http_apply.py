"""$apply over HTTP: https://hl7.org/fhir/R4/plandefinition-operation-apply.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Repository
from server.apply import apply_operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
def client(make_client: Callable[..., FlaskClient], calls: list[Any]) -> FlaskClient:
    def apply(operation: str, artifact_id: str | None, inputs: Any, language: str) -> dict[str, Any]:
        calls.append((operation, artifact_id, inputs, language))
        return {"resourceType": "CarePlan", "status": "draft", "intent": "proposal"}

    return make_client(operations=apply_operations(apply, Repository([])))


def test_inputs_go_to_the_evaluator_and_its_care_plan_comes_back(client: FlaskClient, calls: list[Any]) -> None:
    body = {"resourceType": "Parameters", "parameter": [{"name": "subject", "valueString": "Patient/1"}]}
    answer = client.post("/fhir/PlanDefinition/stretching/$apply", json=body, headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json["resourceType"]) == (200, "CarePlan")
    assert calls == [("PlanDefinition/apply", "stretching", {"subject": ["Patient/1"]}, "en")]


def test_plan_may_be_named_by_url_on_the_type(client: FlaskClient, calls: list[Any]) -> None:
    client.get("/fhir/PlanDefinition/$apply?url=https://x.example/p&subject=Patient/1")
    assert calls == [("PlanDefinition/apply", None, {"url": ["https://x.example/p"], "subject": ["Patient/1"]}, "sv")]


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("PlanDefinition/$r5.apply", "PlanDefinition/r5.apply"),
        ("ActivityDefinition/no-quinine/$apply", "ActivityDefinition/apply"),
    ],
)
def test_each_operation_is_told_by_its_type_and_code(
    client: FlaskClient, calls: list[Any], path: str, operation: str
) -> None:
    assert client.get(f"/fhir/{path}?subject=Patient/1").status_code == 200
    assert calls[0][0] == operation


def test_operation_is_declared_under_its_definition(client: FlaskClient) -> None:
    resources = {one["type"]: one for one in client.get("/fhir/metadata").json["rest"][0]["resource"]}
    definition = "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"
    assert resources["PlanDefinition"]["operation"] == [
        {"name": "apply", "definition": definition},
        {"name": "r5.apply", "definition": definition},
    ]
    assert [one["name"] for one in resources["ActivityDefinition"]["operation"]] == ["apply"]
