"""Turns: requests are worked out one after the other, in the order in which they came.

Python runs one thread at a time. Threads that all compute hand over to each other every few milliseconds, so that each
is done when nearly all are, and some much later. In turn the first is done at once, and the last no later than before.
A turn starts where a body has arrived, so that no other thread reads JSON meanwhile. Large requests have a line of
their own, so that only another large one waits for one to be done.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

LARGE = 256 * 1024


class Turns:
    """Lets one thread of a process work at a time (`is_free`: none); the others wait, first come, first served."""

    def __init__(self) -> None:
        self.is_free = True
        self._waiting: deque[threading.Lock] = deque()
        self._guard = threading.Lock()

    def __enter__(self) -> None:
        with self._guard:
            if self.is_free:
                self.is_free = False
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.is_free = True


TURNS, LARGE_TURNS = Turns(), Turns()


def turn(body: bytes) -> AbstractContextManager[None]:
    """Return what waits for the turn of the request that this body came with; one without a body needs none."""
    if not body:
        return nullcontext()
    return TURNS if len(body) < LARGE else LARGE_TURNS
