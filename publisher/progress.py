"""A progress bar for what takes over a second: on standard error, and only at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

WIDTH: Final = 30
PATIENCE: Final = 1.0  # seconds before there is anything to see
PAUSE: Final = 0.1  # seconds between two drawings
ERASED: Final = "\r\x1b[K"


def with_bar(items: Sequence[T], label: str, out: TextIO, clock: Callable[[], float]) -> Iterator[T]:
    """Yield the items, and draw in `out`, where it is a terminal, how many of them are done."""
    drawn = None
    due = clock() + PATIENCE
    for done, item in enumerate(items):
        if out.isatty() and clock() >= due:
            drawn, due = bar(label, done, len(items)), clock() + PAUSE
            out.write(ERASED + drawn)
            out.flush()
        yield item
    if drawn is not None:
        out.write(ERASED)
        out.flush()


def bar(label: str, done: int, total: int) -> str:
    """Return the bar as text: `label [#####.....] 12 of 24`."""
    filled = WIDTH * done // total
    return f"{label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done} of {total}"
