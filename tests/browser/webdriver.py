"""As much of https://www.w3.org/TR/webdriver2/ as the tests need, over HTTP."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BROWSER, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
TAB, ENTER, SPACE = "\ue004", "\ue007", " "
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_PATIENCE = 30


class Browser:
    """One window of a headless browser."""

    def __init__(self, driver: str, options: list[str]) -> None:
        chrome = {"binary": BROWSER, "args": options}
        made = requests.post(
            f"{driver}/session",
            json={"capabilities": {"alwaysMatch": {"goog:chromeOptions": chrome}}},
            timeout=_PATIENCE,
        ).json()["value"]
        self._session = f"{driver}/session/{made['sessionId']}"

    def go(self, url: str) -> None:
        """Open an address."""
        self._post("url", url=url)

    def url(self) -> str:
        """Return the address of the page."""
        return str(self._get("url"))

    def text(self, selector: str = "body") -> str:
        """Return the text that a person sees of an element."""
        return str(self._get(f"element/{self._find(selector)}/text"))

    def reads(self, selector: str, words: str) -> bool:
        """Return whether an element comes to hold these words: a form that was sent takes a moment."""
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            try:
                if words in self.text(selector):
                    return True
            except AssertionError:  # the page is being replaced
                continue
        return False

    def click(self, selector: str) -> None:
        """Click an element."""
        self._post(f"element/{self._find(selector)}/click")

    def write(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        element = self._find(selector)
        self._post(f"element/{element}/clear")
        self._post(f"element/{element}/value", text=text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("actions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def run(self, script: str) -> Any:
        """Return what a script comes to; the page itself has none."""
        return self._post("execute/sync", script=script, args=[])

    def shot(self, path: Path) -> None:
        """Write a picture of the window."""
        path.write_bytes(base64.b64decode(self._get("screenshot")))

    def close(self) -> None:
        """End the browser."""
        requests.delete(self._session, timeout=_PATIENCE)

    def _find(self, selector: str) -> str:
        found = self._post("element", using="css selector", value=selector)
        return str(found[_ELEMENT])

    def _get(self, command: str) -> Any:
        return self._value(requests.get(f"{self._session}/{command}", timeout=_PATIENCE))

    def _post(self, command: str, **body: Any) -> Any:
        return self._value(requests.post(f"{self._session}/{command}", json=body, timeout=_PATIENCE))

    @staticmethod
    def _value(answer: requests.Response) -> Any:
        value = answer.json()["value"]
        assert answer.ok, value
        return value


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a headless browser with a profile of its own."""
    assert DRIVER is not None
    port = free_port()
    process = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL)
    try:
        await_port(port)
        options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        window = Browser(f"http://127.0.0.1:{port}", [*options, "--window-size=900,1400"])
        try:
            yield window
        finally:
            window.close()
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def await_port(port: int) -> None:
    """Return when somebody listens on a port."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, f"nobody listens on {port}"
        else:
            return
