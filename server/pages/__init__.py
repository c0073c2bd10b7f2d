"""Pages for people: HTML without script, in the reader's language.

Implements WCAG 2.2 level AA (https://www.w3.org/TR/WCAG22/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, render_template, request

from server.pages.artifact import artifact_page
from server.pages.contents import contents
from server.request import language_of

if TYPE_CHECKING:
    from flask import Flask

    from server.cds_hooks import HookServices
    from server.site import Site


def add_pages(app: Flask, site: Site, services: HookServices) -> None:
    """Add the start page, a page for each artifact, and their style sheet to `app`."""

    @app.get("/", endpoint="contents")
    def _() -> Response:
        language = _language(site)
        return _page("contents.html", contents(site, services, language))

    @app.get("/artifacts/<resource_type>/<resource_id>/<version>", endpoint="artifact")
    def _(resource_type: str, resource_id: str, version: str) -> Response:
        language = _language(site)
        return _page("artifact.html", artifact_page(site, resource_type, resource_id, version, language))

    @app.get("/style.css", endpoint="style")
    def _() -> Response:
        with app.open_resource("pages/style.css") as file:
            sheet = Response(file.read(), content_type="text/css; charset=utf-8")
        sheet.headers["Cache-Control"] = "max-age=3600"
        return sheet


def _page(template: str, filling: dict[str, Any]) -> Response:
    page = Response(render_template(template, **filling))
    page.content_type = "text/html; charset=utf-8"
    headers = {"Content-Language": filling["language"], "Vary": "Accept-Language", "Cache-Control": "no-cache"}
    page.headers.update(headers)
    return page


def _language(site: Site) -> str:
    """Return the language that `?lang=` names, else the one that Accept-Language asks for."""
    asked = request.args.get("lang")
    if asked in site.settings.languages:
        return asked
    return language_of(site.settings, request.headers.get("Accept-Language"))
