"""The CapabilityStatement: https://hl7.org/fhir/R4/capabilitystatement.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.r4 import definitions
from server.operations import Operation, OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

DEFINITION = "http://hl7.org/fhir/OperationDefinition/PlanDefinition-apply"


@pytest.fixture
def apply() -> Operation:
    return Operation(
        code="apply",
        resource_type="PlanDefinition",
        definition=DEFINITION,
        handle=lambda _: OperationResult({}),
    )


def statement(client: FlaskClient, **headers: str) -> dict[str, Any]:
    answer = client.get("/fhir/metadata", headers=headers)
    assert answer.status_code == 200
    return answer.json


def resources(client: FlaskClient) -> dict[str, Any]:
    return {one["type"]: one for one in statement(client)["rest"][0]["resource"]}


def test_mandatory_elements_are_there(client: FlaskClient) -> None:
    found = statement(client)
    assert found["resourceType"] == "CapabilityStatement"
    assert (found["status"], found["kind"], found["fhirVersion"]) == ("active", "instance", "4.0.1")
    assert found["format"] == ["application/fhir+json", "json"]
    assert found["rest"][0]["mode"] == "server"


def test_software_and_address_are_those_of_the_settings(client: FlaskClient) -> None:
    found = statement(client)
    assert found["software"] == {"name": "Vademecum", "version": "9.8.7"}
    assert found["implementation"]["url"] == "https://vademecum.example/site/fhir"


def test_date_is_that_of_the_newest_artifact(client: FlaskClient) -> None:
    assert statement(client)["date"] == "2026-05-01"


def test_date_of_an_empty_server_is_today(make_client: Callable[..., FlaskClient]) -> None:
    found = statement(make_client(held=[]))
    assert found["date"] == "2026-06-01"
    assert "resource" not in found["rest"][0]


def test_types_are_those_that_are_loaded(client: FlaskClient) -> None:
    assert sorted(resources(client)) == ["ActivityDefinition", "Medication", "PlanDefinition", "ValueSet"]


def test_types_have_the_interactions_that_have_routes(client: FlaskClient) -> None:
    for resource in resources(client).values():
        assert [one["code"] for one in resource["interaction"]] == ["read", "search-type"]


def test_what_a_read_only_server_does_not_do_is_said(client: FlaskClient) -> None:
    plan = resources(client)["PlanDefinition"]
    assert (plan["versioning"], plan["conditionalRead"]) == ("no-version", "not-match")
    assert (plan["readHistory"], plan["updateCreate"], plan["conditionalCreate"]) == (False, False, False)


def test_search_parameters_are_declared_under_the_definitions_of_r4(client: FlaskClient) -> None:
    for resource_type, resource in resources(client).items():
        official = {(one.code, one.url, one.type) for one in definitions.search_parameters(resource_type)}
        assert resource["searchParam"]
        for one in resource["searchParam"]:
            assert (one["name"], one["definition"], one["type"]) in official
            assert one["definition"].endswith(f"-{one['name'].removeprefix('_')}")


@pytest.mark.parametrize(
    ("resource_type", "names"),
    [
        ("PlanDefinition", "_id description identifier name status title url version"),
        ("ValueSet", "_id description identifier name status title url version"),
        ("Medication", "_id identifier status"),
    ],
)
def test_every_declared_parameter_is_answered_and_no_other(client: FlaskClient, resource_type: str, names: str) -> None:
    declared = [one["name"] for one in resources(client)[resource_type]["searchParam"]]
    assert declared == names.split()
    for name in declared:
        assert client.get(f"/fhir/{resource_type}?{name}=x").status_code == 200


def test_operations_are_declared_where_they_are_registered(
    make_client: Callable[..., FlaskClient], apply: Operation
) -> None:
    client = make_client(operations=[apply])
    assert resources(client)["PlanDefinition"]["operation"] == [{"name": "apply", "definition": DEFINITION}]
    assert "operation" not in resources(client)["ValueSet"]


def test_operations_of_a_switched_off_evaluator_are_not_declared(
    make_client: Callable[..., FlaskClient], apply: Operation
) -> None:
    assert "operation" not in resources(make_client(operations=[apply], evaluator=False))["PlanDefinition"]


@pytest.mark.parametrize(
    ("switches", "said", "not_said"),
    [
        ((True, True), ["The evaluator is on", "Drafts are evaluated"], ["not evaluated"]),
        ((True, False), ["The evaluator is on", "Drafts are not evaluated"], []),
        ((False, True), ["The evaluator is off"], ["Drafts"]),
    ],
)
def test_description_says_what_the_server_is_for(
    make_client: Callable[..., FlaskClient], switches: tuple[bool, bool], said: list[str], not_said: list[str]
) -> None:
    client = make_client(evaluator=switches[0], evaluate_drafts=switches[1])
    description = statement(client, **{"Accept-Language": "en"})["implementation"]["description"]
    assert all(words in description for words in said)
    assert not any(words in description for words in not_said)


def test_statement_is_in_the_language_asked_for(client: FlaskClient) -> None:
    assert "Beslutsstödet" in statement(client)["implementation"]["description"]
    assert statement(client, **{"Accept-Language": "en"})["language"] == "en"


def test_client_that_holds_the_statement_gets_304(client: FlaskClient) -> None:
    etag = client.get("/fhir/metadata").headers["ETag"]
    assert client.get("/fhir/metadata", headers={"If-None-Match": etag}).status_code == 304


def test_etag_changes_with_the_statement_only(make_client: Callable[..., FlaskClient]) -> None:
    tags = [make_client(**changed).get("/fhir/metadata").headers["ETag"] for changed in ({}, {}, {"evaluator": False})]
    assert tags[0] == tags[1] != tags[2]


@pytest.mark.parametrize("mode", ["full", "normative", "terminology"])
def test_mode_is_read_and_the_whole_statement_given(client: FlaskClient, mode: str) -> None:
    assert client.get(f"/fhir/metadata?mode={mode}").json == statement(client)


def test_unknown_parameter_is_refused(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/metadata?verbose=1"), 400, "not-supported", "parameter-unknown")


def test_metadata_can_be_pretty(client: FlaskClient) -> None:
    assert client.get("/fhir/metadata?_pretty=true").data.count(b"\n") > 20
