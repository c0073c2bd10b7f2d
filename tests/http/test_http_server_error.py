"""A defect of the server tells the client nothing but where the operator finds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from server.operations import Operation, OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from server.operations import OperationRequest

PATIENT = "19121212-1212"


@pytest.fixture
def failing(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    def fail(request: OperationRequest) -> OperationResult:
        raise RuntimeError(f"could not read {request.parameters}")

    operation = Operation(code="fail", resource_type=None, definition="x", handle=fail)
    return make_client(operations=[operation])


def test_answer_is_500_without_a_word_of_the_request_or_the_code(
    failing: FlaskClient, refused: Callable[..., str]
) -> None:
    answer = failing.get(f"/fhir/$fail?patient={PATIENT}", headers={"Accept-Language": "en"})
    diagnostics = refused(answer, 500, "exception", "server-error")
    assert diagnostics == ("The server failed on this request; the operator finds it in the log by the X-Request-Id.")
    assert PATIENT not in answer.text + str(answer.headers)


def test_log_has_the_kind_and_place_of_the_error_and_not_its_message(
    failing: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = failing.get(f"/fhir/$fail?patient={PATIENT}")
    written = capsys.readouterr()
    (line,) = written.err.splitlines()
    entry = json.loads(line)
    assert entry["error"].startswith("RuntimeError at ")
    assert "server.operations:" in entry["error"]
    assert entry["request"] == answer.headers["X-Request-Id"]
    assert PATIENT not in written.err + written.out
    assert "could not read" not in written.err
