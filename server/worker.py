"""The process that answers requests: gunicorn's threads, made to log and answer as the application does.

A request that is no HTTP never reaches the application; it gets an OperationOutcome here, and a line in the
log that quotes nothing of it.
"""

from __future__ import annotations

import gc
import select
import socket
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers import gthread  # type: ignore[import-untyped]

from server.log import place_of, write_line
from server.outcome import CONTENT_TYPE, RefusalError, outcome_body
from server.turns import LARGE_TURNS, TURNS

_STATUS = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.ForbiddenProxyRequest: HTTPStatus.FORBIDDEN,
}
# How many more blocks of memory than before are worth setting aside, and how often it is looked at, in seconds.
GROWTH = 50_000
LOOK_SECONDS = 1
# How long the next piece of a body may take, the whole of a request's head, and the whole of its body.
READ_SECONDS = 10
HEAD_SECONDS = 5
BODY_SECONDS = 30
# How long a thread waits for the next request of a client that it answered, and what part of the threads may do so.
NEXT_MILLISECONDS = 5
SHARE = 2
# How long a thread that computes keeps one waiting that has only to read its request and stand in line, in seconds.
# Python's own 5 ms is more than most calls take, so that who waits would not be let in but by chance.
SWITCH_SECONDS = 0.0003
PIECE = 64 * 1024  # what is read at once of a request, most of which are whole then
_TOO_LONG = (HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)


class Worker(gthread.ThreadWorker):  # type: ignore[misc]
    """Threads that answer what cannot be read as HTTP with an OperationOutcome, and wait for no client long.

    A connection that sends nothing takes no thread; one that sends its request slowly gives the thread back when its
    time is over; and one that is not closed from the other side is waited for by a thread, not by the loop that accepts
    the next. One that sends its next request at once is answered by the thread that it has, for each change of threads
    waits for the one that computes.
    """

    settled = 0
    looked = 0.0

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.reading: dict[Any, float] = {}
        self.held: set[Any] = set()

    def init_process(self) -> None:
        """Begin to answer; threads are let in soon, for they work in turn, first come, first served (turns.py)."""
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def notify(self) -> None:
        """Tell the parent that this process lives; see whose time is over, and whether much was loaded."""
        super().notify()
        now = time.monotonic()
        self.hurry(now)
        if self.nr and now > self.looked + LOOK_SECONDS:
            self.looked = now
            if self.alive and sys.getallocatedblocks() > self.settled + GROWTH:
                self.tpool.submit(self.settle)

    def settle(self) -> None:
        """Set aside what was loaded, so that the collector of garbage does not go through it again and again.

        Each time it does, every call waits. What was loaded stays as long as the process; this has a turn of its own,
        as clients that keep their connections may leave no other moment, so that of a request only what waits for its
        turn is there to be set aside. That is freed as ever, for it goes with its last reference.
        """
        with TURNS:
            if LARGE_TURNS.is_free:
                gc.collect()
                gc.freeze()
                self.settled = sys.getallocatedblocks()

    def hurry(self, now: float) -> None:
        """End the reading from each client whose time is over: what it sent so far is all of its request."""
        for connection, ends in self.reading.copy().items():
            if ends < now:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)

    def handle(self, conn: Any) -> Any:
        """Answer what comes on a connection, or put it back to wait where nothing has come yet."""
        if not conn.initialized and not conn.wait_for_data(0):
            return gthread._DEFER  # noqa: SLF001  gunicorn's own word for it, after a wait of five seconds
        self.held.add(conn)
        try:
            kept = self.answer(conn)
            while kept and self.goes_on(conn):
                kept = self.answer(conn)
            return kept
        finally:
            self.held.discard(conn)

    def answer(self, conn: Any) -> Any:
        """Answer the request that comes on a connection; return whether the connection is kept."""
        self.reading[conn] = time.monotonic() + HEAD_SECONDS
        if conn.initialized:
            conn.parser.unreader.mxchunk = PIECE  # each reading lets go of Python, and has to get it again
        try:
            return super().handle(conn)
        finally:
            del self.reading[conn]

    def goes_on(self, conn: Any) -> bool:
        """Return whether the next request is here or comes at once, and others have threads enough meanwhile."""
        if not self.alive or len(self.held) * SHARE > self.cfg.threads:
            return False
        waited = select.poll()
        waited.register(conn.sock, select.POLLIN)
        return bool(waited.poll(NEXT_MILLISECONDS))

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer one request; a client that stops sending its body gives the thread back."""
        self.reading[conn] = time.monotonic() + BODY_SECONDS
        conn.sock.settimeout(READ_SECONDS)
        return super().handle_request(req, conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Go on with a connection after a request, or have a thread close it."""
        if not self.alive or fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self.nr_conns -= 1
            self.tpool.submit(conn.close, graceful=True)

    def handle_error(self, _request: Any, client: socket.socket, _address: Any, error: BaseException) -> None:
        """Answer a request that could not be parsed or that failed outside the application."""
        settings = self.app.settings
        status = status_of(error)
        write_line(
            {
                "time": settings.now().isoformat(timespec="milliseconds"),
                "method": None,
                "route": None,
                "status": int(status),
                "error": place_of(error),
                "request": settings.new_request_id(),
            }
        )
        try:
            util.write_nonblock(client, raw_answer(status))
        except OSError:
            self.log.debug("The client is gone.")


class WorkerLog(Logger):  # type: ignore[misc]
    """gunicorn's own log: as it is in the parent, and without any request's text in a worker."""

    in_worker = False

    def log(self, level: Any, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write one message, in a worker only the kind of failure that it is about."""
        if not self.in_worker:
            super().log(level, message, *arguments, **keywords)
        elif error := sys.exc_info()[1]:
            write_line({"level": "error", "error": place_of(error)})

    def critical(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write a message of the highest level."""
        self.log("critical", message, *arguments, **keywords)

    def error(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write an error."""
        self.log("error", message, *arguments, **keywords)

    def exception(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write an error with where it came from."""
        self.log("error", message, *arguments, **{"exc_info": True, **keywords})

    def warning(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write a warning."""
        self.log("warning", message, *arguments, **keywords)

    def info(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write what goes on."""
        if not self.in_worker:
            self.log("info", message, *arguments, **keywords)

    def debug(self, message: str, *arguments: Any, **keywords: Any) -> None:
        """Write nothing: gunicorn's debugging quotes requests."""


def status_of(error: BaseException) -> HTTPStatus:
    """Return the status that tells a client what is wrong with what it sent."""
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    is_clients = isinstance(error, (errors.ParseException, errors.InvalidHeader, errors.ConfigurationProblem))
    return HTTPStatus.BAD_REQUEST if is_clients else HTTPStatus.INTERNAL_SERVER_ERROR


def raw_answer(status: HTTPStatus) -> bytes:
    """Return a whole HTTP answer with an OperationOutcome, for a connection that is closed after it."""
    rule = "request-too-long" if status in _TOO_LONG else "request-malformed"
    rule = "server-error" if status == HTTPStatus.INTERNAL_SERVER_ERROR else rule
    body = outcome_body(RefusalError(rule).report)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
