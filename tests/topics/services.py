"""The hook services of the topic that only tests use, and the requests of its worked patients."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from publisher.cases.request import prepared
from publisher.cases_command import compiled_suite
from publisher.hooks import HookServices
from tests.topics import ROOT

if TYPE_CHECKING:
    from publisher.cases.suite import Suite
    from publisher.repository import Artifact

NOW: Final = datetime(2026, 1, 2, 12, tzinfo=UTC)
BASE: Final = "https://cds.example"


@cache
def suite() -> Suite:
    """Return the worked patients with all that they are put to."""
    found, report = compiled_suite(ROOT)
    assert found is not None, report.to_text()
    return found


def artifacts() -> list[Artifact]:
    """Return the compiled artifacts, with their renditions."""
    return list(suite().runner.knowledge.repository)


def services(**more: Any) -> HookServices:
    """Return the hook services."""
    knowledge = suite().runner.knowledge
    return HookServices(knowledge, base_url=BASE, now=lambda: NOW, evaluate_drafts=True, **more)


@cache
def _requests() -> dict[str, dict[str, Any]]:
    repository = suite().runner.knowledge.repository
    hooked = [case for case in suite().cases if case.hook]
    return {case.id: prepared(case, suite().catalogue, repository).hook_request() for case in hooked}


def request(case: str) -> dict[str, Any]:
    """Return a copy of the hook request of a worked patient."""
    return copy.deepcopy(_requests()[case])


def service_of(request: dict[str, Any]) -> str:
    """Return the id of the service that answers a request."""
    return f"example-sneeze-{request['hook']}"
