"""Formats and languages: https://hl7.org/fhir/R4/http.html#mime-type and RFC 9110 section 12.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/leg-cramps-1.0.0"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ADDRESSES = [PLAN, "/fhir/PlanDefinition", "/fhir/metadata"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/fhir+json"),
        ("*/*", "application/fhir+json"),
        ("application/*", "application/fhir+json"),
        ("application/fhir+json", "application/fhir+json"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("text/json", "text/json; charset=utf-8"),
        ("application/json+fhir", "application/json+fhir"),
        ("application/fhir+xml, application/fhir+json;q=0.5", "application/fhir+json"),
        ("application/json;q=0.2, application/fhir+json;q=0.9", "application/fhir+json"),
        ("application/fhir+json; fhirVersion=4.0", "application/fhir+json; fhirVersion=4.0"),
        ("application/fhir+json; fhirVersion=5.0, application/json", "application/json"),
        ("APPLICATION/FHIR+JSON", "application/fhir+json"),
        (BROWSER, "application/fhir+json"),
        ("not a header", "application/fhir+json"),
        (";;,,=", "application/fhir+json"),
    ],
)
def test_accept_chooses_the_media_type(
    client: FlaskClient, address: str, accept: str | None, content_type: str | None
) -> None:
    answer = client.get(address, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.content_type) == (200, content_type)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "accept",
    [
        "application/fhir+xml",
        "application/xml",
        "text/xml",
        "text/turtle",
        "text/html",
        "image/*",
        "application/fhir+json;q=0",
        "*/*;q=0",
    ],
)
def test_format_that_is_not_served_is_406(
    client: FlaskClient, refused: Callable[..., str], address: str, accept: str | None
) -> None:
    answer = client.get(address, headers={"Accept": accept, "Accept-Language": "en"})
    diagnostics = refused(answer, 406, "not-supported", "format-not-supported")
    assert diagnostics == "None of the formats asked for is served; ask for application/fhir+json."


def test_other_fhir_version_is_406(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.get(PLAN, headers={"Accept": "application/fhir+json; fhirVersion=5.0"})
    refused(answer, 406, "not-supported", "fhir-version-not-supported")


def test_other_fhir_version_of_metadata_is_404(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.get("/fhir/metadata", headers={"Accept": "application/fhir+json; fhirVersion=4.3"})
    refused(answer, 404, "not-supported", "fhir-version-not-supported")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("wanted", "content_type"),
    [
        ("json", "application/fhir+json"),
        ("application/json", "application/json"),
        ("application/fhir%2Bjson", "application/fhir+json"),
        ("application/fhir+json", "application/fhir+json"),
        ("application/fhir%2Bjson;fhirVersion=4.0", "application/fhir+json; fhirVersion=4.0"),
        ("text/json", "text/json; charset=utf-8"),
    ],
)
def test_format_parameter_overrides_accept(
    client: FlaskClient, address: str, wanted: str, content_type: str | None
) -> None:
    answer = client.get(f"{address}?_format={wanted}", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.content_type) == (200, content_type)


@pytest.mark.parametrize("wanted", ["xml", "ttl", "html", "text/html", "application/fhir%2Bxml", "x"])
def test_format_parameter_for_what_is_not_served_is_406(
    client: FlaskClient, refused: Callable[..., str], wanted: str
) -> None:
    answer = client.get(f"{PLAN}?_format={wanted}", headers={"Accept": "application/fhir+json"})
    refused(answer, 406, "not-supported", "format-not-supported")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "sv"),
        ("sv", "sv"),
        ("en", "en"),
        ("en-GB", "en"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("en-US,en;q=0.9,sv;q=0.8", "en"),
        ("en;q=0.3, sv;q=0.7", "sv"),
        ("de, en;q=0.1", "en"),
        ("de", "sv"),
        ("*", "sv"),
        ("sv;q=0, *", "en"),
        ("EN", "en"),
        ("en;q=nonsense, sv;q=0.5", "sv"),
        ("en_GB", "sv"),
        ("\x1b[31m,,;;q=1", "sv"),
        ("x" * 5000, "sv"),
    ],
)
def test_accept_language_chooses_the_rendition(client: FlaskClient, header: str | None, language: str) -> None:
    headers = {"Accept-Language": header} if header else {}
    for address in (PLAN, f"{PLAN}?_format=json"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["Content-Language"] == language
        assert ("English" in answer.text) == (language == "en")


def test_languages_have_their_own_etags(client: FlaskClient) -> None:
    tags = {client.get(PLAN, headers={"Accept-Language": one}).headers["ETag"] for one in ("sv", "en")}
    assert len(tags) == 2


def test_caches_are_told_what_the_answer_depends_on(client: FlaskClient) -> None:
    assert client.get(PLAN).headers["Vary"] == "Accept, Accept-Language"
    assert client.get("/fhir/PlanDefinition").headers["Vary"] == "Accept, Accept-Language, Prefer"


def test_malformed_header_comes_back_nowhere(client: FlaskClient) -> None:
    sent = "zz\x07-injected"
    answer = client.get(
        "/fhir/Nothing/1",
        headers={"Accept": sent, "Accept-Language": sent, "If-None-Match": sent, "Prefer": sent},
    )
    assert "injected" not in str(answer.headers) + answer.text


def test_server_errs_in_the_language_asked_for(client: FlaskClient) -> None:
    texts = {
        one: client.get("/fhir/Nothing/1", headers={"Accept-Language": one}).json["issue"][0]["diagnostics"]
        for one in ("sv", "en")
    }
    assert "ingen resurstyp" in texts["sv"]
    assert "no resource type" in texts["en"]
