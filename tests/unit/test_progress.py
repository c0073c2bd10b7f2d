"""A bar tells at a terminal how far a long run is, and nowhere else."""

from __future__ import annotations

from io import StringIO
from itertools import count

from publisher.progress import ERASED, with_bar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def run(out: StringIO, step: float) -> list[str]:
    """Return what is written for four items, where each look at the clock finds it `step` seconds on."""
    ticks = (step * tick for tick in count())
    assert list(with_bar("abcd", "cats", out, lambda: next(ticks))) == ["a", "b", "c", "d"]
    return out.getvalue().split(ERASED)


def test_a_bar_is_drawn_over_the_one_before_and_taken_away_at_the_end() -> None:
    assert run(Terminal(), 1.0) == [
        "",
        "cats [..............................] 0 of 4",
        "cats [#######.......................] 1 of 4",
        "cats [###############...............] 2 of 4",
        "cats [######################........] 3 of 4",
        "",
    ]


def test_what_takes_no_second_draws_nothing() -> None:
    assert run(Terminal(), 0.2) == [""]


def test_the_bar_is_not_drawn_more_often_than_can_be_read() -> None:
    assert len(run(Terminal(), 0.06)) == 1
    assert [line[-6:] for line in run(Terminal(), 0.5)][1:-1] == ["1 of 4", "2 of 4", "3 of 4"]


def test_nothing_is_drawn_where_there_is_no_terminal() -> None:
    assert run(StringIO(), 1.0) == [""]
