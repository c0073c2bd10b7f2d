"""Every failure is an OperationOutcome: https://hl7.org/fhir/R4/http.html#Status-Codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "address",
    ["/nothing", "/fhir", "/fhir/", "/fhir/PlanDefinition/a/b/c", "/fhir//a", "//fhir/x"],
)
def test_address_that_is_not_served_is_404_and_no_redirect(
    client: FlaskClient, refused: Callable[..., str], address: str
) -> None:
    diagnostics = refused(client.get(address), 404, "not-found", "address-unknown")
    assert "https://vademecum.example/site/fhir/metadata" in diagnostics


@pytest.mark.parametrize("host", ["evil.example", "x" * 300, "[::1", "a b", "x:99999", "\xe9", ""])
def test_host_that_a_client_names_changes_nothing(client: FlaskClient, refused: Callable[..., str], host: str) -> None:
    refused(client.get("/fhir/Nothing/1", headers={"Host": host}), 404, "not-supported", "type-unknown")


@pytest.mark.parametrize(("language", "said"), [("sv", "Anropet kan inte läsas"), ("en", "The request cannot be read")])
def test_a_request_without_host_is_400_in_either_language(client: FlaskClient, language: str, said: str) -> None:
    environ = EnvironBuilder(path="/fhir/metadata", headers={"Accept-Language": language}).get_environ()
    del environ["HTTP_HOST"]
    answer = TestResponse(*run_wsgi_app(client.application.wsgi_app, environ), request=Request(environ))
    assert (answer.status_code, answer.headers["Content-Language"]) == (400, language)
    (issue,) = answer.json["issue"]
    assert (issue["code"], issue["details"]["text"]) == ("invalid", "request-malformed")
    assert issue["diagnostics"].startswith(said)


def test_history_is_not_served(client: FlaskClient, refused: Callable[..., str]) -> None:
    refused(client.get("/fhir/PlanDefinition/stretching/_history/1"), 404, "not-found", "address-unknown")


@pytest.mark.parametrize(
    ("address", "method", "allowed"),
    [
        ("/fhir/PlanDefinition", "POST", "GET, HEAD, OPTIONS"),
        ("/fhir/PlanDefinition/stretching", "DELETE", "GET, HEAD, OPTIONS"),
        ("/fhir/metadata", "POST", "GET, HEAD, OPTIONS"),
        ("/cds-services", "POST", "GET, HEAD, OPTIONS"),
        ("/cds-services/x", "GET", "OPTIONS, POST"),
        ("/", "POST", "GET, HEAD, OPTIONS"),
        ("/fhir/PlanDefinition/$apply", "PUT", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_method_that_is_not_taken_is_405_with_those_that_are(
    client: FlaskClient, refused: Callable[..., str], address: str, method: str, allowed: str
) -> None:
    answer = client.open(address, method=method)
    refused(answer, 405, "not-supported", "method-not-allowed")
    assert answer.headers["Allow"] == allowed
