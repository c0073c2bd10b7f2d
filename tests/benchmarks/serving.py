"""Compare serving with a bare Flask route under the same server: `python tests/benchmarks/serving.py [ROOT]`.

Both run under gunicorn with one worker of eight threads. Rounds of the two alternate, so that whatever else the
machine does falls on both; a row prints the median of the rounds' ratios with their range.
"""

from __future__ import annotations

import json
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.benchmarks.calls import call, parameters, patients_of, worked, worked_parameters  # noqa: E402  the path is set first

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 8
ALONE = 1  # connections of a client that waits for each answer: nothing but the call itself takes time
ROUNDS = 15
SECONDS = 1.0
STARTS = 9
HOOKS = ("patient-view", "order-select", "order-sign", "problem-list-item-create")
SIZE = 32_000
CALLS = ("17", "19")  # rows about evaluation

OURS = """
import sys
from datetime import datetime
from pathlib import Path
from server.serve import serve
port, now = int(sys.argv[1]), datetime.fromisoformat(sys.argv[3])
serve(Path(sys.argv[2]), host="127.0.0.1", port=port, base_url=f"http://127.0.0.1:{port}", evaluate_drafts=True,
      evaluator=True, workers=1, now=lambda: now)
"""
BARE = """
import json, sys
from flask import Flask, Response, request
from gunicorn.app.base import BaseApplication
app = Flask(__name__)
BODY = b"x" * int(sys.argv[2])

@app.get("/")
def constant():
    return Response(BODY, content_type="application/fhir+json")

@app.post("/")
def parse():
    json.loads(request.get_data())
    return Response(BODY, content_type="application/json")

class Server(BaseApplication):
    def load_config(self):
        settings = {"bind": f"127.0.0.1:{sys.argv[1]}", "workers": 1, "worker_class": "gthread", "threads": 8,
                    "preload_app": True, "keepalive": 5, "loglevel": "warning"}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self):
        return app

Server().run()
"""


class Served:
    """One server in a process of its own."""

    def __init__(self, program: str, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.began = time.perf_counter()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        command = [sys.executable, "-c", program, str(self.port), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)

    def first_answer(self, request: bytes) -> float:
        """Return the seconds from the start of the process to its first 200."""
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as connection:
                    connection.sendall(request)
                    if b" 200 " in connection.recv(64):
                        return time.perf_counter() - self.began
            except OSError:
                if self._process.poll() is not None:
                    self._log.seek(0)
                    raise SystemExit(self._log.read().decode()) from None
                time.sleep(0.001)

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


def get(path: str, *headers: str) -> bytes:
    """Return the bytes of a GET."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", "Accept: application/fhir+json", *headers, "", "")).encode()


def post(path: str, body: bytes) -> bytes:
    """Return the bytes of a POST of JSON."""
    head = (f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((*head, "", "")).encode() + body


def answer_to(port: int, request: bytes) -> bytes:
    """Return one whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        return _receive(connection)


def load(port: int, requests: list[bytes], seconds: float, clients: int = CONNECTIONS) -> list[float]:
    """Return the latencies of requests, one after the other, that a closed loop of connections sends for `seconds`."""
    turn = cycle(requests)
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    sent: dict[socket.socket, float] = {}
    latencies: list[float] = []
    end = time.perf_counter() + seconds
    for connection in connections:
        connection.sendall(next(turn))
        sent[connection] = time.perf_counter()
    while time.perf_counter() < end:
        for connection in select.select(connections, (), ())[0]:
            _receive(connection)
            now = time.perf_counter()
            latencies.append(now - sent[connection])
            sent[connection] = now
            connection.sendall(next(turn))
    for connection in connections:
        connection.close()
    return latencies


def compare(
    ours: tuple[int, list[bytes]], bare: tuple[int, list[bytes]], clients: int = CONNECTIONS
) -> dict[str, tuple[float, float, float]]:
    """Return how the first serves relative to the second: requests a second, median latency and p99; its own p99."""
    ratios: dict[str, list[float]] = {"req/s": [], "median latency": [], "p99": [], "p99 in ms": []}
    load(*ours, 0.5, clients)
    load(*bare, 0.5, clients)
    for number in range(ROUNDS):
        order = (ours, bare) if number % 2 else (bare, ours)
        found = {one[0]: sorted(load(*one, SECONDS, clients)) for one in order}
        mine, theirs = found[ours[0]], found[bare[0]]
        ratios["req/s"].append(len(mine) / len(theirs))
        ratios["median latency"].append(statistics.median(mine) / statistics.median(theirs))
        slow = mine[len(mine) * 99 // 100]
        ratios["p99"].append(slow / theirs[len(theirs) * 99 // 100])
        ratios["p99 in ms"].append(slow * 1000)
    return {name: (statistics.median(values), min(values), max(values)) for name, values in ratios.items()}


def starts(root: str) -> tuple[float, float, float]:
    """Return the time to the first 200 relative to that of the bare route."""
    ratios = []
    for _ in range(STARTS):
        seconds = []
        now = datetime.now(UTC).isoformat()
        for program, arguments, path in ((OURS, (root, now), "/fhir/metadata"), (BARE, ("8000",), "/")):
            served = Served(program, *arguments)
            seconds.append(served.first_answer(get(path)))
            served.stop()
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios), min(ratios), max(ratios)


def rows(ours: Served, root: str, read: str, url: str, name: str) -> Iterator[tuple[str, list[bytes], list[bytes]]]:
    """Yield what is compared: a title, our requests and the bare server's."""
    etag = next(
        line for line in answer_to(ours.port, get(read)).split(b"\r\n") if line.lower().startswith(b"etag:")
    ).partition(b": ")[2]
    for title, request in (
        ("1 read by id", get(read)),
        ("1 metadata", get("/fhir/metadata")),
        ("2 search url=, 1 hit", get(f"/fhir/PlanDefinition?url={url}")),
        ("2 search name=, 1 hit", get(f"/fhir/PlanDefinition?name={name}")),
        ("6 304 on If-None-Match", get(read, f"If-None-Match: {etag.decode()}")),
    ):
        yield title, [request], [get("/")]
    for hook in HOOKS:
        calls = worked(root, hook, SIZE)
        title = f"17 CDS Hooks {hook}, worked patients"
        yield title, [post(*each) for each in calls], [post("/", body) for _, body in calls]
        path, body = call(root, hook, SIZE)
        yield f"17 CDS Hooks {hook}, half of a record retrieved", [post(path, body)], [post("/", body)]
    calls = worked_parameters(root, SIZE)
    yield "19 $apply, worked patients", [post(*each) for each in calls], [post("/", body) for _, body in calls]
    path, body = parameters(root, SIZE)
    yield "19 $apply, half of a record retrieved", [post(path, body)], [post("/", body)]


def main(root: str) -> None:
    """Print every row; a call that is refused is none that a card could come of, and is left out."""
    now = next((each.now for each in patients_of(root)), datetime.now(UTC))
    ours = Served(OURS, root, now.isoformat())
    ours.first_answer(get("/fhir/metadata"))
    plan = json.loads(answer_to(ours.port, get("/fhir/PlanDefinition?_count=1")).partition(b"\r\n\r\n")[2])["entry"][0]
    resource = plan["resource"]
    read = f"/fhir/PlanDefinition/{resource['id']}"
    for title, requests, bare_requests in rows(ours, root, read, resource["url"], resource["name"]):
        answers = [answer_to(ours.port, each) for each in requests]
        used = [place for place, each in enumerate(answers) if each.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 304 "))]
        if not used:
            sys.stdout.write(f"{title}: answered {[each[:400] for each in answers[:1]]}\n")
            continue
        size = int(statistics.mean(len(answers[each].partition(b"\r\n\r\n")[2]) for each in used))
        bare = Served(BARE, str(size or len(answer_to(ours.port, get(read)).partition(b"\r\n\r\n")[2])))
        bare.first_answer(get("/"))
        asked = [requests[each] for each in used]
        for clients in (CONNECTIONS, ALONE) if title.startswith(CALLS) else (CONNECTIONS,):
            found = compare((ours.port, asked), (bare.port, bare_requests), clients)
            shown = ", ".join(f"{name} {mid:.2f} ({low:.2f}-{high:.2f})" for name, (mid, low, high) in found.items())
            sys.stdout.write(f"{title} ({len(asked)} calls, {clients} at once, answers of {size} bytes): {shown}\n")
            sys.stdout.flush()
        bare.stop()
    ours.stop()
    middle, low, high = starts(root)
    sys.stdout.write(f"9 first 200: {middle:.2f} ({low:.2f}-{high:.2f})\n")


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(262144)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    if head.startswith(b"HTTP/1.1 304"):
        return data
    while len(body) < length:
        body += connection.recv(262144)
    return head + b"\r\n\r\n" + body


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(REPOSITORY / "artifacts"))
