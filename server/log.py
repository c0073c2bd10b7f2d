"""One JSON line a request, which can hold nothing of what the client sent; and the end of all else that is kept of it.

It names the route's template, never the address, the query, an id, a header or the body; see
https://hl7.org/fhir/R4/http.html#custom for the X-Request-Id that ties an answer to its line.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from server.body import discard_body
from server.outcome import RefusalError, refusal_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from server.settings import Settings

_KEY = "vademecum.log"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Entry:
    """What a route tells about a request: its template, and counts or artifact versions."""

    __slots__ = ("bytes_out", "fields", "route", "status")

    def __init__(self) -> None:
        self.route: str | None = None
        self.fields: dict[str, Any] = {}
        self.status = 0
        self.bytes_out = 0


class _Ids(NamedTuple):
    own: str
    correlation: str | None


def entry_of(environ: WSGIEnvironment) -> Entry:
    """Return the log entry of the request that `environ` describes."""
    entry = environ.get(_KEY)
    if not isinstance(entry, Entry):
        entry = environ[_KEY] = Entry()
    return entry


def place_of(error: BaseException) -> str:
    """Return the kind of `error` and the lines it passed, without its message: that may quote the request."""
    steps, traceback = [], error.__traceback__
    while traceback:
        steps.append(f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return f"{type(error).__name__} at {' '.join(steps[-6:])}"


class _Lines:
    """Standard error, which may be full or gone: no answer waits for it, and a later line tells how many are lost."""

    lost = 0

    def write(self, fields: dict[str, Any]) -> None:
        line = json.dumps(fields) + "\n"
        if self.lost:  # a part of the first may be there
            line = "\n" + json.dumps({**fields, "lost": self.lost}) + "\n"
        try:
            sys.stderr.write(line)
            sys.stderr.flush()
        except OSError:
            self.lost += 1
        else:
            self.lost = 0


_LINES = _Lines()


def write_line(fields: dict[str, Any]) -> None:
    """Write one line of JSON to standard error."""
    _LINES.write(fields)


class RequestLog:
    """The outermost WSGI layer: gives each request its id and the fixed headers, and writes its line."""

    def __init__(
        self,
        app: WSGIApplication,
        settings: Settings,
        fixed_headers: Callable[[WSGIEnvironment, list[tuple[str, str]]], Iterable[tuple[str, str]]],
    ) -> None:
        self._app = app
        self._settings = settings
        self._fixed_headers = fixed_headers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request and write one line about it."""
        began = self._settings.timer()
        entry = environ[_KEY] = Entry()
        ids = self._ids(environ.get("HTTP_X_REQUEST_ID"))

        def start(
            status: str,
            headers: list[tuple[str, str]],
            exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        ) -> Callable[[bytes], object]:
            entry.status = int(status[:3])
            entry.bytes_out = next((int(value) for name, value in headers if name == "Content-Length"), 0)
            headers += self._fixed_headers(environ, headers)
            headers.append(("X-Request-Id", ids.own))
            if ids.correlation:
                headers.append(("X-Correlation-Id", ids.correlation))
            return start_response(status, headers, exc_info)

        try:
            answer = self._app(environ, start)
        except Exception as error:  # noqa: BLE001  the last place that can turn a failure into an OperationOutcome
            entry.fields["error"] = place_of(error)
            answer = _failed(start)
        urlsplit.cache_clear()  # type: ignore[attr-defined]  # it keeps the addresses of requests and of records
        self._write(environ["REQUEST_METHOD"], entry, ids.own, began)
        if entry.status >= 400:  # noqa: PLR2004  HTTP
            discard_body(environ, 2 * self._settings.data_max_body)
        return answer

    def _ids(self, given: str | None) -> _Ids:
        """Take the client's id if it is a UUID, so that no other number of its own can reach the log."""
        if given is None or not _REQUEST_ID.fullmatch(given):
            return _Ids(self._settings.new_request_id(), None)
        if _UUID.fullmatch(given):
            return _Ids(given, None)
        return _Ids(self._settings.new_request_id(), given)

    def _write(self, method: str, entry: Entry, request_id: str, began: float) -> None:
        write_line(
            {
                "time": self._settings.now().isoformat(timespec="milliseconds"),
                "method": method if method in _METHODS else "other",
                "route": entry.route,
                "status": entry.status,
                "ms": round((self._settings.timer() - began) * 1000, 2),
                "bytes": 0 if method == "HEAD" else entry.bytes_out,
                "request": request_id,
                **entry.fields,
            }
        )


def _failed(start: StartResponse) -> list[bytes]:
    answer = refusal_answer(RefusalError("server-error"))
    start(answer.status, answer.headers)
    return [answer.body]
