"""Requests are worked out in turn, and each turn is given back whatever becomes of it."""

from __future__ import annotations

import threading

import pytest

from server.turns import LARGE, LARGE_TURNS, TURNS, Turns, turn


def test_one_works_at_a_time_and_the_first_to_come_is_the_first_to_go_on() -> None:
    turns, order, threads = Turns(), [], []
    working = 0
    with turns:
        for number in range(5):
            waits = len(turns._waiting)  # noqa: SLF001  nothing else tells that a thread waits

            def work(number: int = number) -> None:
                nonlocal working
                with turns:
                    working += 1
                    order.append((number, working))
                    working -= 1

            threads.append(threading.Thread(target=work))
            threads[-1].start()
            while len(turns._waiting) == waits:  # noqa: SLF001
                threading.Event().wait(0.001)
        assert order == []
    for each in threads:
        each.join()
    assert order == [(number, 1) for number in range(5)]


def test_a_turn_that_fails_is_given_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="lost"), turns:
        raise ValueError("lost")
    with turns:
        pass


@pytest.mark.parametrize(("length", "line"), [(1, TURNS), (LARGE - 1, TURNS), (LARGE, LARGE_TURNS)])
def test_small_requests_do_not_wait_for_large_ones(length: int, line: Turns) -> None:
    assert turn(b" " * length) is line


def test_a_request_without_a_body_waits_for_nobody() -> None:
    with TURNS, turn(b""):
        assert not TURNS.is_free
