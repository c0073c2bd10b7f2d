"""The evaluator behind `$apply` and CDS Hooks, made at its first use.

It is most of what there is to import, so that a server answers reads before it is there.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from publisher.issue import IssueError
from server.log import write_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from publisher.apply.knowledge import Knowledge
    from publisher.feedback import FeedbackStore, Rate
    from publisher.hooks import HookAnswer, HookServices
    from publisher.r4.written import Written
    from publisher.repository import Repository, Resource
    from server.settings import HookSettings, Settings

RETRY_SECONDS: Final = 30  # how long a file of counts that cannot be used is left alone


class Evaluator:
    """The plans of one repository, to be applied; stands for the hook services too."""

    def __init__(self, repository: Repository, settings: Settings) -> None:
        self._repository = repository
        self._settings = settings
        self._lock = Lock()
        self._parts: tuple[Knowledge, HookServices] | None = None
        self._uncounted: IssueError | None = None
        self._again = 0.0

    def apply(self, operation: str, artifact_id: str | None, inputs: Mapping[str, list[Any]], language: str) -> Written:
        """Return what `$apply` makes of one plan or activity."""
        from publisher.apply.call import Caller
        from publisher.apply.operation import OPERATIONS

        settings = self._settings
        caller = Caller(
            language,
            settings.languages,
            settings.evaluate_drafts,
            settings.now(),
            release=self._release,
            base_url=settings.fhir_base,
            inline_content=settings.inline_content,
            translate=settings.translate,
            foreign_content=bool(settings.packages),
        )
        return OPERATIONS[operation](self._made()[0], artifact_id, inputs, caller)

    @cached_property
    def _release(self) -> str:
        """What is served, in one name: the hash of every artifact's bytes in every language."""
        etags = sorted(one.etag for artifact in self._repository for one in artifact.renditions.values())
        return hashlib.sha256("".join(etags).encode()).hexdigest()

    def discovery(self, language: str) -> dict[str, Any]:
        """Return the body of the discovery answer."""
        return self._made()[1].discovery(language)

    def call(self, service_id: str, request: dict[str, Any], language: str) -> HookAnswer:
        """Return the answer of one service to one hook request."""
        return self._made()[1].call(service_id, request, language)

    def explained(
        self, service_id: str, request: dict[str, Any], language: str, now: datetime
    ) -> tuple[HookAnswer, list[Resource]]:
        """Return the answer of one service, and why each action was decided as it was."""
        return self._made()[1].explained(service_id, request, language, now)

    def feedback(self, service_id: str, body: dict[str, Any], language: str, *, counts: bool = True) -> HookAnswer:
        """Return the answer to feedback on the cards of one service, which is counted unless it is only tried."""
        return self._counting().feedback(service_id, body, language, counts=counts)

    def rates(self) -> list[Rate]:
        """Return what was counted of feedback."""
        return self._counting().rates()

    def _counting(self) -> HookServices:
        """Return the services; IssueError where the file of the counts could not be used when it was last tried."""
        _, services = self._made()
        if self._uncounted:
            raise self._uncounted
        return services

    def _made(self) -> tuple[Knowledge, HookServices]:
        with self._lock:
            if self._parts is None:
                self._parts = self._make()
            parts, is_due = self._parts, self._uncounted is not None and self._settings.timer() >= self._again
            if is_due:
                self._again = self._settings.timer() + RETRY_SECONDS
        if is_due:  # others get their answers meanwhile
            parts = self._parts = parts[0], self._services(*parts)
        return parts

    def _make(self) -> tuple[Knowledge, HookServices]:
        from publisher.apply.knowledge import Knowledge

        knowledge = Knowledge(self._repository, translated=self._settings.translated)
        return knowledge, self._services(knowledge)

    def _services(self, knowledge: Knowledge, without: HookServices | None = None) -> HookServices:
        """Return services that count feedback, else those `without`: no card waits until it can be counted."""
        from publisher.hooks import HookServices
        from publisher.prefetch import Settings as Prefetch

        settings, hooks = self._settings, self._settings.hooks

        def made(feedback: FeedbackStore | None) -> HookServices:
            return HookServices(
                knowledge,
                base_url=settings.base_url,
                now=settings.now,
                evaluate_drafts=settings.evaluate_drafts,
                settings=Prefetch(hooks.patient_parameter, hooks.include_medication),
                release=hooks.release,
                feedback=feedback,
            )

        try:
            services, self._uncounted = made(_store(hooks)), None
        except IssueError as error:
            self._uncounted, self._again = error, settings.timer() + RETRY_SECONDS
            write_line({"level": "error", "error": "feedback-file"})
            return without or made(None)
        return services


def _store(hooks: HookSettings) -> FeedbackStore | None:
    if hooks.feedback is None:
        return None
    from publisher.feedback import FeedbackStore

    return FeedbackStore(hooks.feedback, marks=hooks.marks)
