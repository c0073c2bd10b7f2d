"""A client that asks too often is told to wait: https://www.rfc-editor.org/rfc/rfc6585#section-4."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from server.limit import ClientLimit
from tests.http.test_http_real_server import Server, request, root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient

__all__ = ["root"]

PATHS = ("/fhir/PlanDefinition/stretching", "/cds-services", "/", "/fhir/PlanDefinition?name=S")


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_asks_too_often_is_told_when_to_come_back(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str], path: str
) -> None:
    client = make_client(wait=ClientLimit(2, lambda: 15.0).wait)
    assert [client.get(path).status_code for _ in range(2)] == [200, 200]
    answer = client.get(path, headers={"Accept-Language": "en"})
    told = refused(answer, 429, "throttled", "too-many-requests")
    assert told == "This client has made more requests in a minute than the server answers; wait 45 seconds."
    assert answer.headers["Retry-After"] == "45"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(path, environ_overrides={"REMOTE_ADDR": "192.0.2.9"}).status_code == 200


def test_headers_do_not_make_a_client_another(make_client: Callable[..., FlaskClient]) -> None:
    client = make_client(wait=ClientLimit(1, lambda: 0.0).wait)
    headers = [{"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"} for number in (1, 2)]
    assert [client.get("/cds-services", headers=one).status_code for one in headers] == [200, 429]


def test_without_the_option_nobody_waits(client: FlaskClient) -> None:
    assert {client.get("/cds-services").status_code for _ in range(50)} == {200}


@pytest.fixture
def running(root: Path) -> Iterator[Server]:
    server = Server(root, "--limit", "4", "--workers", "2")
    yield server
    server.stop()


def test_the_processes_of_a_server_count_together(running: Server) -> None:
    answers = [running.send(request("GET /fhir/PlanDefinition/plan HTTP/1.1")) for _ in range(24)]
    refused = [one for one in answers if one.startswith(b"HTTP/1.1 429 ")]
    assert len(refused) >= 16  # 4 a minute, and a new minute may have begun
    head, _, body = refused[-1].partition(b"\r\n\r\n")
    assert b"\r\nRetry-After: " in head
    assert json.loads(body)["issue"][0]["code"] == "throttled"
