"""How often one client may ask: counts by address and minute, in memory of one size that processes share."""

from __future__ import annotations

import multiprocessing

import pytest

from server.limit import PLACES, ClientLimit, client_of


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 600.0

    def __call__(self) -> float:
        return self.now


def test_a_client_waits_for_the_next_minute_once_it_has_asked_too_often() -> None:
    clock = Clock()
    limit = ClientLimit(3, clock)
    clock.now = 615.5
    assert [limit.wait("192.0.2.1") for _ in range(5)] == [0, 0, 0, 45, 45]
    clock.now = 659.9
    assert limit.wait("192.0.2.1") == 1
    clock.now = 660
    assert limit.wait("192.0.2.1") == 0


def test_one_client_does_not_make_another_wait() -> None:
    limit = ClientLimit(1, Clock())
    assert [limit.wait("192.0.2.1") for _ in range(2)] == [0, 60]
    assert limit.wait("192.0.2.2") == 0


def test_processes_count_together() -> None:
    limit = ClientLimit(2, Clock())
    fork = multiprocessing.get_context("fork")
    for _ in range(2):
        child = fork.Process(target=limit.wait, args=("192.0.2.1",))
        child.start()
        child.join()
    assert limit.wait("192.0.2.1") == 60


def test_many_clients_take_no_more_memory_and_leave_no_address() -> None:
    limit = ClientLimit(5, Clock())
    refused = [limit.wait(f"10.{number >> 8}.{number & 255}.7") for number in range(5000)]
    held = limit.counts.tobytes()  # all that is kept
    assert (len(held), sum(refused)) == (2 * PLACES * 8, 0)
    assert b"10." not in held


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_the_addresses_of_one_network_are_one_client(address: str, client: str) -> None:
    assert client_of(address) == client
