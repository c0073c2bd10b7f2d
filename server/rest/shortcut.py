"""Reads and searches of what is held, its operations and hook services, answered before the framework is reached.

The rest goes on to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.log import entry_of
from server.outcome import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from server.answer import Answer

    Interaction = Callable[[WSGIEnvironment], Answer]
    # By method and path the route template that the log names an interaction by, and the interaction.
    Paths = dict[tuple[str, str], tuple[str, Interaction]]

# Addresses come from the settings; whatever host a client names, it is not looked at.
_HOST = "localhost"


class Shortcut:
    """Answers known paths by the interactions that the routes of the framework use too.

    `refused` puts into words what an interaction refuses, as the framework would.
    """

    def __init__(
        self,
        app: WSGIApplication,
        paths: Paths,
        refused: Callable[[WSGIEnvironment, Exception], WSGIApplication],
    ) -> None:
        self._app = app
        self._paths = paths
        self._refused = refused

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer at once where the path is known."""
        is_hostless = "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        environ["HTTP_HOST"] = _HOST
        if is_hostless:  # RFC 9112 section 3.2
            return self._refused(environ, RefusalError("request-malformed"))(environ, start_response)
        method = environ["REQUEST_METHOD"]
        found = self._paths.get(("GET" if method == "HEAD" else method, environ.get("PATH_INFO", "")))
        if found is None:
            return self._app(environ, start_response)
        template, interaction = found
        try:
            answer = interaction(environ)
        except Exception as error:  # noqa: BLE001  each kind has its words
            return self._refused(environ, error)(environ, start_response)
        entry_of(environ).route = template
        start_response(answer.status, answer.headers)
        return [] if method == "HEAD" else [answer.body]
