"""X-Request-Id and X-Correlation-Id: https://hl7.org/fhir/R4/http.html#custom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/stretching"
UUID = "0b8f6e0e-6a52-4e0f-9d1c-0f6f5f0f6a52"


def test_server_gives_each_request_an_id(client: FlaskClient) -> None:
    ids = {client.get(PLAN).headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3


def test_uuid_of_the_client_is_the_id_of_the_answer(client: FlaskClient) -> None:
    answer = client.get(PLAN, headers={"X-Request-Id": UUID})
    assert answer.headers["X-Request-Id"] == UUID
    assert "X-Correlation-Id" not in answer.headers


@pytest.mark.parametrize("sent", ["19121212-1212", "abc", "trace.1_2-3", UUID.replace("4e0f", "0e0f")])
def test_any_other_id_comes_back_beside_our_own(client: FlaskClient, sent: str) -> None:
    answer = client.get(PLAN, headers={"X-Request-Id": sent})
    assert answer.headers["X-Request-Id"] != sent
    assert answer.headers["X-Correlation-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "ö", "a;b", "<script>"])
def test_what_is_no_id_does_not_come_back(client: FlaskClient, sent: str) -> None:
    answer = client.get(PLAN, headers={"X-Request-Id": sent})
    assert "X-Correlation-Id" not in answer.headers
    assert answer.headers["X-Request-Id"] != sent
