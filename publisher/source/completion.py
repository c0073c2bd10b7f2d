"""Complete what no author writes by hand: expansions, the content of libraries, guides and manifests, profiles.

Implements https://hl7.org/fhir/R4/valueset.html#ValueSet.expansion, https://hl7.org/fhir/R4/library.html and
https://hl7.org/fhir/R4/implementationguide.html.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.issue import Issue
from publisher.repository import Canonical
from publisher.source.contents import Contents
from publisher.source.copyright import with_copyright
from publisher.source.expansion import Expansion
from publisher.source.library import fill
from publisher.source.order import ordered
from publisher.source.profiles import claimed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.repository import Resource
    from publisher.source.catalogue import Catalogue
    from publisher.source.folder import Sources
    from publisher.source.shorthand import PlainResource


def completed(
    written: Sequence[PlainResource], sources: Sources, catalogue: Catalogue
) -> tuple[list[PlainResource], list[Issue]]:
    """Return the resources with what is computed for them, and what stood in the way."""
    dates = {folder.topic.id: folder.topic.date for folder in sources.folders}
    by_url = {one.resource["url"]: one.resource for one in written if "url" in one.resource}
    completion = _Completion(by_url, catalogue)
    finished, issues = [], []
    for one in written:
        resource, found = completion.of(one, dates[one.topic])
        finished.append(replace(one, resource=resource))
        issues += [issue.at(one.locate(issue.expression or "")) for issue in found]
    return [_claimed(one) for one in _collected(finished)], issues


def _collected(finished: Sequence[PlainResource]) -> Iterator[PlainResource]:
    """Yield the resources, the guide and the manifest of each topic with what the topic holds."""
    by_topic: dict[str, list[Resource]] = {}
    for one in finished:
        by_topic.setdefault(one.topic, []).append(one.resource)
    contents = Contents(by_topic)
    for one in finished:
        if one.resource["resourceType"] == "ImplementationGuide" and "definition" not in one.resource:
            yield replace(one, resource=contents.guide(one.resource, one.topic))
        elif _is_library(one.resource, "asset-collection"):
            yield replace(one, resource=contents.manifest(one.resource, one.topic))
        else:
            yield one


def _claimed(one: PlainResource) -> PlainResource:
    return replace(one, resource=ordered(claimed(one.resource)))


class _Completion:
    """Completes one resource with a view of all of them."""

    def __init__(self, by_url: dict[str, Resource], catalogue: Catalogue) -> None:
        self._by_url = by_url
        self._catalogue = catalogue
        self._expansion = Expansion(catalogue.publisher, by_url)

    def of(self, written: PlainResource, date: str) -> tuple[Resource, list[Issue]]:
        """Return the completed resource, and what stood in the way."""
        resource = written.resource
        if resource["resourceType"] == "ValueSet":
            if "expansion" in resource:
                return resource, [_written_expansion()]
            expansion, issues = self._expansion.of(resource, date)
            noticed = with_copyright(resource, self._catalogue.publisher)
            return ({**noticed, "expansion": expansion} if expansion else resource), issues
        if _is_library(resource, "logic-library") and "content" not in resource:
            cql, publisher = Path(written.document.file).with_suffix(".cql"), self._catalogue.publisher
            languages = (publisher.default_language, *publisher.other_languages)
            return fill(resource, cql, self.pin, self._catalogue.concept, languages=languages)
        return resource, []

    def pin(self, named: str) -> str:
        """Return the canonical with version of an artifact of ours; other addresses as they are."""
        url = named if ":" in named else f"{self._catalogue.publisher.canonical_base}/{named}"
        found = self._by_url.get(url)
        return str(Canonical(url, found.get("version"))) if found else url


def _written_expansion() -> Issue:
    diagnostics = "The expansion is computed from compose, so that each code passes the lock; leave it out."
    return Issue.error("business-rule", "expansion-written", diagnostics, expression="ValueSet.expansion")


def _is_library(resource: Resource, code: str) -> bool:
    if resource["resourceType"] != "Library":
        return False
    return any(one.get("code") == code for one in resource["type"].get("coding", ()))
