"""The hook requests of worked patients, as a record system would send them: for trying a server by hand.

https://cds-hooks.hl7.org/2.0/#calling-a-cds-service. Topics whose sources are not here, or are wrong, have none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.apply.knowledge import actions_of
from publisher.cases.case import cases_of
from publisher.cases.request import prepared
from publisher.hook_discovery import hook_of
from publisher.issue import IssueError
from publisher.language import text
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
    """A worked patient, the service that it is put to, and its request at the moment of the question.

    `card` is the title of the rule that must make its first card; none where no card must come. `is_scenario` tells the
    patients that stand for all of a topic from those that prove one detail.
    """

    topic: str
    topic_titles: Mapping[str, str]
    id: str
    titles: Mapping[str, str]
    service: str
    request: Resource
    now: datetime
    card: Mapping[str, str]
    is_scenario: bool


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
    topics = {folder.topic.id: folder.topic for folder in sources.folders}
    rules = _rule_titles(repository, sources.publisher.languages)
    for case in cases_of(sources.folders):
        made = prepared(case, catalogue, repository)
        service = services.get((case.topic, case.hook)) if case.hook else None
        if service and not made.issues:
            cards = case.expect.get("cards") or [{}]
            yield WorkedRequest(
                topic=case.topic,
                topic_titles=topics[case.topic].title,
                id=case.id,
                titles=case.value["title"],
                service=service,
                request=made.hook_request(),
                now=case.now,
                card=rules.get((case.topic, cards[0].get("action")), {}),
                is_scenario="scenario" in case.value,
            )


def _rule_titles(repository: Repository, languages: Iterable[str]) -> dict[tuple[str, str | None], dict[str, str]]:
    """Return the titles of the actions of all plans by language, by topic and id."""
    found = {}
    for plan in repository.of_type("PlanDefinition"):
        for action in actions_of(plan.resource):
            titles = {language: words for language in languages if (words := text(action, "title", language))}
            found[plan.topic, action.get("id")] = titles
    return found
