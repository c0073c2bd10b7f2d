"""The server's process: its log, its answers to what is no HTTP, and a release that cannot be loaded."""

from __future__ import annotations

import gc
import json
import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.config import Config
from gunicorn.http import errors

from publisher.repository import Artifact, Rendition
from server.log import RequestLog, entry_of, place_of
from server.serve import languages_of, serve
from server.settings import Settings
from server.turns import LARGE_TURNS
from server.worker import Worker, WorkerLog, raw_answer, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PATIENT = "19121212-1212"


class Connection:
    """A connection as the worker holds it."""

    initialized = True

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.parser = SimpleNamespace(unreader=SimpleNamespace(mxchunk=8192))


@pytest.fixture
def settings() -> Settings:
    return Settings(
        base_url="http://x/",
        default_language="sv",
        languages=("sv",),
        evaluate_drafts=False,
        evaluator=True,
        now=lambda: datetime(2026, 6, 1, tzinfo=UTC),
        timer=lambda: 0.0,
        new_request_id=lambda: "id-1",
    )


def test_base_url_has_no_slash_at_its_end(settings: Settings) -> None:
    assert (settings.fhir_base, settings.hooks_base) == ("http://x/fhir", "http://x/cds-services")


def test_application_that_fails_is_answered_with_an_outcome(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_environ: Any, _start: Any) -> Iterable[bytes]:
        raise KeyError(PATIENT)

    started: list[Any] = []
    log = RequestLog(broken, settings, lambda _environ, _headers: [("X-Fixed", "1")])
    (body,) = log({"REQUEST_METHOD": "GET"}, lambda *arguments: started.append(arguments))  # type: ignore[arg-type]
    status, headers, _ = started[0]
    assert status == "500 INTERNAL SERVER ERROR"
    assert dict(headers)["Content-Type"] == "application/fhir+json"
    assert (dict(headers)["X-Fixed"], dict(headers)["X-Request-Id"]) == ("1", "id-1")
    assert json.loads(body)["issue"][0]["code"] == "exception"
    written = capsys.readouterr().err
    assert json.loads(written)["error"].startswith("KeyError at ")
    assert PATIENT not in written + body.decode()


def test_entry_is_made_where_there_is_no_log_around_the_application() -> None:
    environ: dict[str, Any] = {}
    assert entry_of(environ) is entry_of(environ)


def test_place_of_an_error_names_modules_and_lines_and_no_message() -> None:
    def fail() -> None:
        raise ValueError(PATIENT)

    with pytest.raises(ValueError, match=PATIENT) as caught:
        fail()
    kind, _, place = place_of(caught.value).partition(" at ")
    assert kind == "ValueError"
    assert all(step.rpartition(":")[2].isdigit() for step in place.split())
    assert PATIENT not in place


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.InvalidRequestLine(PATIENT), 400),
        (errors.InvalidHeader(PATIENT), 400),
        (errors.LimitRequestLine(1, 1), 414),
        (errors.LimitRequestHeaders(PATIENT), 431),
        (errors.UnsupportedTransferCoding(PATIENT), 501),
        (RuntimeError(PATIENT), 500),
    ],
)
def test_worker_answers_what_is_no_http(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Any, status: int
) -> None:
    sent: list[bytes] = []
    monkeypatch.setattr("server.worker.util.write_nonblock", lambda _client, data: sent.append(data))
    worker = SimpleNamespace(app=SimpleNamespace(settings=settings))
    Worker.handle_error(worker, None, None, ("127.0.0.1", 1), error)
    head, _, body = sent[0].partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    written = capsys.readouterr().err
    assert json.loads(written)["status"] == status
    assert PATIENT not in written + sent[0].decode()


def test_client_that_has_gone_is_no_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_client: Any, _data: bytes) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("server.worker.util.write_nonblock", gone)
    told: list[str] = []
    worker = SimpleNamespace(app=SimpleNamespace(settings=settings), log=SimpleNamespace(debug=told.append))
    Worker.handle_error(worker, None, None, None, errors.InvalidHeader("x"))
    assert told == ["The client is gone."]


def test_length_of_a_raw_answer_is_that_of_its_body() -> None:
    head, _, body = raw_answer(HTTPStatus.BAD_REQUEST).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_status_of_what_nobody_foresaw_is_500() -> None:
    assert status_of(MemoryError()) == HTTPStatus.INTERNAL_SERVER_ERROR


def test_a_request_is_read_no_further_when_its_time_is_over_and_can_still_be_answered() -> None:
    (late, its_client), (in_time, another) = socket.socketpair(), socket.socketpair()
    with late, its_client, in_time, another:
        late.setblocking(False)
        in_time.setblocking(False)
        worker: Any = SimpleNamespace(reading={Connection(late): 9.0, Connection(in_time): 11.0})
        Worker.hurry(worker, 10.0)
        assert late.recv(1) == b""
        with pytest.raises(BlockingIOError):
            in_time.recv(1)
        late.sendall(b"answer")
        assert its_client.recv(6) == b"answer"


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a worker that reads one byte as a request, and keeps a connection unless it is `x`."""

    def handle(_worker: Worker, conn: Any) -> bool:
        made.answered.append(conn.sock.recv(1))
        return made.answered[-1] != b"x"

    monkeypatch.setattr("server.worker.gthread.ThreadWorker.handle", handle)
    made: Any = Worker.__new__(Worker)
    made.alive, made.reading, made.held, made.answered = True, {}, set(), []
    made.cfg = SimpleNamespace(threads=8)
    return made


def handled(worker: Any, sent: bytes) -> tuple[list[bytes], Any]:
    """Return what was answered in one go of what a client sent, and whether the connection is kept."""
    ours, its = socket.socketpair()
    with ours, its:
        its.sendall(sent)
        kept = worker.handle(Connection(ours))
    assert worker.reading == {}
    assert not any(isinstance(each, Connection) for each in worker.held)
    return worker.answered, kept


def test_a_client_that_sends_its_next_request_at_once_is_answered_by_the_same_thread(handler: Any) -> None:
    assert handled(handler, b"abc") == ([b"a", b"b", b"c"], True)
    handler.answered.clear()
    assert handled(handler, b"axb") == ([b"a", b"x"], False)


def test_a_server_that_is_told_to_stop_answers_one_request_and_gives_the_connection_back(handler: Any) -> None:
    handler.alive = False
    assert handled(handler, b"abc") == ([b"a"], True)


def test_clients_who_go_on_and_on_leave_half_of_the_threads_to_others(handler: Any) -> None:
    others = handler.held = {object() for _ in range(4)}
    assert handled(handler, b"abc") == ([b"a"], True)
    assert len(others) == 4


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Yield a worker that has loaded much and has answered clients who stay connected; nothing of it is a process."""
    monkeypatch.setattr("server.worker.gthread.ThreadWorker.notify", lambda _worker: None)
    monkeypatch.setattr("server.worker.time.monotonic", lambda: 100.0)
    made: Any = Worker.__new__(Worker)
    made.submitted = []
    made.nr, made.nr_conns, made.alive, made.reading = 1, 8, True, {}
    made.tpool = SimpleNamespace(submit=made.submitted.append)
    yield made
    gc.unfreeze()


def test_what_was_loaded_is_set_aside_though_clients_stay_connected(worker: Any) -> None:
    worker.notify()
    assert worker.submitted == [worker.settle]
    before = gc.get_freeze_count()
    worker.settle()
    assert gc.get_freeze_count() > before
    worker.looked = 0.0
    worker.notify()
    assert worker.submitted == [worker.settle], "nothing was loaded since"


@pytest.mark.parametrize("change", [{"nr": 0}, {"alive": False}, {"looked": 99.5}])
def test_nothing_is_set_aside_before_a_request_at_the_end_or_at_every_event(
    worker: Any, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(worker, name, value)
    worker.notify()
    assert worker.submitted == []


def test_nothing_is_set_aside_while_a_large_request_is_worked_out(worker: Any) -> None:
    before = gc.get_freeze_count()
    with LARGE_TURNS:
        worker.settle()
    assert (gc.get_freeze_count(), worker.settled) == (before, 0)


@contextmanager
def telling(log: WorkerLog, name: str) -> Iterator[None]:
    """Tell `log` of an error while it is handled, as gunicorn does."""
    try:
        yield
    except RuntimeError:
        getattr(log, name)("request %s failed", PATIENT)


@pytest.mark.parametrize("name", ["critical", "error", "exception", "warning", "info", "debug"])
def test_log_of_a_worker_holds_the_kind_of_an_error_and_no_text(capsys: pytest.CaptureFixture[str], name: str) -> None:
    log = WorkerLog(Config())
    log.in_worker = True
    with telling(log, name):
        raise RuntimeError(PATIENT)
    written = capsys.readouterr()
    assert PATIENT not in written.err + written.out
    assert ("RuntimeError at " in written.err) == (name not in {"info", "debug"})


def test_log_of_the_parent_keeps_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    WorkerLog(Config()).error("The address %s is in use", "127.0.0.1:80")
    assert "The address 127.0.0.1:80 is in use" in capsys.readouterr().err


def test_folder_without_a_release_is_reported_and_not_served(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    status = serve(
        tmp_path,
        host="127.0.0.1",
        port=0,
        base_url="http://x",
        evaluate_drafts=False,
        evaluator=True,
        workers=1,
        now=settings.now,
    )
    assert status == 1
    assert "error release-missing" in capsys.readouterr().err


def test_languages_are_those_of_the_renditions_the_written_one_first() -> None:
    body = Rendition.of(b"{}")
    plan = {"resourceType": "PlanDefinition", "id": "a", "language": "sv"}
    held = [Artifact(plan, {"fi": body, "sv": body, "en": body}), Artifact(plan, {"sv": body})]
    assert languages_of(held) == ("sv", "en", "fi")
    assert languages_of([]) == ("en",)
