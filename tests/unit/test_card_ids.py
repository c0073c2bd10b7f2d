"""The uuid of a card says which rule made it, to the server that made it alone."""

from __future__ import annotations

import uuid

import pytest

from publisher.card_ids import MOST_NUMBERS, CardIds, Named

IDS = CardIds(b"key")
INSTANCE = "5a3c9f0e-5a1f-4c1b-9d2e-0c8f3a9b7d11"
TAG = IDS.tag("https://example.org/PlanDefinition/p|1.0.0", "action")


def encoded(number: int = 0, instance: str = INSTANCE, position: int = 0) -> str:
    return IDS.encode(TAG, number, IDS.call(instance, position))


def test_it_is_a_uuid_of_version_8() -> None:
    value = uuid.UUID(encoded())
    assert (value.version, value.variant) == (8, uuid.RFC_4122)


@pytest.mark.parametrize("number", [0, 1, MOST_NUMBERS - 1])
def test_it_tells_the_rule_and_the_number_of_the_suggestion(number: int) -> None:
    said = Named(TAG, number, IDS.call(INSTANCE, 0))
    assert IDS.decode(encoded(number)) == said
    assert IDS.decode(f"urn:uuid:{encoded(number).upper()}") == said


def test_every_call_and_every_card_of_one_has_its_own() -> None:
    others = [encoded(), encoded(1), encoded(instance=str(uuid.UUID(int=1))), encoded(position=1)]
    assert len(set(others)) == len(others)
    assert encoded() == encoded(instance=INSTANCE.upper())


def test_another_version_or_action_is_another_rule() -> None:
    tags = {IDS.tag(f"https://example.org/PlanDefinition/p|{version}", "action") for version in ("1.0.0", "1.0.1")}
    assert len(tags | {IDS.tag("https://example.org/PlanDefinition/p|1.0.0", "other")}) == 3


@pytest.mark.parametrize(
    "text", ["", "x", INSTANCE, CardIds(b"other key").encode(TAG, 0, 0), encoded()[:-1] + "g", "0" * 32]
)
def test_one_that_was_not_made_with_the_key_says_nothing(text: str) -> None:
    assert IDS.decode(text) is None


def test_a_changed_bit_anywhere_is_found() -> None:
    value = uuid.UUID(encoded()).int
    assert [bit for bit in range(128) if IDS.decode(str(uuid.UUID(int=value ^ 1 << bit)))] == []
