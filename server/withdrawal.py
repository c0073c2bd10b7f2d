"""The application over what is not withdrawn, made anew at the first request after the list has changed.

Every path answers from what is held, so what the list takes out is gone from all of them at once, in each process of
the server (publisher/withdrawal.py has the list). A list that cannot be read closes the server until it is mended:
nobody could tell what must not be shown.
"""

from __future__ import annotations

import gc
from threading import Lock
from typing import TYPE_CHECKING

from publisher.issue import IssueError
from publisher.withdrawal import read_withdrawn, unknown_withdrawn
from server.headers import FixedHeaders, Preflights
from server.log import RequestLog, write_line
from server.outcome import RefusalError, refusal_answer
from server.request import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from publisher.repository import Artifact
    from server.settings import Settings

    Make = Callable[[Sequence[Artifact], Collection[Artifact]], WSGIApplication]


class Withdrawals:
    """Passes each request to the application over what the list leaves."""

    def __init__(self, path: Path, artifacts: Sequence[Artifact], settings: Settings, make: Make) -> None:
        """Read the list, or raise IssueError; `make` gets the artifacts that are left and those withdrawn."""
        self._path = path
        self._artifacts = artifacts
        self._settings = settings
        self._make = make
        self._lock = Lock()
        self._read = self._state()  # before the list is read, so that no change in between is missed
        self._app = self._made()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request by the list as it is now."""
        if self._state() != self._read:
            self._refresh()
        return self._app(environ, start_response)

    def _refresh(self) -> None:
        with self._lock:
            state = self._state()
            if state == self._read:
                return
            try:
                self._app = self._made()
            except IssueError as error:
                self._app = closed(self._settings)
                self._tell("error", str(error).splitlines())
            self._read = state
            gc.unfreeze()  # the application before this one is no longer to stay (server/worker.py set it aside)

    def _made(self) -> WSGIApplication:
        withdrawn = read_withdrawn(self._path)
        if unknown := unknown_withdrawn(withdrawn, self._artifacts):
            self._tell("warning", unknown.to_text().splitlines())
        gone = [one for one in self._artifacts if one.canonical in withdrawn]
        return self._make([one for one in self._artifacts if one.canonical not in withdrawn], gone)

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _tell(self, level: str, lines: list[str]) -> None:
        time = self._settings.now().isoformat(timespec="milliseconds")
        for line in lines:
            write_line({"time": time, "level": level, "issue": line})


def closed(settings: Settings) -> WSGIApplication:
    """Return the application that answers every request with 503."""

    def refuse(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        language = language_of(settings, environ.get("HTTP_ACCEPT_LANGUAGE"))
        answer = refusal_answer(RefusalError("withdrawn-unreadable"), language)
        start_response(answer.status, answer.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    return RequestLog(Preflights(refuse), settings, FixedHeaders(settings))
