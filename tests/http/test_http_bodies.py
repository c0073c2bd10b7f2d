"""What a posted body must be before anything looks at it."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from server.body import PIECE, discard_body, read_body
from server.operations import Operation, OperationResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from server.operations import OperationRequest

PATIENT = "19121212-1212"


ADDRESS = "/fhir/PlanDefinition/$echo"


@pytest.fixture
def echo(make_client: Callable[..., FlaskClient]) -> FlaskClient:
    def handle(request: OperationRequest) -> OperationResult:
        return OperationResult({"resourceType": "Parameters", "parameter": sorted(request.parameters)})

    operation = Operation(code="echo", resource_type="PlanDefinition", definition="x", handle=handle)
    return make_client(operations=[operation], data_max_body=1000)


def post(
    client: FlaskClient, data: bytes, content_type: str | None = "application/fhir+json", **headers: str
) -> TestResponse:
    return client.post(ADDRESS, data=data, content_type=content_type, headers=headers)


def test_good_body_is_taken(echo: FlaskClient) -> None:
    assert post(echo, b'{"resourceType":"Parameters"}').status_code == 200


@pytest.mark.parametrize(
    ("body", "rule", "said"),
    [
        (b"{", "json-syntax", ("Rad 1, kolumn 2: Texten är inte JSON", "Line 1, column 2: The text is not JSON here")),
        (
            b'{\n "a": 1,\n "a": 2}',
            "json-duplicate-key",
            ("Rad 3, kolumn 2: En nyckel", "Line 3, column 2: A key is given twice"),
        ),
        (
            b'{"a": NaN}',
            "json-not-a-number",
            ("Rad 1, kolumn 7: NaN och Infinity", "Line 1, column 7: NaN is no JSON number"),
        ),
        (
            b'\xef\xbb\xbf{"a": 1}',
            "json-byte-order-mark",
            ("Rad 1, kolumn 1: Texten börjar", "Line 1, column 1: The text starts"),
        ),
        (
            b'{"a": "\xff"}',
            "json-encoding",
            ("Rad 1, kolumn 8: Texten är inte UTF-8", "Line 1, column 8: The byte 0xFF is not"),
        ),
        (
            b'{"a": "\\ud800"}',
            "json-lone-surrogate",
            ("Rad 1, kolumn 8: Här står ett halvt", "Line 1, column 8: \\ud800 is half"),
        ),
        (
            b'{"a": "\\u0001"}',
            "json-control-character",
            ("Rad 1, kolumn 8: Här står ett styrtecken", "Line 1, column 8: \\u0001"),
        ),
        (
            b"[" * 100 + b"]" * 100,
            "json-depth",
            ("Rad 1, kolumn 65: Texten har fler nivåer", "Line 1, column 65: The text nests"),
        ),
        (
            b"{} {}",
            "json-trailing-content",
            ("Rad 1, kolumn 4: Något följer efter", "Line 1, column 4: Something follows"),
        ),
        (
            b'{"a": 1e99999999999999999999}',
            "json-number-range",
            ("Rad 1, kolumn 7: Exponenten i ett tal", "Line 1, column 7: The exponent"),
        ),
    ],
)
def test_ambiguous_or_broken_json_is_400_with_line_and_column_in_either_language(
    echo: FlaskClient, refused: Callable[..., str], body: bytes, rule: str, said: tuple[str, str]
) -> None:
    for language, sentence in zip(("sv", "en"), said, strict=True):
        answer = post(echo, body, **{"Accept-Language": language})
        code = "too-costly" if rule == "json-depth" else "structure"
        assert refused(answer, 400, code, rule).startswith(sentence)
        assert answer.headers["Content-Language"] == language


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null"])
def test_json_that_is_no_object_is_400(echo: FlaskClient, refused: Callable[..., str], body: Any) -> None:
    refused(post(echo, body), 400, "structure", "body-not-object")


def test_body_over_the_limit_is_413(echo: FlaskClient, refused: Callable[..., str]) -> None:
    answer = post(echo, b" " * 1001, **{"Accept-Language": "en"})
    diagnostics = refused(answer, 413, "too-long", "body-too-large")
    assert "1,000 bytes" in diagnostics


def test_body_of_unknown_length_is_413_once_it_is_over_the_limit(
    echo: FlaskClient, refused: Callable[..., str]
) -> None:
    answer = echo.post(
        ADDRESS,
        content_type="application/fhir+json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True, "wsgi.input": Endless(), "CONTENT_LENGTH": ""},
    )
    refused(answer, 413, "too-long", "body-too-large")


@pytest.mark.parametrize(
    ("environ", "read"),
    [
        ({"CONTENT_LENGTH": "100"}, 100),
        ({"CONTENT_LENGTH": "300000"}, 300_000),
        ({"CONTENT_LENGTH": "300001"}, 0),  # nobody gets an answer who means to send more
        ({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, 300_000),
        ({}, 0),
    ],
)
def test_of_the_body_of_a_refused_request_no_more_than_is_allowed_is_read(environ: dict[str, Any], read: int) -> None:
    sent = BytesIO(b" " * 10_000_000)
    discard_body({**environ, "wsgi.input": sent}, 300_000)
    assert sent.tell() == pytest.approx(read, abs=PIECE if "HTTP_TRANSFER_ENCODING" in environ else 0)


def test_of_a_body_that_was_read_nothing_more_is() -> None:
    sent = BytesIO(b"{}{}")  # as where the next request stands behind it
    environ = {"CONTENT_LENGTH": "2", "CONTENT_TYPE": "application/json", "wsgi.input": sent}
    assert read_body(environ, 10) == b"{}"
    discard_body(environ, 10)
    assert sent.tell() == 2


def test_body_that_breaks_off_is_400(echo: FlaskClient, refused: Callable[..., str]) -> None:
    answer = echo.post(
        ADDRESS,
        content_type="application/fhir+json",
        environ_overrides={"wsgi.input": Broken(), "CONTENT_LENGTH": "100"},
    )
    refused(answer, 400, "structure", "body-incomplete")


@pytest.mark.parametrize("ended", [{}, {"wsgi.input_terminated": True}])
def test_body_that_comes_in_pieces_is_read_to_its_length(
    echo: FlaskClient, refused: Callable[..., str], ended: dict[str, Any]
) -> None:
    whole = b'{"resourceType":"Parameters"}'

    def sent(body: bytes) -> TestResponse:
        overrides = {"wsgi.input": Piecemeal(body), "CONTENT_LENGTH": str(len(whole)), **ended}
        return echo.post(ADDRESS, content_type="application/fhir+json", environ_overrides=overrides)

    assert sent(whole).status_code == 200
    refused(sent(whole[:-1]), 400, "structure", "body-incomplete")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_compressed_body_is_415(echo: FlaskClient, refused: Callable[..., str], encoding: str) -> None:
    answer = post(echo, b"{}", **{"Content-Encoding": encoding})
    refused(answer, 415, "not-supported", "content-encoding-not-supported")


def test_identity_is_no_compression(echo: FlaskClient) -> None:
    assert post(echo, b'{"resourceType":"Parameters"}', **{"Content-Encoding": "Identity"}).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "application/fhir+xml",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/fhir+json; charset=utf-16",
        "nonsense",
        None,
    ],
)
def test_other_content_type_is_415(echo: FlaskClient, refused: Callable[..., str], content_type: str | None) -> None:
    answer = post(echo, b'{"resourceType":"Parameters"}', content_type)
    refused(answer, 415, "not-supported", "content-type-not-supported")


def test_content_of_another_fhir_version_is_415(echo: FlaskClient, refused: Callable[..., str]) -> None:
    answer = post(echo, b"{}", "application/fhir+json; fhirVersion=5.0")
    refused(answer, 415, "not-supported", "fhir-version-not-supported")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/fhir+json; fhirVersion=4.0",
        'text/json; charset="UTF-8"',
        "application/json+fhir",
    ],
)
def test_json_under_any_of_its_names_is_read(echo: FlaskClient, content_type: str | None) -> None:
    assert post(echo, b'{"resourceType":"Parameters"}', content_type).status_code == 200


class Endless:
    """A body that never ends."""

    def read(self, size: int = -1) -> bytes:
        """Return as much as is asked for."""
        return b" " * (65536 if size < 0 else size)


class Piecemeal(BytesIO):
    """A body of which a few bytes come at a time."""

    def readinto(self, buffer: Any, /) -> int:
        """Read three bytes at most."""
        return super().readinto(memoryview(buffer)[:3])


class Broken:
    """A body whose connection is lost."""

    def read(self, _size: int = -1) -> bytes:
        """Fail as a lost connection does."""
        raise OSError(f"lost while reading {PATIENT}")


def test_only_what_is_evaluated_may_be_as_large_as_a_record(
    make_client: Callable[..., FlaskClient], refused: Callable[..., str]
) -> None:
    def handle(_request: OperationRequest) -> OperationResult:
        return OperationResult({"resourceType": "Parameters"})

    made = partial(Operation, resource_type="PlanDefinition", definition="x", handle=handle)
    operations = [made(code="echo", needs_evaluator=True), made(code="look", needs_evaluator=False)]
    client = make_client(operations=operations, max_body=100, data_max_body=1000)
    body = b'{"resourceType":"Parameters"}' + b" " * 900
    assert post(client, body).status_code == 200
    answer = client.post(ADDRESS.replace("echo", "look"), data=body, content_type="application/fhir+json")
    refused(answer, 413, "too-long", "body-too-large")
