"""An answer as WSGI takes it, whatever found it."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from flask import Response

from publisher.r4.codec import dumps, parse

OK = "200 OK"
NOT_MODIFIED = "304 NOT MODIFIED"


class Answer(NamedTuple):
    """Status line, headers and body; a length is among the headers of every answer that has a body."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def to_flask(self) -> Response:
        """Return the answer as a view of the framework returns it."""
        return Response(self.body, self.status, self.headers)


def answer_with(body: bytes, content_type: str, headers: list[tuple[str, str]], status: int = 200) -> Answer:
    """Return an answer that carries `body`."""
    line = OK if status == HTTPStatus.OK else f"{status} {HTTPStatus(status).phrase.upper()}"
    return Answer(line, [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers], body)


def pretty_printed(body: bytes) -> bytes:
    """Return the same JSON over several lines, with decimals as written."""
    return dumps(parse(body, file="answer").value, pretty=True)
