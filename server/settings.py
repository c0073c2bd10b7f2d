"""What an operator decides about one server, and the clocks it reads; nothing else is read from outside."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

MEBIBYTE = 1024 * 1024


class WorkedPatient(Protocol):
    """A made-up patient of a topic, the hook request of a record system about it, and the first card that it gets."""

    topic: str
    topic_titles: Mapping[str, str]
    id: str
    titles: Mapping[str, str]
    service: str
    request: Mapping[str, Any]
    now: datetime
    card: Mapping[str, str]
    is_scenario: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSettings:
    """How the hook services are offered: prefetch, the release of CDS Hooks, feedback, and who may call.

    `clients` is the file of those who may, None lets everybody; `tokens` is where used tokens are remembered;
    `marks` is the key by which a card is known to have been counted, made anew for each server and never written.
    """

    patient_parameter: str = "patient"
    include_medication: bool = True
    release: str = "2.0"
    feedback: Path | None = None
    clients: Path | None = None
    tokens: Path | None = None
    marks: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one server; `base_url` is how clients reach it, whatever a request's headers say.

    `data_max_body` is how many bytes a call may have that holds a patient's data, `form_max_body` a form, `max_body`
    anything else. `wait` says how many seconds a client at an address has to wait before its next request, 0 where it
    need not.
    """

    base_url: str
    default_language: str
    languages: tuple[str, ...]
    evaluate_drafts: bool
    evaluator: bool
    now: Callable[[], datetime]
    max_body: int = 2 * MEBIBYTE
    data_max_body: int = 10 * MEBIBYTE
    form_max_body: int = 64 * 1024
    strict_parameters: bool = True
    page_size: int = 50
    max_page_size: int = 500
    cors_origins: tuple[str, ...] = ()
    software_version: str = ""
    timer: Callable[[], float] = time.perf_counter
    inline_content: bool = False
    translate: Callable[[Mapping[str, str]], Mapping[str, dict[str, Any] | list[str]]] | None = None
    packages: tuple[str, ...] = ()
    translated: Mapping[str, dict[str, Any]] | None = None
    hooks: HookSettings = HookSettings()
    patients: Callable[[], Sequence[WorkedPatient]] | None = None
    wait: Callable[[str], int] | None = None
    new_request_id: Callable[[], str] = lambda: str(uuid.uuid4())

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))

    @property
    def fhir_base(self) -> str:
        """Return the FHIR service base URL."""
        return f"{self.base_url}/fhir"

    @property
    def is_open_to_try(self) -> bool:
        """Return whether anybody may try the services: they are on, there are patients, no sign-in is asked for."""
        return self.evaluator and self.patients is not None and self.hooks.clients is None

    @property
    def shows_rates(self) -> bool:
        """Return whether anybody may read what was counted of feedback: it is counted, no sign-in is asked for."""
        return self.evaluator and self.hooks.feedback is not None and self.hooks.clients is None

    @property
    def hooks_base(self) -> str:
        """Return the address of CDS Hooks discovery."""
        return f"{self.base_url}/cds-services"
