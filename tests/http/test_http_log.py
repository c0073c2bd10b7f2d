"""The log: one line a request, and nothing of what the client sent."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.util import split_request_uri  # type: ignore[import-untyped]

from tests.caches import caches_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

PLAN = "/fhir/PlanDefinition/stretching"
ID = "19121212-1212"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        written = capsys.readouterr()
        assert written.out == ""
        return [json.loads(line) for line in written.err.splitlines() if line]

    return read


def test_line_has_what_an_operator_needs(
    make_client: Callable[..., FlaskClient], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    ticks = iter([10.0, 10.0125])
    answer = make_client(timer=lambda: next(ticks)).get(PLAN)
    (line,) = lines()
    assert line == {
        "time": "2026-06-01T12:00:00.000+00:00",
        "method": "GET",
        "route": "/fhir/<resource_type>/<resource_id>",
        "status": 200,
        "ms": 12.5,
        "bytes": len(answer.data),
        "request": answer.headers["X-Request-Id"],
    }


def test_answers_without_body_count_no_bytes(client: FlaskClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    etag = client.get(PLAN).headers["ETag"]
    client.head(PLAN)
    client.get(PLAN, headers={"If-None-Match": etag})
    assert [line["bytes"] == 0 for line in lines()] == [False, True, True]


@pytest.mark.parametrize(
    ("method", "address", "route"),
    [
        ("GET", f"/fhir/PlanDefinition/{ID}", "/fhir/<resource_type>/<resource_id>"),
        ("GET", f"/fhir/{ID}/{ID}", "/fhir/<resource_type>/<resource_id>"),
        ("GET", f"/fhir/PlanDefinition?name={ID}&{ID}=1", "/fhir/<resource_type>"),
        ("GET", f"{PLAN}?_summary={ID}", "/fhir/<resource_type>/<resource_id>"),
        ("GET", f"/{ID}/{ID}", None),
        ("GET", f"/fhir/${ID}", "/fhir/$<code>"),
        ("POST", f"/cds-services/{ID}", "/cds-services/<service_id>"),
        ("DELETE", f"/fhir/PlanDefinition/{ID}", None),
        (ID, f"/fhir/PlanDefinition/{ID}", None),
    ],
)
def test_line_names_the_route_and_never_what_was_sent(
    client: FlaskClient, capsys: pytest.CaptureFixture[str], method: str, address: str, route: str | None
) -> None:
    headers = dict.fromkeys(("X-Request-Id", "User-Agent", "Referer", "Accept", "Authorization", "Cookie"), ID)
    client.open(address, method=method, headers=headers, data=ID)
    written = capsys.readouterr()
    line = json.loads(written.err)
    assert line.pop("request") != ID  # a random id, which may hold four digits of anything
    assert line["route"] == route
    assert "1912" not in json.dumps(line) + written.out


def test_line_of_a_call_that_is_refused_early_names_the_service_where_it_is_one_of_ours(
    client: FlaskClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    for service in ("stretching", ID):
        assert client.post(f"/cds-services/{service}", data=b"{", content_type="application/json").status_code == 400
        assert client.post(f"/cds-services/{service}", data=b"{}", content_type="text/plain").status_code == 415
    assert [(line["status"], line.get("service")) for line in lines()] == [
        (400, "stretching"),
        (415, "stretching"),
        (400, None),
        (415, None),
    ]


def test_unknown_method_is_logged_as_other(client: FlaskClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    client.open(PLAN, method="BREW")
    assert lines()[0]["method"] == "other"


def test_line_breaks_and_escapes_of_a_request_do_not_reach_the_log(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/fhir/PlanDefinition?name=%0A%1B%5B31m%7B%22forged%22:1%7D", headers={"User-Agent": "\x1b[31m"})
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    assert "forged" not in written
    assert "\x1b" not in written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NOT RUN: no device here that is always full")
def test_a_log_that_cannot_be_written_costs_no_answer_and_says_later_what_is_lost(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    full = Path("/dev/full").open("w", encoding="utf-8")  # noqa: SIM115  closing it fails
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", full)
        assert [client.get(PLAN).status_code for _ in range(3)] == [200, 200, 200]
    with suppress(OSError):
        full.close()
    for _ in range(2):
        client.get(PLAN)
    assert [line.get("lost") for line in lines()] == [3, None]


def test_no_cache_keeps_the_address_of_a_request(client: FlaskClient) -> None:
    word = "19340506-7788"  # which no other test sends: what headers mean is kept, of this whole process
    split_request_uri(f"/fhir/PlanDefinition/x/$apply?subject=Patient/{word}")  # gunicorn, as it reads a request
    client.get(PLAN)
    assert caches_with(word) == []
