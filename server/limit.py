"""How often one client may ask: requests counted by address and minute, in memory that all processes share.

Implements 429 and Retry-After of https://www.rfc-editor.org/rfc/rfc6585#section-4. The memory is of one size, however
many clients there are, and holds no address: each is counted in two places that a secret hash gives, and the smaller
count is believed, so that only a client that meets others in both places is ever counted too high.
"""

from __future__ import annotations

import hashlib
import ipaddress
import mmap
import secrets
import time
from typing import TYPE_CHECKING

from server.outcome import RefusalError, refusal_answer
from server.request import language_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from server.settings import Settings

MINUTE = 60
PLACES = 1 << 15  # in each of two rows, of eight bytes each
_COUNT_BITS = 32
_COUNT = (1 << _COUNT_BITS) - 1


class ClientLimit:
    """The counts of one server; made before its processes are, which then share them."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Let each client make `most` requests a minute, by a clock that all processes read alike."""
        self._most = most
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self.counts = memoryview(mmap.mmap(-1, 2 * PLACES * 8)).cast("Q")

    def wait(self, address: str) -> int:
        """Count one request from an address; return for how many seconds it has to wait, 0 where it need not."""
        now = int(self._clock())
        minute = now // MINUTE
        counted = min(self._added(place, minute) for place in self._places(client_of(address)))
        return MINUTE - now % MINUTE if counted > self._most else 0

    def _added(self, place: int, minute: int) -> int:
        """Count one more in a place; what two processes do at the same moment may count as one."""
        held = self.counts[place]
        count = min((held & _COUNT) + 1, _COUNT) if held >> _COUNT_BITS == minute else 1
        self.counts[place] = minute << _COUNT_BITS | count
        return count

    def _places(self, client: str) -> Iterator[int]:
        digest = hashlib.blake2b(client.encode(), key=self._key, digest_size=8).digest()
        yield int.from_bytes(digest[:4]) % PLACES
        yield PLACES + int.from_bytes(digest[4:]) % PLACES


class Limited:
    """Answers 429 to a client that has to wait, before anything of its request is looked at."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or refuse it."""
        wait = self._settings.wait
        seconds = wait(environ.get("REMOTE_ADDR", "")) if wait else 0
        if not seconds:
            return self._app(environ, start_response)
        language = language_of(self._settings, environ.get("HTTP_ACCEPT_LANGUAGE"))
        answer = refusal_answer(RefusalError("too-many-requests", seconds=seconds), language)
        start_response(answer.status, [*answer.headers, ("Retry-After", str(seconds))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]


def client_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the network that an IPv6 address is one of."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
