"""Search by POST: https://hl7.org/fhir/R4/http.html#search."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

CANONICAL = "https://vademecum.example/fhir"
PLANS = "/fhir/PlanDefinition"
URL = f"{CANONICAL}/PlanDefinition/leg-cramps"
OLD, NEW, OTHER = "leg-cramps-1.0.0", "leg-cramps-2.0.0", "stretching"


ADDRESS = f"{PLANS}/_search"


def test_form_finds_what_the_query_finds(client: FlaskClient) -> None:
    posted = client.post(ADDRESS, data={"name": "leg", "_count": "1"})
    assert posted.json == client.get(f"{PLANS}?name=leg&_count=1").json


def test_parameters_of_address_and_body_are_merged(
    client: FlaskClient, ids: Callable[[TestResponse], list[str]]
) -> None:
    assert ids(client.post(f"{ADDRESS}?name=leg", data={"status": "draft"})) == [NEW]


def test_empty_form_finds_everything(client: FlaskClient, ids: Callable[[TestResponse], list[str]]) -> None:
    assert ids(client.post(ADDRESS)) == [OLD, NEW, OTHER]


def test_json_body_is_415(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.post(ADDRESS, json={"name": "leg"}, headers={"Accept-Language": "en"})
    diagnostics = refused(answer, 415, "not-supported", "content-type-not-supported")
    assert "application/x-www-form-urlencoded" in diagnostics


def test_form_over_the_limit_is_413(make_client: Callable[..., FlaskClient], refused: Callable[..., str]) -> None:
    answer = make_client(form_max_body=10).post(ADDRESS, data={"name": "x" * 20})
    refused(answer, 413, "too-long", "body-too-large")


def test_get_of_the_search_address_reads_an_id_that_is_none(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get(ADDRESS), 404, "not-found", "resource-unknown")
