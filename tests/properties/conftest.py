"""The topics that properties are shown of: the one that only tests use, and every shipped one with hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from publisher.cases_command import compiled_suite
from tests import topics
from tests.artifacts.conftest import ROOT
from tests.properties.patients import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Some patients, the same each time; `pytest tests/properties --hypothesis-profile=thorough` tries many, other ones each
# time.
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("part", max_examples=20, derandomize=True, database=None, **QUIET)
settings.register_profile("thorough", max_examples=200, **QUIET)
settings.load_profile("part")


def worlds() -> Iterator[World]:
    """Yield each topic that has a hook."""
    for root in (topics.ROOT, ROOT / "artifacts"):
        yield from _worlds(root)


def _worlds(root: Path) -> Iterator[World]:
    suite, report = compiled_suite(root)
    assert suite is not None, report.to_text()
    results = suite.results()
    for topic in suite.topics:
        worked = tuple(one.prepared for one in results if one.case.topic == topic and not one.issues)
        world = World(topic, root / topic, suite.runner.knowledge, worked=worked)
        if world.plans:
            yield world


WORLDS = list(worlds())
ASKED = [(world, hook) for world in WORLDS for hook in world.plans]


def named(value: object) -> str:
    """Return the name of a topic or hook in the name of a test."""
    return value.topic if isinstance(value, World) else str(value)
