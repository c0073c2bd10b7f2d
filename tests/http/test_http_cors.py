"""Cross-origin access: https://hl7.org/fhir/R4/http.html#cors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import Client, TestResponse

from server.cds_hooks import NoServices
from server.settings import Settings
from server.withdrawal import closed

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/stretching"
EHR = {"Origin": "https://ehr.example"}
STRANGER = {"Origin": "https://stranger.example"}


@pytest.mark.parametrize("address", [PLAN, "/fhir/PlanDefinition", "/fhir/metadata", "/fhir/None/1"])
def test_any_page_may_read_knowledge_without_credentials(client: FlaskClient, address: str) -> None:
    headers = client.get(address, headers=STRANGER).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert {"ETag", "Retry-After"} <= set(headers["Access-Control-Expose-Headers"].split(", "))


def test_any_page_may_search_by_post(client: FlaskClient) -> None:
    answer = client.post("/fhir/PlanDefinition/_search", headers=STRANGER)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/cds-services/x"),
        ("GET", "/cds-services"),
        ("POST", f"{PLAN}/$apply"),
        ("GET", f"{PLAN}/$apply"),
    ],
)
def test_only_configured_origins_may_read_what_comes_of_patient_data(
    client: FlaskClient, method: str, address: str
) -> None:
    allowed = client.open(address, method=method, headers=EHR).headers
    assert allowed["Access-Control-Allow-Origin"] == "https://ehr.example"
    stranger = client.open(address, method=method, headers=STRANGER).headers
    assert "Access-Control-Allow-Origin" not in stranger
    assert "Origin" in stranger.getlist("Vary")


def test_origin_is_compared_whole(client: FlaskClient) -> None:
    for origin in (
        "https://ehr.example.evil",
        "http://ehr.example",
        "https://ehr.example:444",
        "null",
        "*",
    ):
        answer = client.get("/cds-services", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_open_list_allows_every_origin_without_naming_it(make_client: Callable[..., FlaskClient]) -> None:
    answer = make_client(cors_origins=("*",)).get("/cds-services", headers=STRANGER)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("address", "methods"),
    [
        (PLAN, {"GET", "HEAD", "OPTIONS"}),
        ("/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("/cds-services/x", {"POST", "OPTIONS"}),
        (f"{PLAN}/$apply", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
def test_preflight_names_methods_and_headers(client: FlaskClient, address: str, methods: set[str]) -> None:
    asked = {
        **EHR,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = client.options(address, headers=asked)
    assert (answer.status_code, answer.data) == (200, b"")
    assert set(answer.headers["Access-Control-Allow-Methods"].split(", ")) == methods
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert {"X-Request-Id", "X-Requested-With"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))


def test_preflight_of_a_stranger_allows_nothing(client: FlaskClient) -> None:
    answer = client.options("/cds-services/x", headers=STRANGER)
    assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]


def preflight(client: Client, address: str) -> TestResponse:
    asked = {**EHR, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    return client.options(address, headers=asked)


def test_a_page_can_read_that_an_address_is_not_there(client: FlaskClient, refused: Callable[..., str]) -> None:
    address = "/cds-services/x/feedback"  # which nobody counts here
    answer = preflight(client, address)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == EHR["Origin"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    answer = client.post(address, json={}, headers=EHR)
    refused(answer, 404, "not-found", "address-unknown")
    assert answer.headers["Access-Control-Allow-Origin"] == EHR["Origin"]
    assert client.options(address, headers=EHR).status_code == 404  # no preflight


def test_a_page_can_read_that_it_has_to_wait(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str]
) -> None:
    client = make_client(wait=lambda _: 7)
    answer = preflight(client, "/cds-services/x")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, EHR["Origin"])
    answer = client.post("/cds-services/x", json={}, headers=EHR)
    refused(answer, 429, "throttled", "too-many-requests")
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.headers["Access-Control-Allow-Origin"] == EHR["Origin"]


def test_a_page_can_read_that_the_server_is_closed(settings: dict[str, Any], refused: Callable[..., str]) -> None:
    client = Client(closed(Settings(**settings)), TestResponse)
    answer = preflight(client, "/cds-services/x")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, EHR["Origin"])
    answer = client.post("/cds-services/x", json={}, headers=EHR)
    refused(answer, 503, "transient", "withdrawn-unreadable")
    assert answer.headers["Access-Control-Allow-Origin"] == EHR["Origin"]


def test_a_page_can_read_what_failed(make_client: Callable[..., FlaskClient], refused: Callable[..., str]) -> None:
    class Broken(NoServices):
        def call(self, *_: Any) -> Any:
            raise ZeroDivisionError

    answer = make_client(hooks=Broken()).post("/cds-services/x", json={}, headers=EHR)
    refused(answer, 500, "exception", "server-error")
    assert answer.headers["Access-Control-Allow-Origin"] == EHR["Origin"]
