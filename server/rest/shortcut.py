"""Reads and searches of what is held, answered before the framework is reached; the rest goes on to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.log import entry_of
from server.outcome import RefusalError, refusal_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from server.answer import Answer

    Interaction = Callable[[WSGIEnvironment], Answer]

# Addresses come from the settings; whatever host a client names, it is not looked at.
_HOST = "localhost"


class Shortcut:
    """Answers GET and HEAD of known paths by the interactions that the routes of the framework use too."""

    def __init__(self, app: WSGIApplication, paths: Mapping[str, tuple[str, Interaction]]) -> None:
        """Take the interaction of each path, with the route template that the log names it by."""
        self._app = app
        self._paths = paths

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer at once where the path is known; what is refused, the framework puts into words."""
        if "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            refusal = refusal_answer(RefusalError("request-malformed"))  # RFC 9112 section 3.2
            start_response(refusal.status, refusal.headers)
            return [] if environ["REQUEST_METHOD"] == "HEAD" else [refusal.body]
        environ["HTTP_HOST"] = _HOST
        found = self._paths.get(environ.get("PATH_INFO", ""))
        if found is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        template, interaction = found
        try:
            answer = interaction(environ)
        except RefusalError:
            return self._app(environ, start_response)
        entry_of(environ).route = template
        start_response(answer.status, answer.headers)
        return [answer.body] if environ["REQUEST_METHOD"] == "GET" else []
