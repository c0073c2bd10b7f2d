"""The whole build, from topic folders to the files of a release, in one readable function.

Implements the authoring flow of https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html: load, write out the
shorthands, tell the narrative in each language, check, and only then write.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publisher.apply.knowledge import Knowledge
from publisher.hook_discovery import hook_of
from publisher.hook_request import CONTEXTS
from publisher.issue import Issue, Report, Source
from publisher.narrative import narrative
from publisher.prefetch import uncovered
from publisher.r4.codec import dumps
from publisher.release import COMPILED, SUMS, sums
from publisher.repository import Artifact, Rendition, Repository
from publisher.source.catalogue import catalogue_of
from publisher.source.collection import whole
from publisher.source.completion import completed
from publisher.source.folder import load
from publisher.source.order import in_order
from publisher.source.shorthand import plain
from publisher.validation.content import content_issues
from publisher.validation.context import Context
from publisher.validation.structure import narrative_issues, structure_issues
from publisher.validation.texts import overlap_issues, word_runs
from publisher.validation.topic_rules import topic_issues
from publisher.validation.waivers import Waivers, gate_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from publisher.repository import Resource
    from publisher.source.catalogue import Catalogue, TopicFolder
    from publisher.source.folder import Sources
    from publisher.source.shorthand import PlainResource
    from publisher.topic import Publisher, Topic


@dataclass(frozen=True, slots=True)
class CompiledTopic:
    """A topic with its artifacts, and the bytes of each file of its compiled folder."""

    topic: Topic
    folder: Path
    artifacts: tuple[Artifact, ...]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Told:
    """One artifact with its narrative in each language, the default language first."""

    topic: str
    renditions: Mapping[str, Resource]

    @property
    def resource(self) -> Resource:
        """Return the artifact in its default language."""
        return next(iter(self.renditions.values()))


def compile_topics(root: Path, *, pages: Path | None = None) -> tuple[list[CompiledTopic], Report]:
    """Return every topic below `root` compiled, and what was found; no topic while an error is left.

    `pages` is a folder with the texts of source pages, which no artifact may repeat.
    """
    sources, report = load(root)
    return compile_sources(root, sources, report, pages=pages)


def compile_sources(
    root: Path, sources: Sources, report: Report, *, pages: Path | None = None
) -> tuple[list[CompiledTopic], Report]:
    """Return the same for `sources` that were read below `root`, with the `report` of reading them."""
    if report.has_errors:
        return [], report
    folders = [whole(one, sources.publisher) for one in sources.folders]
    catalogue, issues = catalogue_of(sources.publisher, folders, sources.lock)
    resources, found = _written_out(folders, catalogue)
    report = _joined(report, [*issues, *found])
    if report.has_errors:
        return [], report
    resources, issues = completed(resources, sources, catalogue)
    report = _joined(report, issues)
    if report.has_errors:
        return [], report
    told = _told(resources, sources.publisher)
    report = _joined(report, _checked(resources, told, sources, pages))
    if not report.has_errors:
        report = _joined(report, _prefetch_issues(resources, told))
    if report.has_errors:
        return [], report
    return [_compiled(root, folder.topic, told, sources.publisher) for folder in sources.folders], report


def write_topics(topics: Iterable[CompiledTopic]) -> None:
    """Write the compiled files of `topics`, and remove those of an earlier compile that have no source."""
    for topic in topics:
        folder = topic.folder / COMPILED
        for path, _ in _differences(topic):
            name = path.relative_to(folder).as_posix()
            if name in topic.files:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(topic.files[name])
            else:
                path.unlink()


def stale_issues(topics: Iterable[CompiledTopic]) -> Iterator[Issue]:
    """Yield an issue for each compiled file that is not what its source compiles to now."""
    for topic in topics:
        for path, reason in _differences(topic):
            diagnostics = f"{path.name} {reason}; run `vademecum compile`."
            yield Issue.error("conflict", "compiled-stale", diagnostics, source=Source(str(path)))


def _joined(report: Report, issues: Iterable[Issue]) -> Report:
    """Return `report` with `issues` behind it, each said once: the structure is checked in two phases."""
    said: dict[str, Issue] = {}
    for issue in (*report, *issues):
        bare = str(replace(issue, waived=None))
        if bare not in said or issue.waived is not None:
            said[bare] = issue
    return Report(list(said.values()))


def _written_out(folders: Iterable[TopicFolder], catalogue: Catalogue) -> tuple[list[PlainResource], list[Issue]]:
    """Return every resource in plain FHIR; the structure is checked where the shorthands are right."""
    resources: list[PlainResource] = []
    issues: list[Issue] = []
    for folder in folders:
        for document in folder.resources:
            written, found = plain(document, folder, catalogue)
            resources.append(written)
            issues += found or structure_issues(written.resource, locate=written.locate)
    return resources, issues


def _told(resources: Iterable[PlainResource], publisher: Publisher) -> list[_Told]:
    """Return every resource with its narrative in each language of `publisher`."""
    repository = Repository(Artifact(one.resource, {}, one.topic) for one in resources)
    languages = (publisher.default_language, *publisher.other_languages)
    return [
        _Told(one.topic, {language: _in_language(one.resource, language, repository) for language in languages})
        for one in repository
    ]


def _in_language(resource: Resource, language: str, repository: Repository) -> Resource:
    return in_order({**resource, "text": narrative(resource, language, repository)})


def _checked(
    resources: Iterable[PlainResource], told: Sequence[_Told], sources: Sources, pages: Path | None
) -> Iterator[Issue]:
    """Yield what every check finds in every artifact, at the place where its author wrote it."""
    repository = Repository(Artifact(one.resource, {}, one.topic) for one in told)
    written = {(one.resource["resourceType"], one.resource["id"]): one for one in resources}
    for folder in sources.folders:
        context, waivers = _context(folder.topic, sources, repository, pages), Waivers(folder.topic.rule_waivers)
        yield from _statement_issues(folder.topic, context)
        yield from topic_issues(folder.topic, context)
        for one in told:
            if one.topic == folder.topic.id:
                locate = written[one.resource["resourceType"], one.resource["id"]].locate
                found = waivers.applied(one.resource, _resource_issues(one, context))
                yield from (issue.at(locate(issue.expression or "")) for issue in found)
        yield from waivers.unused(gate_rules())


def _prefetch_issues(resources: Iterable[PlainResource], told: Sequence[_Told]) -> Iterator[Issue]:
    """Yield what hook services would need and cannot ask for, at the plan that needs it."""
    knowledge = Knowledge(Repository((Artifact(one.resource, {}, one.topic) for one in told), drafts=True))
    written = {one.resource["id"]: one for one in resources if one.resource["resourceType"] == "PlanDefinition"}
    for plan in knowledge.repository.of_type("PlanDefinition"):
        for kind in uncovered(knowledge.requirements(plan)) if hook_of(plan) in CONTEXTS else ():
            text = f"The logic of PlanDefinition/{plan.id} reads {kind}, which no prefetch key brings; leave it out."
            issue = Issue.error("not-supported", "prefetch-uncovered", text, expression="PlanDefinition.library")
            yield issue.at(written[plan.id].locate(issue.expression or ""))


def _context(topic: Topic, sources: Sources, repository: Repository, pages: Path | None) -> Context:
    return Context(
        sources.publisher,
        topic,
        repository,
        source_runs=_page_runs(topic, pages),
        strengths=sources.strengths,
        flagged=sources.lock.flagged,
    )


def _resource_issues(told: _Told, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with an artifact; it differs between languages in nothing but its narrative."""
    yield from content_issues(told.resource, context)
    default, *others = told.renditions.values()
    yield from structure_issues(default)
    for resource in others:
        yield from narrative_issues(resource)


def _statement_issues(topic: Topic, context: Context) -> Iterator[Issue]:
    for statement in topic.statements.values():
        for text in statement.text.values():
            yield from (one.at(statement.source) for one in overlap_issues(text, context.source_runs, statement.id))


def _page_runs(topic: Topic, pages: Path | None) -> dict[tuple[str, ...], str]:
    """Return the word runs of the topic's source page, where `pages` holds the very text of its record."""
    for page in sorted(pages.glob("*")) if pages and topic.record else ():
        text = page.read_bytes() if page.is_file() else b""
        if topic.record and hashlib.sha256(text).hexdigest() == topic.record.sha256:
            return word_runs(text.decode())
    return {}


def _compiled(root: Path, topic: Topic, told: Iterable[_Told], publisher: Publisher) -> CompiledTopic:
    artifacts = []
    files: dict[str, bytes] = {}
    for one in told:
        if one.topic != topic.id:
            continue
        renditions = {}
        for language, resource in one.renditions.items():
            renditions[language] = Rendition.of(dumps(resource, pretty=True))
            place = "" if language == publisher.default_language else f"{language}/"
            files[f"{place}{resource['resourceType']}-{resource['id']}.json"] = renditions[language].body
        artifacts.append(Artifact(one.resource, renditions, topic.id))
    files[SUMS] = sums(files)
    return CompiledTopic(topic, root / topic.id, tuple(artifacts), files)


def _differences(topic: CompiledTopic) -> Iterator[tuple[Path, str]]:
    """Yield each compiled file that is missing, different or without a source, and which of these it is."""
    folder = topic.folder / COMPILED
    for name, body in topic.files.items():
        path = folder / name
        if not path.is_file():
            yield path, "is not there"
        elif path.read_bytes() != body:
            yield path, "is not what its source compiles to now"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.relative_to(folder).as_posix() not in topic.files:
            yield path, "has no source any more"
