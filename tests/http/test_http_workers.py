"""Several processes that answer as one server: what they share outlives each of them."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.http.test_http_real_server import Server, request
from tests.http.test_http_real_server import root as root  # noqa: PLC0414  a fixture
from tests.http.test_http_trust import BASE, DISCOVERY, KEYS, NOW, token

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def trusting(root: Path, tmp_path: Path) -> Iterator[Server]:
    """Start a server of two processes that asks for tokens, and remembers them where it finds room."""
    clients = tmp_path / "clients.json"
    clients.write_text(KEYS, encoding="utf-8")
    options = ("--workers", "2", "--base-url", BASE, "--clients", str(clients), "--now", NOW.isoformat())
    running = Server(root, *options)
    yield running
    running.stop()


def workers(server: Server) -> set[int]:
    """Return the processes that answer for `server`; one that has ended is among them until it is replaced."""
    pid = server.process.pid
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()}


def discovered(server: Server, bearer: str) -> bytes:
    """Return the status line of a call to discovery."""
    answer = server.send(request("GET /cds-services HTTP/1.1", f"Authorization: Bearer {bearer}"))
    return answer.partition(b"\r\n")[0]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="NOT RUN: no /proc names the workers of a server")
def test_a_process_that_ends_leaves_the_used_tokens_to_the_others(trusting: Server) -> None:
    used = token(aud=DISCOVERY)
    assert discovered(trusting, used) == b"HTTP/1.1 200 OK"
    ended = min(workers(trusting))
    os.kill(ended, signal.SIGTERM)
    while ended in workers(trusting):
        os.sched_yield()
    assert discovered(trusting, token(aud=DISCOVERY)) == b"HTTP/1.1 200 OK"
    assert discovered(trusting, used).startswith(b"HTTP/1.1 401 ")
