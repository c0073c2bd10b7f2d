"""A record system that is a web page: what a real browser lets it read of calls to another origin, refusals too.

https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from publisher.cli import main
from tests.browser.webdriver import BROWSER, DRIVER, Browser, await_port, browser, free_port
from tests.topics import ROOT
from tests.topics.services import request

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="NOT RUN: there is no chromium with chromedriver (Debian: chromium-driver)"
)
VIEW = "/cds-services/example-sneeze-patient-view"
MOST = 12  # requests a minute, preflights too


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Record</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Read(NamedTuple):
    """What a page can read of an answer: its status, a header that is exposed, and the rule of its outcome."""

    status: int
    waits: bool
    rule: str | None


class Record:
    """A page in a browser, and the server that it calls."""

    def __init__(self, window: Browser, base: str, withdrawn: Path) -> None:
        self._window = window
        self._base = base
        self.withdrawn = withdrawn

    def post(self, path: str, body: str) -> Read | str:
        """Return what the page reads, or why the browser lets it read nothing; `body` is an expression of JavaScript."""
        headers = '{"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}'
        sent = f'{{method: "POST", headers: {headers}, body: {body}}}'
        read = 'r.text().then(t => [r.status, r.headers.has("Retry-After"), r.headers.has("X-Request-Id"), t])'
        found = self._window.run(f'return fetch("{self._base}{path}", {sent}).then(r => {read}).catch(e => String(e))')
        if isinstance(found, str):
            return found
        status, waits, has_id, text = found
        assert has_id
        issues = json.loads(text).get("issue")
        return Read(status, waits, issues[0]["details"]["text"] if issues else None)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    page = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    Thread(target=page.serve_forever, daemon=True).start()
    origin, port, withdrawn = f"http://127.0.0.1:{page.server_address[1]}", free_port(), tmp_path / "withdrawn.txt"
    withdrawn.touch()
    subprocess.run(["cp", "-r", str(ROOT), str(tmp_path / "topics")], check=True)
    assert main(["compile", str(tmp_path / "topics")]) == 0
    command = [sys.executable, "-c", "from publisher.cli import entry_point; entry_point()", "serve"]
    options = ["--port", str(port), "--evaluate-drafts", "--now", "2026-01-02", "--allow-origin", origin]
    limits = ["--withdrawn", str(withdrawn), "--limit", str(MOST)]
    process = subprocess.Popen(
        [*command, str(tmp_path / "topics"), *options, *limits],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        await_port(port)
        with browser(tmp_path / "profile") as window:
            window.go(origin)
            yield Record(window, f"http://127.0.0.1:{port}", withdrawn)
    finally:
        process.terminate()
        process.wait(30)
        page.shutdown()
        page.server_close()


def test_a_page_of_an_allowed_origin_reads_cards_and_why_it_is_refused(record: Record) -> None:
    asked = request("a-feather-is-near")
    assert record.post(VIEW, json.dumps(json.dumps(asked))) == Read(200, waits=False, rule=None)
    assert record.post(VIEW, '"{}"') == Read(400, waits=False, rule="hook-mismatch")
    bare = json.dumps(json.dumps({**asked, "prefetch": {}}))
    assert record.post(VIEW, bare) == Read(412, waits=False, rule="prefetch-missing")
    assert record.post("/cds-services/none", '"{}"') == Read(404, waits=False, rule="service-unknown")
    assert record.post(f"{VIEW}/feedback", '"{}"') == Read(404, waits=False, rule="address-unknown")
    assert record.post(VIEW, '" ".repeat(12e6)') == Read(413, waits=False, rule="body-too-large")
    refused = [record.post(VIEW, '"{}"') for _ in range(2 * MOST)]
    assert Read(429, waits=True, rule="too-many-requests") in refused
    assert {each.status for each in refused if isinstance(each, Read)} <= {400, 429}
    assert not [each for each in refused if isinstance(each, str)]
    record.withdrawn.write_text("no line of a list")
    assert record.post(VIEW, '"{}"') == Read(503, waits=False, rule="withdrawn-unreadable")
