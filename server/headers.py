"""Headers that do not depend on what a route answers: hardening, and cross-origin access.

Implements https://hl7.org/fhir/R4/http.html#cors and https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from server.settings import Settings

_CLOSED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HARDENING = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", _CLOSED),
)
_HARDENING_OF_PAGES = (*_HARDENING[:2], ("Content-Security-Policy", f"{_CLOSED}; style-src 'self'"))
# The pages with forms send them to this server only.
_HARDENING_OF_FORMS = (
    *_HARDENING[:2],
    ("Content-Security-Policy", f"{_CLOSED}; style-src 'self'".replace("form-action 'none'", "form-action 'self'")),
)
_PAGE_TYPE = ("Content-Type", "text/html; charset=utf-8")

_READABLE = "ETag, Last-Modified, Location, Retry-After, X-Request-Id, X-Correlation-Id"
_ACCEPTED = (
    "Accept, Accept-Language, Authorization, Content-Type, If-Modified-Since, If-None-Match, Prefer, X-Request-Id, "
    "X-Requested-With"
)
_REMEMBERED_SECONDS = "600"
_ASKS = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"


class FixedHeaders:
    """The headers that every answer of one server carries."""

    def __init__(self, settings: Settings) -> None:
        self._origins = settings.cors_origins

    def __call__(self, environ: WSGIEnvironment, headers: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        """Return what to add to `headers` in the answer to this request."""
        hardening = _HARDENING
        if _PAGE_TYPE in headers:
            is_form = environ.get("PATH_INFO", "").startswith("/try")
            hardening = _HARDENING_OF_FORMS if is_form else _HARDENING_OF_PAGES
        return (*hardening, *self._cross_origin(environ, headers))

    def _cross_origin(self, environ: WSGIEnvironment, headers: list[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        if _is_public(path, method):
            yield "Access-Control-Allow-Origin", "*"
        elif path.startswith(("/fhir", "/cds-services")):
            yield "Vary", "Origin"
            allowed = self._allowed(environ.get("HTTP_ORIGIN"))
            if allowed is None:
                return
            yield "Access-Control-Allow-Origin", allowed
        else:
            return
        yield "Access-Control-Expose-Headers", _READABLE
        if method == "OPTIONS":
            yield "Access-Control-Allow-Methods", dict(headers).get("Allow", "OPTIONS")
            yield "Access-Control-Allow-Headers", _ACCEPTED
            yield "Access-Control-Max-Age", _REMEMBERED_SECONDS

    def _allowed(self, origin: str | None) -> str | None:
        """Return the configured origin that `origin` is, never the header's own text."""
        return next((one for one in self._origins if one in ("*", origin)), None)


def _is_public(path: str, method: str) -> bool:
    """Return whether any web page may read the answer: it is knowledge, not computed from patient data."""
    if not path.startswith("/fhir"):
        return False
    return "$" not in path and (method in ("GET", "HEAD", "OPTIONS") or path.endswith("/_search"))


class Preflights:
    """Lets a page read why its request is refused: a browser sends it only where the preflight is no failure.

    https://fetch.spec.whatwg.org/#cors-preflight-fetch; a preflight comes without a token, and asks nothing else.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on; a preflight that is refused is answered with what any address has."""
        if environ["REQUEST_METHOD"] != "OPTIONS" or _ASKS not in environ:
            return self._app(environ, start_response)
        told: list[tuple[str, list[tuple[str, str]]]] = []
        body = self._app(environ, lambda *answer: told.append(answer[:2]))  # type: ignore[arg-type]
        status, headers = told[-1]
        if status >= "4":
            status, headers, body = "200 OK", [("Allow", "OPTIONS"), ("Content-Length", "0")], []
        start_response(status, headers)
        return body
