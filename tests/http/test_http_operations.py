"""The operations framework: https://hl7.org/fhir/R4/operations.html."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from publisher.issue import Issue, IssueError
from server.operations import Operation, OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from server.operations import OperationRequest

PLAN = "/fhir/PlanDefinition/stretching"


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
def operation(calls: list[Any]) -> Operation:
    def handle(request: OperationRequest) -> OperationResult:
        calls.append(request)
        return OperationResult({"resourceType": "CarePlan", "status": "draft"}, log_fields={"cards": 3})

    return Operation(code="try", resource_type="PlanDefinition", definition="x", handle=handle)


@pytest.fixture
def client(make_client: Callable[..., FlaskClient], operation: Operation) -> FlaskClient:
    return make_client(operations=[operation])


def parameters(*items: Any) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(items)}


def test_operation_answers_with_its_one_resource(client: FlaskClient) -> None:
    answer = client.post(f"{PLAN}/$try", json=parameters())
    assert (answer.status_code, answer.json) == (200, {"resourceType": "CarePlan", "status": "draft"})
    assert answer.content_type == "application/fhir+json"


@pytest.mark.parametrize(
    ("address", "route"),
    [
        (f"{PLAN}/$try", "/fhir/<resource_type>/<resource_id>/$<code>"),
        (f"{PLAN}/$try/", "/fhir/<resource_type>/<resource_id>/$<code>"),
        ("/fhir/PlanDefinition/$try", "/fhir/<resource_type>/$<code>"),
    ],
)
def test_log_names_the_route_of_an_operation_and_its_counts(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], address: str, route: str
) -> None:
    assert client.post(address, json=parameters()).status_code == 200
    line = json.loads(capsys.readouterr().err)
    assert (line["route"], line["cards"]) == (route, 3)


def test_result_is_kept_by_no_cache(client: FlaskClient) -> None:
    assert client.get(f"{PLAN}/$try").headers["Cache-Control"] == "no-store"


def test_operation_is_told_what_it_is_called_on(client: FlaskClient, calls: list[Any]) -> None:
    client.get(f"{PLAN}/$try")
    client.get("/fhir/PlanDefinition/$try", headers={"Accept-Language": "en"})
    seen = [(one.code, one.resource_type, one.resource_id, one.language) for one in calls]
    assert seen == [("try", "PlanDefinition", "stretching", "sv"), ("try", "PlanDefinition", None, "en")]


def test_inputs_of_a_query_are_given_by_name_in_order(client: FlaskClient, calls: list[Any]) -> None:
    client.get(f"{PLAN}/$try?subject=Patient/1&subject=Patient/2&_format=json&x=y")
    assert calls[0].parameters == {"subject": ["Patient/1", "Patient/2"], "x": ["y"]}


def test_inputs_of_a_body_are_plain_values_resources_and_parts(client: FlaskClient, calls: list[Any]) -> None:
    patient = {"resourceType": "Patient", "id": "1"}
    body = parameters(
        {"name": "subject", "valueString": "Patient/1"},
        {"name": "setting", "valueCodeableConcept": {"text": "x"}},
        {"name": "dose", "valueDecimal": 0},
        {"name": "data", "resource": patient},
        {"name": "data", "resource": patient},
        {
            "name": "prefetchData",
            "part": [{"name": "key", "valueString": "a"}, {"name": "data", "resource": patient}],
        },
    )
    sent = json.dumps(body).replace('"valueDecimal": 0', '"valueDecimal": 0.70')
    client.post(f"{PLAN}/$try", data=sent, content_type="application/fhir+json")
    assert calls[0].parameters == {
        "subject": ["Patient/1"],
        "setting": [{"text": "x"}],
        "dose": [Decimal("0.70")],
        "data": [patient, patient],
        "prefetchData": [{"key": ["a"], "data": [patient]}],
    }
    assert str(calls[0].parameters["dose"][0]) == "0.70"


def test_what_stands_in_query_and_body_is_given_twice(client: FlaskClient, calls: list[Any]) -> None:
    body = parameters({"name": "subject", "valueString": "Patient/1"}, {"name": "x", "valueString": "y"})
    client.post(f"{PLAN}/$try?subject=Patient/2&z=1", data=json.dumps(body), content_type="application/fhir+json")
    assert calls[0].parameters == {"subject": ["Patient/2", "Patient/1"], "x": ["y"], "z": ["1"]}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (parameters({"valueString": "x"}), "Parameters.parameter[0]"),
        (parameters({"name": "a", "valueString": "x"}, {"name": "b"}), "Parameters.parameter[1]"),
        (parameters({"name": "a", "valueString": "x", "valueCode": "y"}), "Parameters.parameter[0]"),
        (parameters({"name": 1, "valueString": "x"}), "Parameters.parameter[0]"),
        (parameters({"name": "a", "part": [{"name": "b"}]}), "Parameters.parameter[0].part[0]"),
        (parameters({"name": "a", "part": {}}), "Parameters.parameter[0].part"),
        (parameters("x"), "Parameters.parameter[0]"),
        ({"resourceType": "Parameters", "parameter": {}}, "Parameters.parameter"),
    ],
)
def test_malformed_parameters_are_400_with_their_place(
    client: FlaskClient, refused: Callable[..., str], calls: list[Any], body: Any, where: str
) -> None:
    answer = client.post(f"{PLAN}/$try", json=body)
    diagnostics = refused(answer, 400, "structure", "parameters-malformed")
    assert diagnostics.startswith(f"{where} ")
    assert answer.json["issue"][0]["expression"] == [where]
    assert calls == []


def test_body_that_is_no_parameters_is_400(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.post(f"{PLAN}/$try", json={"resourceType": "Patient"})
    refused(answer, 400, "not-supported", "operation-input")


def test_resource_itself_may_be_the_body_where_an_operation_takes_one(
    make_client: Callable[..., FlaskClient], calls: list[Any]
) -> None:
    def handle(request: OperationRequest) -> OperationResult:
        calls.append(request.parameters)
        return OperationResult({"resourceType": "OperationOutcome"})

    operation = Operation(
        code="check", resource_type=None, definition="x", handle=handle, whole_body_parameter="resource"
    )
    patient = {"resourceType": "Patient"}
    served = make_client(operations=[operation])
    assert served.post("/fhir/$check", json=patient).status_code == 200
    assert served.post("/fhir/$check?resource=x", json=patient).status_code == 200
    assert calls == [{"resource": [patient]}, {"resource": ["x", patient]}]


def test_empty_post_has_no_inputs(client: FlaskClient, calls: list[Any]) -> None:
    assert client.post(f"{PLAN}/$try").status_code == 200
    assert calls[0].parameters == {}


@pytest.mark.parametrize(
    "address",
    [
        "/fhir/$try",
        "/fhir/ValueSet/$try",
        "/fhir/PlanDefinition/$other",
        f"{PLAN}/$TRY",
        "/fhir/PlanDefinition/nothing/$other",
    ],
)
def test_unknown_operation_is_404_with_not_supported_issue(
    client: FlaskClient, refused: Callable[..., str], address: str
) -> None:
    refused(client.get(address), 404, "not-supported", "operation-unknown")


@pytest.mark.parametrize("level", ["on_type", "on_instance"])
def test_operation_is_unknown_on_a_level_it_is_not_offered_on(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str], level: str
) -> None:
    operation = Operation(
        code="try",
        resource_type="PlanDefinition",
        definition="x",
        handle=lambda _: OperationResult({}),
        **{level: False},
    )
    address = PLAN if level == "on_instance" else "/fhir/PlanDefinition"
    refused(make_client(operations=[operation]).get(f"{address}/$try"), 404, "not-supported", "operation-unknown")


def test_operation_on_a_name_that_is_no_type_is_404(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/Plan/$try"), 404, "not-supported", "type-unknown")


def test_operation_on_a_resource_that_is_not_held_is_404(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/PlanDefinition/nothing/$try"), 404, "not-found", "resource-unknown")


def test_operation_that_needs_the_evaluator_is_404_where_it_is_off(
    make_client: Callable[..., FlaskClient], operation: Operation, refused: Callable[..., str], calls: list[Any]
) -> None:
    client = make_client(operations=[operation], evaluator=False)
    answer = client.post(f"{PLAN}/$try", json=parameters(), headers={"Accept-Language": "en"})
    diagnostics = refused(answer, 404, "not-supported", "evaluator-off")
    assert diagnostics.startswith("The evaluator is switched off on this server")
    assert calls == []


@pytest.mark.parametrize(
    ("code", "status"),
    [("required", 400), ("not-found", 404), ("business-rule", 422), ("processing", 422), ("exception", 500)],
)
def test_issue_of_the_operation_decides_the_status(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str], code: str, status: int
) -> None:
    def handle(_request: OperationRequest) -> OperationResult:
        raise IssueError(Issue.error(code, "some-rule", "Some words."))

    operation = Operation(code="try", resource_type="PlanDefinition", definition="x", handle=handle)
    answer = make_client(operations=[operation]).get(f"{PLAN}/$try")
    assert refused(answer, status, code, "some-rule") == "Some words."


def test_answer_is_negotiated_as_every_other(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(
        client.get(f"{PLAN}/$try", headers={"Accept": "application/xml"}),
        406,
        "not-supported",
        "format-not-supported",
    )
    assert client.get(f"{PLAN}/$try?_format=application/json").content_type == "application/json"


def test_log_holds_the_route_and_the_counts(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.get(f"{PLAN}/$try?subject=Patient/19121212-1212")
    written = capsys.readouterr().err
    entry = json.loads(written)
    assert entry["route"] == "/fhir/<resource_type>/<resource_id>/$<code>"
    assert entry["cards"] == 3
    assert "19121212" not in written
