"""The read interaction: https://hl7.org/fhir/R4/http.html#read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from publisher.repository import Repository

PLAN = "/fhir/PlanDefinition/leg-cramps-1.0.0"


def test_read_answers_the_frozen_bytes(client: FlaskClient, repository: Repository) -> None:
    held = repository.get("PlanDefinition", "leg-cramps-1.0.0").renditions["sv"]
    answer = client.get(PLAN)
    assert (answer.status_code, answer.data) == (200, held.body)
    assert answer.headers["ETag"] == held.etag
    assert answer.content_type == "application/fhir+json"


def test_read_by_way_of_the_framework_answers_as_the_shortcut_does(client: FlaskClient) -> None:
    plain, with_parameter = client.get(PLAN), client.get(f"{PLAN}?_summary=false")
    headers = [sorted(pair for pair in one.headers if pair[0] != "X-Request-Id") for one in (plain, with_parameter)]
    assert with_parameter.data == plain.data
    assert headers[0] == headers[1]


def test_id_of_the_answer_is_the_id_asked_for(client: FlaskClient) -> None:
    assert client.get(PLAN).json["id"] == "leg-cramps-1.0.0"


def test_trailing_slash_reads_the_same_without_a_redirect(client: FlaskClient) -> None:
    assert client.get(f"{PLAN}/").data == client.get(PLAN).data


def test_head_has_the_status_and_headers_of_get_and_no_body(client: FlaskClient) -> None:
    for address in (PLAN, f"{PLAN}?_pretty=false", "/fhir/metadata", "/fhir/PlanDefinition"):
        got, asked = client.get(address), client.head(address)
        assert (asked.status_code, asked.data) == (got.status_code, b"")
        assert asked.headers["Content-Length"] == got.headers["Content-Length"]
        assert asked.headers.get("ETag") == got.headers.get("ETag")


def test_unknown_id_is_404_with_not_found_issue(client: FlaskClient, refused: Callable[..., str]) -> None:
    diagnostics = refused(client.get("/fhir/PlanDefinition/nothing"), 404, "not-found", "resource-unknown")
    assert diagnostics == "Ingen PlanDefinition har det id:t här; sök PlanDefinition för att se vad som finns."


def test_ids_are_case_sensitive(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/Medication/Sobril"), 404, "not-found", "resource-unknown")


def test_name_that_is_no_resource_type_is_404_with_not_supported_issue(
    client: FlaskClient, refused: Callable[..., str]
) -> None:
    answer = client.get("/fhir/Plan/x", headers={"Accept-Language": "en"})
    diagnostics = refused(answer, 404, "not-supported", "type-unknown")
    assert diagnostics.startswith("The address names no resource type of FHIR R4")


@pytest.mark.parametrize("name", ["Resource", "DomainResource", "CodeableConcept", "plandefinition"])
def test_abstract_types_and_data_types_are_not_read(
    client: FlaskClient, refused: Callable[..., str], name: str
) -> None:
    refused(client.get(f"/fhir/{name}/x"), 404, "not-supported", "type-unknown")


def test_known_type_that_holds_nothing_has_no_such_resource(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/Patient/1"), 404, "not-found", "resource-unknown")


def test_pretty_answer_is_the_same_json_over_several_lines(client: FlaskClient) -> None:
    pretty = client.get(f"{PLAN}?_pretty=true")
    assert pretty.data.count(b"\n") > 5
    assert json.loads(pretty.data) == client.get(PLAN).json


def test_pretty_is_true_or_false(client: FlaskClient, refused: Callable[..., str]) -> None:
    diagnostics = refused(client.get(f"{PLAN}?_pretty=yes"), 400, "value", "parameter-value")
    assert "true | false" in diagnostics


@pytest.mark.parametrize("parameter", ["_summary=true", "_summary=text", "_summary=count"])
def test_part_of_a_resource_is_refused_and_not_given_whole(
    client: FlaskClient, refused: Callable[..., str], parameter: str
) -> None:
    assert "_summary" in refused(client.get(f"{PLAN}?{parameter}"), 400, "value", "parameter-value")


def test_elements_are_refused_by_what_is_taken(client: FlaskClient, refused: Callable[..., str]) -> None:
    diagnostics = refused(client.get(f"{PLAN}?_elements=id"), 400, "not-supported", "parameter-unknown")
    assert "Kända är _format, _pretty, _summary." in diagnostics


def test_answer_may_be_kept_only_if_it_is_asked_about_again(client: FlaskClient) -> None:
    assert client.get(PLAN).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
def test_writing_is_405_with_the_methods_that_are_allowed(
    client: FlaskClient, refused: Callable[..., str], method: str
) -> None:
    answer = client.open(PLAN, method=method, json={})
    refused(answer, 405, "not-supported", "method-not-allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
