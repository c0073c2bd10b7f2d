"""Content that comes with a request: definitions, Libraries and terminology, for a laboratory that allows it.

It is laid over what is held, for this request alone, and is applied whatever it says of its own status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import Knowledge
from publisher.apply.refusals import place, refused, told
from publisher.intake import resources_of
from publisher.issue import IssueError
from publisher.r4.structure import misplaced
from publisher.repository import Artifact, Repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from publisher.apply.knowledge import Translate
    from publisher.issue import Issue
    from publisher.repository import Resource

INLINE = "inline"  # as the topic of what came with a request
TYPES = frozenset({"PlanDefinition", "ActivityDefinition", "Library", "ValueSet", "CodeSystem"})
MORE = frozenset({"Questionnaire", "StructureMap", "StructureDefinition", "ConceptMap"})


def inline_of(kind: str) -> str:
    """Return the parameter in which a definition of a type may come."""
    return kind[0].lower() + kind[1:]


def content_of(values: Mapping[str, list[Any]], inline: str) -> list[Resource]:
    """Return the content of a request: the definition in the parameter `inline` first, then what is in `data`."""
    main = values.get(inline, [])
    kind = inline[0].upper() + inline[1:]
    if len(main) > 1 or any(not isinstance(each, dict) or each.get("resourceType") != kind for each in main):
        raise refused("one-definition", at=place(inline), name=inline, kind=kind)
    found = [each for bundle in values.get("data", []) for each in resources_of(bundle)]
    other = [each for each in found if each["resourceType"] in TYPES]
    more = [each for each in found if each["resourceType"] in MORE] if main or other else []
    return [_identified(each, number) for number, each in enumerate([*main, *other, *more])]


def misshapen(values: Mapping[str, list[Any]], inline: str) -> Iterator[Issue]:
    """Yield a warning for content that was applied as it is written and does not have the shape of R4."""
    if wrong := _misplaced_in(content_of(values, inline)):
        yield told("content-misshapen", at=place(inline if values.get(inline) else "data"), where=wrong)


def _misplaced_in(content: Iterable[Resource]) -> list[str]:
    """Return the first place of each resource where it does not have the shape of R4."""
    return [where for each in content if (where := next(misplaced(each), None))]


def malformed(values: Mapping[str, list[Any]], inline: str) -> IssueError:
    """Return the refusal of content that cannot be read, with where it does not have the shape of R4."""
    try:
        content = content_of(values, inline)
    except IssueError as error:
        return error
    wrong = _misplaced_in(content)
    return refused("content-malformed", at=place(inline if values.get(inline) else "data"), where=wrong or [inline])


def with_content(knowledge: Knowledge, content: list[Resource], translate: Translate | None) -> Knowledge:
    """Return knowledge with `content` laid over what is held."""
    artifacts = [Artifact(each, {}, INLINE) for each in content]
    replaced = {(each.type, each.id) for each in artifacts} | {str(each.canonical) for each in artifacts}
    held = [
        each
        for each in knowledge.repository
        if (each.type, each.id) not in replaced and str(each.canonical) not in replaced
    ]
    repository = Repository([*held, *artifacts], drafts=True)
    translate = translate or knowledge.translate
    return Knowledge(repository, translate, None if translate else knowledge.translated)


def _identified(resource: Resource, number: int) -> Resource:
    """Return a resource with an id, and with a version behind the bar of its url where it belongs."""
    url, bar, version = str(resource.get("url", "")).partition("|")
    found = {**resource, "id": str(resource.get("id") or f"inline-{number}")}
    if bar:
        found |= {"url": url, "version": resource.get("version") or version}
    return found
