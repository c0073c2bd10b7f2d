"""A server of some artifacts in this process, as tests put requests to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from server.serve import application
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask.testing import FlaskClient

    from publisher.repository import Artifact


def settings_of(**more: Any) -> Settings:
    """Return the settings of a server that evaluates drafts, but for what `more` says otherwise."""
    given: dict[str, Any] = {
        "base_url": "http://cds.example",
        "default_language": "sv",
        "languages": ("sv", "en"),
        "evaluate_drafts": True,
        "evaluator": True,
        "now": lambda: datetime(2026, 11, 22, tzinfo=UTC),
    }
    return Settings(**{**given, **more})


def client_of(artifacts: Iterable[Artifact], **settings: Any) -> FlaskClient:
    """Return a client of a server with these settings (settings_of)."""
    return application(list(artifacts), settings_of(**settings)).test_client()
