"""The hook requests of worked patients, as a record system would send them: for trying a server by hand.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service. Topics whose sources are not here, or are wrong, have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.cases.case import read_cases
from publisher.cases.request import prepared
from publisher.hook_discovery import hook_of
from publisher.issue import IssueError
from publisher.repository import Repository
from publisher.source.catalogue import catalogue_of
from publisher.source.folder import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from publisher.repository import Artifact, Resource


@dataclass(frozen=True, slots=True)
class WorkedRequest:
    """A worked patient, the service that it is put to, and its request at the moment of the question."""

    topic: str
    id: str
    titles: Mapping[str, str]
    service: str
    request: Resource
    now: datetime


def worked_requests(root: Path, artifacts: Iterable[Artifact]) -> list[WorkedRequest]:
    """Return the worked patients below `root` whose question is a hook that one of `artifacts` answers."""
    repository = Repository(artifacts, drafts=True)
    try:
        return list(_requests(root, repository))
    except IssueError:
        return []


def _requests(root: Path, repository: Repository) -> Iterator[WorkedRequest]:
    sources, report = load(root)
    catalogue, issues = catalogue_of(sources.publisher, sources.folders, sources.lock)
    if report.has_errors or issues:
        return
    services = {(plan.topic, hook_of(plan)): plan.id for plan in repository.of_type("PlanDefinition")}
    for case in read_cases(root, [folder.topic.id for folder in sources.folders]):
        made = prepared(case, catalogue, repository)
        service = services.get((case.topic, case.hook)) if case.hook else None
        if service and not made.issues:
            yield WorkedRequest(case.topic, case.id, case.value["title"], service, made.hook_request(), case.now)
