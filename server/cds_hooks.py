"""CDS Hooks: discovery and calls, passed on to the services that the cards come from.

Implements https://cds-hooks.hl7.org/ (discovery, and calling a CDS service).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flask import Response, g, request

from publisher.r4.codec import dumps
from server.answer import answer_with
from server.body import JSON_TYPES, object_in, read_body
from server.log import entry_of
from server.outcome import CONTENT_TYPE, RefusalError
from server.request import language_of
from server.turns import turn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    from publisher.feedback import Rate
    from publisher.r4.written import Written
    from server.answer import Answer
    from server.settings import Settings

_JSON = "application/json"
_ACCEPTED = (_JSON, *JSON_TYPES)


class HookAnswer(Protocol):
    """What a service answers: a response with status 200, or an OperationOutcome with 400, 404 or 412."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""

    @property
    def written(self) -> Written:
        """Return the CDS Hooks response, or the OperationOutcome."""

    @property
    def body(self) -> dict[str, Any]:
        """Return the same as it is read."""

    @property
    def log_fields(self) -> Mapping[str, int | str]:
        """Return counts and artifact versions for the log."""


class HookServices(Protocol):
    """The services that one server offers."""

    def discovery(self, language: str) -> dict[str, Any]:
        """Return the body of the discovery answer."""

    def call(self, service_id: str, request: dict[str, Any], language: str) -> HookAnswer:
        """Return the answer of one service to one hook request."""

    def feedback(self, service_id: str, body: dict[str, Any], language: str) -> HookAnswer:
        """Return the answer to feedback on the cards of one service."""

    def rates(self) -> list[Rate]:
        """Return what was counted of feedback."""


class Gate(Protocol):
    """What lets callers in."""

    def check(self, authorization: str | None, audience: str) -> None:
        """Refuse a request that may not be answered."""


class OpenGate:
    """Lets everybody in; the server says so when it starts."""

    def check(self, authorization: str | None, audience: str) -> None:
        """Refuse nobody."""


class NoServices:
    """Stands for the services where there are none, or where the evaluator is off."""

    def discovery(self, language: str) -> dict[str, Any]:  # noqa: ARG002  the same in every language
        """Return an empty list of services."""
        return {"services": []}

    def call(self, service_id: str, request: dict[str, Any], language: str) -> HookAnswer:  # noqa: ARG002
        """Refuse the call, whatever it holds."""
        raise RefusalError("hook-service-unknown", base="/cds-services")

    def feedback(self, service_id: str, body: dict[str, Any], language: str) -> HookAnswer:  # noqa: ARG002
        """Refuse feedback on a service that is not there."""
        raise RefusalError("hook-service-unknown", base="/cds-services")

    def rates(self) -> list[Rate]:
        """Return nothing."""
        return []


def discover(services: HookServices, settings: Settings, gate: Gate) -> Response:
    """Return the list of services; it is empty where the evaluator is off."""
    gate.check(request.environ.get("HTTP_AUTHORIZATION"), settings.hooks_base)
    language = _language(settings, request.environ)
    body = services.discovery(language) if settings.evaluator else NoServices().discovery(language)
    answer = _answer(body, 200, language).to_flask()
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def call(services: HookServices, settings: Settings, gate: Gate, environ: WSGIEnvironment, service_id: str) -> Answer:
    """Return the cards of one service; the caller's access token goes no further than here."""
    if not settings.evaluator:
        raise RefusalError("evaluator-off")
    gate.check(environ.get("HTTP_AUTHORIZATION"), f"{settings.hooks_base}/{service_id}")
    language = _language(settings, environ)
    body = read_body(environ, settings.data_max_body, _ACCEPTED)
    with turn(body):
        called = object_in(body, settings.data_max_body)
        called.pop("fhirAuthorization", None)
        answered = services.call(service_id, called, language)
        answer = _answer(answered.written, answered.status, language)
    entry_of(environ).fields.update(answered.log_fields)
    return answer


def feedback(services: HookServices, settings: Settings, gate: Gate, service_id: str) -> Response:
    """Count what a reader did with cards; only offered where the operator asked for it."""
    gate.check(request.environ.get("HTTP_AUTHORIZATION"), f"{settings.hooks_base}/{service_id}/feedback")
    language = _language(settings, request.environ)
    body = read_body(request.environ, settings.max_body, _ACCEPTED)
    answered = services.feedback(service_id, object_in(body, settings.max_body), language)
    g.log_fields.update(answered.log_fields)
    if answered.status >= 400:  # noqa: PLR2004  HTTP
        return _answer(answered.written, answered.status, language).to_flask()
    answer = Response(b"", answered.status, content_type=_JSON)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _language(settings: Settings, environ: WSGIEnvironment) -> str:
    return language_of(settings, environ.get("HTTP_ACCEPT_LANGUAGE"))


def _answer(body: dict[str, Any] | Written, status: int, language: str) -> Answer:
    content_type = _JSON if status < 400 else CONTENT_TYPE  # noqa: PLR2004  HTTP
    return answer_with(
        dumps(body), content_type, [("Content-Language", language), ("Cache-Control", "no-store")], status
    )
