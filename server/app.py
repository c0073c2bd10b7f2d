"""The application: every route, and every failure as an OperationOutcome.

Implements https://hl7.org/fhir/R4/http.html and https://cds-hooks.hl7.org/.
"""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from publisher.issue import IssueError
from server import cds_hooks
from server.body import FORM_TYPES, read_body
from server.capability import freeze_statement
from server.headers import FixedHeaders, Preflights
from server.limit import Limited
from server.log import RequestLog, entry_of, place_of
from server.operations import invoke, registry
from server.outcome import CONTENT_TYPE, RefusalError, refuse
from server.pages import add_pages, add_rates, add_trial
from server.pages.frame import page_language
from server.pages.problem import as_page, is_for_a_person
from server.request import language_of
from server.rest.metadata import metadata
from server.rest.read import read
from server.rest.search import search
from server.rest.shortcut import Shortcut
from server.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import WSGIEnvironment

    from publisher.repository import Artifact, Repository
    from server.answer import Answer
    from server.cds_hooks import Gate, HookServices
    from server.operations import Operation
    from server.pages.try_it import Services as Trial
    from server.pages.try_it import TryIt
    from server.rest.shortcut import Paths
    from server.settings import Settings

    Call = Callable[..., Answer]  # of a request's environ and its service_id

_TYPE = "/fhir/<resource_type>"
_RESOURCE = f"{_TYPE}/<resource_id>"
_OPERATION = "/$<code>"
_SERVICE = "/cds-services/<service_id>"
_RULES = {400: "request-malformed", 404: "address-unknown", 405: "method-not-allowed", 413: "body-too-large"}


class _Response(Response):
    default_mimetype = CONTENT_TYPE


def create_app(  # noqa: PLR0913  what a server is made of
    repository: Repository,
    settings: Settings,
    *,
    operations: Iterable[Operation] = (),
    hooks: HookServices | None = None,
    gate: Gate | None = None,
    withdrawn: Iterable[Artifact] = (),
) -> Flask:
    """Return the WSGI application that serves `repository`, with these operations and hook services.

    `gate` lets the callers of hook services in; without one everybody may call. What was `withdrawn` is not in
    `repository`; that it was held is told.
    """
    app = Flask("server", static_folder=None, template_folder="pages")
    app.response_class = _Response
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    site = Site(repository, settings, registry(operations), frozenset((one.type, one.id) for one in withdrawn))
    services = hooks or cds_hooks.NoServices()
    app.before_request(_begin)
    _add_rest(app, site)
    _add_operations(app, site)
    gate = gate or cds_hooks.OpenGate()
    call = partial(cds_hooks.call, services, settings, gate)
    _add_hooks(app, services, site, gate, call)
    add_pages(app, site, services)
    if settings.shows_rates:
        add_rates(app, site, services)
    if settings.is_open_to_try and hooks is not None:
        add_trial(app, site, partial(_trial, services, settings, repository))
    _add_failures(app, settings)
    _add_layers(app, site, call)
    return app


def _trial(services: HookServices, settings: Settings, repository: Repository) -> TryIt:
    """Return the pages on which services are tried; what they need is loaded for whoever visits them."""
    from server.pages.try_it import TryIt

    return TryIt(cast("Trial", services), settings, repository)


def _begin() -> None:
    entry = entry_of(request.environ)
    entry.route = request.url_rule.rule if request.url_rule else None
    g.log_fields = entry.fields


def _add_rest(app: Flask, site: Site) -> None:
    @app.get(f"{_TYPE}/<resource_id>", endpoint="read")
    def _(resource_type: str, resource_id: str) -> Response:
        return read(site, request.environ, resource_type, resource_id).to_flask()

    @app.get(_TYPE, endpoint="search-type")
    def _(resource_type: str) -> Response:
        return search(site, request.environ, resource_type).to_flask()

    @app.post(f"{_TYPE}/_search", endpoint="search-type-by-post")
    def _(resource_type: str) -> Response:
        form = read_body(request.environ, site.settings.form_max_body, FORM_TYPES)
        return search(site, request.environ, resource_type, form).to_flask()

    @app.get("/fhir/metadata", endpoint="capabilities")
    def _() -> Response:
        return _metadata(app, site, request.environ).to_flask()


def _add_operations(app: Flask, site: Site) -> None:
    def operate(code: str, resource_type: str | None = None, resource_id: str | None = None) -> Response:
        return invoke(site, request.environ, code, resource_type, resource_id).to_flask()

    for path in ("/fhir", _TYPE, _RESOURCE):
        app.add_url_rule(f"{path}{_OPERATION}", "operation", operate, methods=("GET", "POST"))


def _add_hooks(app: Flask, services: HookServices, site: Site, gate: Gate, call: Call) -> None:
    settings = site.settings

    @app.get("/cds-services", endpoint="discovery")
    def _() -> Response:
        return cds_hooks.discover(services, settings, gate)

    @app.post(_SERVICE, endpoint="call")
    def _(service_id: str) -> Response:
        return call(request.environ, service_id).to_flask()

    if settings.evaluator and settings.hooks.feedback:

        @app.post(f"{_SERVICE}/feedback", endpoint="feedback")
        def _(service_id: str) -> Response:
            if ("PlanDefinition", service_id) in site.frozen:  # no other name may be logged
                g.log_fields["service"] = service_id
            return cds_hooks.feedback(services, settings, gate, service_id)


def _add_failures(app: Flask, settings: Settings) -> None:
    @app.errorhandler(IssueError)
    def _(error: IssueError) -> Response:
        answer = _told(error, settings)
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:  # whoever runs the server has something to mend
            g.log_fields["error"] = next(iter(error.report)).rule
        return answer

    @app.errorhandler(HTTPException)
    def _(error: HTTPException) -> Response:
        rule = _RULES.get(error.code or 500, "request-malformed")
        values = {"base": settings.fhir_base, "limit": settings.max_body}
        answer = _told(RefusalError(rule, status=error.code, **values), settings)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return answer

    @app.errorhandler(Exception)
    def _(error: Exception) -> Response:
        g.log_fields["error"] = place_of(error)
        return _told(RefusalError("server-error"), settings)


def _told(error: IssueError, settings: Settings) -> Response:
    """Return the answer to a request that failed: a page for a person, an OperationOutcome for a program."""
    if not is_for_a_person():
        return refuse(error, _language(settings))
    language = page_language(settings)
    return as_page(refuse(error, language), settings, language)


def _add_layers(app: Flask, site: Site, call: Call) -> None:
    paths: Paths = {("GET", "/fhir/metadata"): ("/fhir/metadata", partial(_metadata, app, site))}
    for (resource_type, resource_id), frozen in site.frozen.items():
        paths["GET", f"/fhir/{resource_type}/{resource_id}"] = (_RESOURCE, frozen.answer)
        if resource_type == "PlanDefinition":  # it may be the plan behind a service
            paths["POST", f"/cds-services/{resource_id}"] = (_SERVICE, partial(_called, call, resource_id))
        for code in (code for kind, code in site.operations if kind == resource_type):
            asked = partial(invoke, site, code=code, resource_type=resource_type, resource_id=resource_id)
            paths["POST", f"/fhir/{resource_type}/{resource_id}/${code}"] = (f"{_RESOURCE}{_OPERATION}", asked)
    for resource_type in site.types:
        paths["GET", f"/fhir/{resource_type}"] = (_TYPE, partial(search, site, resource_type=resource_type))
    shortcut = Shortcut(app.wsgi_app, paths, partial(_failed, app))
    inner = Limited(shortcut, site.settings) if site.settings.wait else shortcut
    app.wsgi_app = RequestLog(Preflights(inner), site.settings, FixedHeaders(site.settings))  # type: ignore[method-assign]


def _called(call: Call, service_id: str, environ: WSGIEnvironment) -> Answer:
    """Return the answer of a service by its own name, which may be logged, also where the call is refused early."""
    entry_of(environ).fields["service"] = service_id
    return call(environ, service_id)


def _failed(app: Flask, environ: WSGIEnvironment, error: Exception) -> Response:
    """Return the answer to a request that failed before the framework was reached."""
    with app.request_context(environ):
        app.preprocess_request()
        return app.make_response(app.handle_user_exception(error))


def _metadata(app: Flask, site: Site, environ: WSGIEnvironment) -> Answer:
    """Return the CapabilityStatement, made at the first request for it from the routes that there are."""
    if "capabilities" not in app.extensions:
        app.extensions["capabilities"] = freeze_statement(site, app.view_functions)
    return metadata(app.extensions["capabilities"], environ)


def _language(settings: Settings) -> str:
    return language_of(settings, request.headers.get("Accept-Language"))
