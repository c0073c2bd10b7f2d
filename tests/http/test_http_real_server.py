"""The server as it runs: gunicorn in a process of its own, sent what the in-process client cannot send."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from server.serve import THREADS
from tests.unit.apply.builders import activity, does, plan, when
from tests.unit.package.archives import package_of, packed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN_ID = re.compile(r'"request": "[0-9a-f-]{36}"')
PATIENT = "19121212-1212"
PROGRAM = "import sys; from publisher.cli import main; sys.exit(main(sys.argv[1:]))"
PLAN = {
    "resourceType": "PlanDefinition",
    "id": "plan",
    "language": "sv",
    "url": "https://vademecum.example/fhir/PlanDefinition/plan",
    "version": "1.0.0",
    "status": "active",
}


class Server:
    """A running server and all that it writes."""

    def __init__(self, root: Path, *arguments: str) -> None:
        self.port = _free_port()
        command = [sys.executable, "-c", PROGRAM, "serve", str(root), "--port", str(self.port), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.written = self.process.stderr.readline()

    def connected(self) -> socket.socket:
        """Return a connection; what hangs for a minute fails a test."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def send(self, request: bytes) -> bytes:
        """Return all that comes back on a connection that `request` is sent on."""
        with self.connected() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while part := connection.recv(65536):
                received += part
        return received

    def stop(self) -> int:
        """Stop as an operator does; return the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        out, err = self.process.communicate(timeout=30)
        self.written += out + err
        return self.process.returncode


def _has_ipv6() -> bool:
    """Return whether this machine has the address ::1."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a compiled release of one plan in two languages."""
    folder: Path = tmp_path_factory.mktemp("release")
    compiled = folder / "topic" / "fhir"
    (compiled / "en").mkdir(parents=True)
    (folder / "topic" / "topic.yaml").write_text("id: topic\n")
    body = json.dumps(PLAN).encode()
    for name in ("PlanDefinition-plan.json", "en/PlanDefinition-plan.json"):
        (compiled / name).write_bytes(body)
    sums = "".join(
        f"{hashlib.sha256(body).hexdigest()}  {name}\n"
        for name in ("PlanDefinition-plan.json", "en/PlanDefinition-plan.json")
    )
    (compiled / "SHA256SUMS").write_text(sums)
    return folder


@pytest.fixture
def server(root: Path) -> Iterator[Server]:
    running = Server(root)
    yield running
    running.stop()


def request(
    line: str,
    *headers: str,
    body: bytes = b"",
    length: bool = True,
) -> bytes:
    """Return the bytes of one HTTP request."""
    sized = [f"Content-Length: {len(body)}"] if body and length else []
    head = [line, "Host: x", "Connection: close", *headers, *sized]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


JSON = "Content-Type: application/json"
FORM = "Content-Type: application/x-www-form-urlencoded"
WELL_FORMED = [
    request(f"GET /fhir/PlanDefinition/{PATIENT} HTTP/1.1"),
    request(f"GET /{PATIENT} HTTP/1.1"),
    request(f"GET /fhir/PlanDefinition?name={PATIENT}&{PATIENT}=1 HTTP/1.1"),
    request(f"GET /fhir/PlanDefinition?name=%0A%1B[31m{PATIENT} HTTP/1.1"),
    request("POST /fhir/PlanDefinition/_search HTTP/1.1", FORM, body=f"colour={PATIENT}".encode()),
    request(f"POST /cds-services/{PATIENT} HTTP/1.1", JSON, body=b"{}"),
    request("POST /cds-services/x HTTP/1.1", JSON, body=f'{{"a": {PATIENT}'.encode()),
    request("POST /cds-services/x HTTP/1.1", JSON, body=f'{{"context": {{"patientId": "{PATIENT}"}}}}'.encode()),
    request("POST /fhir/PlanDefinition/plan/$apply HTTP/1.1", JSON, body=f'{{"{PATIENT}": 1}}'.encode()),
    request(f"GET /fhir/PlanDefinition/plan/$apply?subject=Patient/{PATIENT} HTTP/1.1"),
    request(f"{PATIENT.replace('-', '')} /fhir/metadata HTTP/1.1"),
    request(
        "GET /fhir/PlanDefinition/plan HTTP/1.1",
        *(
            f"{name}: {PATIENT}"
            for name in ("X-Request-Id", "Cookie", "Authorization", "User-Agent", "Referer", "Accept-Language")
        ),
    ),
]
MALFORMED = [
    f"{PATIENT}\r\n\r\n".encode(),
    f"GET /{PATIENT} HTTP/9.9\r\n\r\n".encode(),
    f"GET /{PATIENT} XTTP/1.1\r\n\r\n".encode(),
    f"GET /{PATIENT} HTTP/1.1\r\nConnection: close\r\n\r\n".encode(),
    f"get /{PATIENT} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    request("GET / HTTP/1.1", PATIENT),
    request("GET / HTTP/1.1", f"{PATIENT}(): x"),
    request("GET / HTTP/1.1", f"X-Data: {PATIENT}\x00"),
    request("GET / HTTP/1.1", f" {PATIENT}"),
    request("POST /cds-services/x HTTP/1.1", JSON, f"Content-Length: {PATIENT}"),
    request("POST /cds-services/x HTTP/1.1", JSON, f"Transfer-Encoding: {PATIENT}"),
    request(f"GET /{PATIENT * 800} HTTP/1.1"),
    request("GET / HTTP/1.1", f"X-Data: {PATIENT * 800}"),
    request("GET / HTTP/1.1", *(f"X-{number}: {PATIENT}" for number in range(90))),
    request("GET / HTTP/1.1", f"Expect: {PATIENT}"),
    b"\x16\x03\x01" + PATIENT.encode() + b"\r\n\r\n",
]
BROKEN_BODIES = [
    request(
        "POST /cds-services/x HTTP/1.1",
        JSON,
        "Transfer-Encoding: chunked",
        body=f"{PATIENT}\r\n{{}}\r\n0\r\n\r\n".encode(),
        length=False,
    ),
    request("POST /cds-services/x HTTP/1.1", JSON, "Content-Length: 1000", body=PATIENT.encode(), length=False),
]


def test_nothing_that_was_sent_is_written_anywhere(server: Server) -> None:
    answers = [server.send(sent) for sent in (*WELL_FORMED, *MALFORMED, *BROKEN_BODIES)]
    assert server.stop() == 0
    assert all(answers)
    assert server.written.count("\n") >= len(answers)
    written = OWN_ID.sub("", server.written)  # random, so that it may hold four digits of anything
    for trace in (PATIENT, "1912", "%0A", "\x1b"):
        assert trace not in written


@pytest.mark.parametrize("sent", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_http_is_answered_with_an_outcome(shared: Server, sent: bytes) -> None:
    head, _, body = shared.send(sent).partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    assert b"Content-Type: application/fhir+json" in head
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert PATIENT.encode() not in body


@pytest.mark.parametrize("sent", BROKEN_BODIES, ids=["bad chunk", "short body"])
def test_body_that_breaks_off_is_400(shared: Server, sent: bytes) -> None:
    head, _, body = shared.send(sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["issue"][0]["details"]["text"] == "body-incomplete"


def test_chunked_body_over_the_limit_is_413(shared: Server) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    sent = request(
        "POST /cds-services/x HTTP/1.1",
        JSON,
        "Transfer-Encoding: chunked",
        body=chunk * 11 + b"0\r\n\r\n",
        length=False,
    )
    assert shared.send(sent).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("line", "header", "size", "status"),
    [
        ("POST /cds-services/plan HTTP/1.1", JSON, 12_000_000, 413),
        ("POST /fhir/PlanDefinition/_search HTTP/1.1", FORM, 9_000_000, 413),
        ("POST /nowhere HTTP/1.1", JSON, 9_000_000, 404),
        ("PUT /cds-services/plan HTTP/1.1", JSON, 9_000_000, 405),
        ("POST /cds-services/plan HTTP/1.1", f"{JSON}\r\nContent-Encoding: gzip", 9_000_000, 415),
    ],
)
def test_who_sends_a_large_body_to_its_end_gets_the_refusal(
    shared: Server, line: str, header: str, size: int, status: int
) -> None:
    head, _, body = shared.send(request(line, header, body=b" " * size)).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("begun", [b"", b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\nX-Data: "], ids=["silent", "half"])
def test_clients_that_never_finish_do_not_keep_others_out(shared: Server, begun: bytes) -> None:
    with ExitStack() as held:
        for _ in range(THREADS + 8):
            held.enter_context(shared.connected()).sendall(begun)
        answer = shared.send(request("GET /fhir/PlanDefinition/plan HTTP/1.1"))
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_greeting_is_one_line_that_says_what_is_served(shared: Server) -> None:
    assert shared.written == (
        f"Vademecum 0.1.0 serves 1 artifacts at http://127.0.0.1:{shared.port}/ "
        "(evaluator on, drafts not evaluated; open: no sign-in is asked for)\n"
    )


def test_answer_over_the_wire_has_one_length_and_no_surprise(shared: Server) -> None:
    head, _, body = shared.send(request("GET /fhir/PlanDefinition/plan HTTP/1.1")).partition(b"\r\n\r\n")
    assert json.loads(body) == PLAN
    assert head.count(b"Content-Length:") == 1
    etag = next(line for line in head.split(b"\r\n") if line.startswith(b"ETag: ")).removeprefix(b"ETag: ")
    held = shared.send(request("GET /fhir/PlanDefinition/plan HTTP/1.1", f"If-None-Match: {etag.decode()}"))
    assert held.startswith(b"HTTP/1.1 304 ")
    assert held.endswith(b"\r\n\r\n")
    asked = shared.send(request("HEAD /fhir/PlanDefinition/plan HTTP/1.1"))
    assert asked.endswith(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in asked


def test_release_with_changed_bytes_is_not_served(root: Path, tmp_path: Path) -> None:
    changed = tmp_path / "topic" / "fhir"
    changed.mkdir(parents=True)
    (tmp_path / "topic" / "topic.yaml").write_text("id: topic\n")
    (changed / "SHA256SUMS").write_text(f"{'0' * 64}  PlanDefinition-plan.json\n")
    (changed / "PlanDefinition-plan.json").write_bytes((root / "topic/fhir/PlanDefinition-plan.json").read_bytes())
    server = Server(tmp_path)
    assert server.process.wait(timeout=30) == 1
    assert "error release-mismatch: PlanDefinition-plan.json has other bytes" in server.written
    server.stop()


@pytest.fixture(scope="module")
def shared(root: Path) -> Iterator[Server]:
    running = Server(root, "--workers", "1")
    yield running
    running.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_package_is_served_beside_the_release_at_the_time_that_was_fixed(root: Path, tmp_path: Path) -> None:
    day = plan(does(**when("today() = @2020-02-29")), name="on-a-day")
    archive = package_of(tmp_path / "a.tgz", day, activity())
    running = Server(root, "--package", str(archive), "--now", "2020-02-29T12:00:00+00:00")
    address = "/fhir/PlanDefinition/on-a-day/$apply?subject=Patient/1"
    answer = running.send(request(f"GET {address} HTTP/1.1"))
    assert running.stop() == 0
    assert running.written.startswith("Vademecum")
    assert "packages: example.guideline#1.0.0" in running.written
    assert b"ActivityDefinition/act|2" in answer


def test_a_package_that_is_refused_stops_the_server_before_it_listens(root: Path, tmp_path: Path) -> None:
    running = Server(root, "--package", str(packed(tmp_path / "a.tgz", {"../x.json": {}})))
    assert running.process.wait(timeout=30) == 1
    assert "a.tgz holds a member whose name is not of the form package/..." in running.written


# Containers often have no IPv6, not even among themselves; then there is no address to listen on.
@pytest.mark.skipif(not _has_ipv6(), reason="NOT RUN: this machine has no IPv6")
def test_an_ipv6_host_is_listened_on_and_named_in_brackets(root: Path) -> None:
    server = Server(root, "--host", "::1")
    try:
        assert f"http://[::1]:{server.port}/" in server.written
        with socket.create_connection(("::1", server.port), timeout=60) as connection:
            connection.sendall(request("GET /fhir/PlanDefinition/plan HTTP/1.1"))
            assert connection.recv(64).startswith(b"HTTP/1.1 200 ")
    finally:
        server.stop()
