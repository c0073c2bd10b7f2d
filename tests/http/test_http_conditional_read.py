"""The conditional read: https://hl7.org/fhir/R4/http.html#cread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/leg-cramps-1.0.0"


@pytest.fixture
def etag(client: FlaskClient) -> str:
    return str(client.get(PLAN).headers["ETag"])


@pytest.mark.parametrize("form", ["{etag}", '"x", {etag}', '{etag},W/"y"', "{strong}", "*", " * ", '  {etag}  , "z"'])
def test_client_that_holds_the_bytes_gets_304_without_body(client: FlaskClient, etag: str, form: str) -> None:
    held = form.format(etag=etag, strong=etag.removeprefix("W/"))
    answer = client.get(PLAN, headers={"If-None-Match": held})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("form", ['"other"', "{bare}", 'W/"{bare}x"', "", '"', "W/", "\x07"])
def test_any_other_tag_and_no_tag_at_all_gets_the_bytes(client: FlaskClient, etag: str, form: str) -> None:
    sent = form.format(bare=etag[3:-1])
    assert client.get(PLAN, headers={"If-None-Match": sent}).status_code == 200


def test_tag_of_the_other_language_is_not_held(client: FlaskClient, etag: str) -> None:
    answer = client.get(PLAN, headers={"If-None-Match": etag, "Accept-Language": "en"})
    assert answer.status_code == 200


def test_head_is_conditional_too(client: FlaskClient, etag: str) -> None:
    assert client.head(PLAN, headers={"If-None-Match": etag}).status_code == 304


def test_framework_and_shortcut_agree(client: FlaskClient, etag: str) -> None:
    answer = client.get(f"{PLAN}?_pretty=true", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")


def test_unknown_id_stays_404(client: FlaskClient, refused: Callable[..., str]) -> None:
    answer = client.get("/fhir/PlanDefinition/none", headers={"If-None-Match": "*"})
    refused(answer, 404, "not-found", "resource-unknown")
