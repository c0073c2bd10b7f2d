"""The shipped topics, loaded as the server loads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.hooks import HookServices
from publisher.release import load_release
from publisher.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return Knowledge(Repository(load_release(ROOT / "artifacts"), drafts=True))


@pytest.fixture(scope="session")
def services(knowledge: Knowledge) -> HookServices:
    return HookServices(knowledge, base_url="https://cds.example", now=lambda: NOW, evaluate_drafts=True)


@pytest.fixture
def call(services: HookServices) -> Callable[..., dict[str, Any]]:
    """Return a caller of the service of a request's hook that expects an answer with cards."""

    def answer(request: dict[str, Any], language: str = "sv", status: int = 200) -> dict[str, Any]:
        given = services.call(f"leg-cramps-{request['hook']}", request, language)
        assert given.status == status, given.body
        return given.body

    return answer
