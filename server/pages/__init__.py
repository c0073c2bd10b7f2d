"""Pages for people: HTML without script, in the reader's language.

Implements WCAG 2.2 level AA (https://www.w3.org/TR/WCAG22/).
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, render_template, request

from server.body import FORM_TYPES, read_body
from server.pages.artifact import artifact_page
from server.pages.contents import contents
from server.pages.frame import page_language
from server.pages.rates import rates_page
from server.rest.query import pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from server.cds_hooks import HookServices
    from server.pages.try_it import TryIt
    from server.site import Site

_MOST_FIELDS = 5_000  # a row of the form has up to ten fields, a questionnaire one for each question
_MOST_BYTES = 256 * 1024  # of a form: a page says again what it was sent, at each card and in many rows


def add_pages(app: Flask, site: Site, services: HookServices) -> None:
    """Add the start page, a page for each artifact, and their style sheet to `app`."""

    @app.get("/", endpoint="contents")
    def _() -> Response:
        language = page_language(site.settings)
        return _page("contents.html", contents(site, services, language))

    @app.get("/artifacts/<resource_type>/<resource_id>/<version>", endpoint="artifact")
    def _(resource_type: str, resource_id: str, version: str) -> Response:
        language = page_language(site.settings)
        return _page("artifact.html", artifact_page(site, resource_type, resource_id, version, language))

    @app.get("/style.css", endpoint="style")
    def _() -> Response:
        with app.open_resource("pages/style.css") as file:
            sheet = Response(file.read(), content_type="text/css; charset=utf-8")
        sheet.headers["Cache-Control"] = "max-age=3600"
        return sheet


def add_trial(app: Flask, site: Site, make: Callable[[], TryIt]) -> None:
    """Add the pages on which a person tries the hook services to `app`; they are made at the first visit."""
    trial = cache(make)

    @app.get("/try", endpoint="try")
    def _() -> Response:
        return _page("try.html", trial().contents(page_language(site.settings)))

    @app.route("/try/<topic>/<name>", endpoint="try-patient", methods=("GET", "POST"))
    def _(topic: str, name: str) -> Response:
        from server.pages.try_request import chosen_of

        given = _form() if request.method == "POST" else chosen_of(request.args)
        return _page("try_patient.html", trial().patient(topic, name, page_language(site.settings), given))

    @app.post("/try/<topic>/<name>/feedback", endpoint="try-feedback")
    def _(topic: str, name: str) -> Response:
        return _page("try_feedback.html", trial().feedback(topic, name, page_language(site.settings), _form()))


def add_rates(app: Flask, site: Site, services: HookServices) -> None:
    """Add the page that shows what was counted of feedback to `app`."""

    @app.get("/feedback", endpoint="rates")
    def _() -> Response:
        language = page_language(site.settings)
        return _page("rates.html", rates_page(site, services.rates(), language))


def _form() -> dict[str, str]:
    """Return the fields of a form that was sent, or none."""
    if request.method != "POST":
        return {}
    return dict(pairs(read_body(request.environ, _MOST_BYTES, FORM_TYPES), most=_MOST_FIELDS))


def _page(template: str, filling: dict[str, Any]) -> Response:
    """Return a page; its links are relative, so that at an address that ends in a slash it is sent elsewhere."""
    if request.path.endswith("/") and request.path != "/":
        name = quote(request.path.rstrip("/").rpartition("/")[2])
        return Response(b"", HTTPStatus.PERMANENT_REDIRECT, {"Location": f"../{name}?lang={filling['language']}"})
    page = Response(render_template(template, **filling))
    page.content_type = "text/html; charset=utf-8"
    headers = {"Content-Language": filling["language"], "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    page.headers.update(headers)
    return page
