"""Gates on identity: addresses, versions, dates and status are those of the topic, and nobody's name is invented.

Implements https://hl7.org/fhir/R4/metadataresource.html and the lifecycle of
https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.issue import Issue
from publisher.repository import ARTIFACT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Resource
    from publisher.topic import Topic
    from publisher.validation.context import Context

FOUNDATION = "foundation"  # the topic whose artifacts may state an address of their own

_BAR_OR_SPACE = re.compile(r"[|\s]")
_OF_PEOPLE = ("approvalDate", "lastReviewDate", "effectivePeriod", "author", "editor", "reviewer", "endorser")


def url_is_of_base(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that the address is base, type and id; only the foundation may state another."""
    kind = resource["resourceType"]
    if context.topic.id != FOUNDATION and _is_stated(resource, context):
        wanted = _made_url(resource, context)
        diagnostics = f"The url is not {wanted}; leave url out, it is made of base, type and id."
        yield Issue.error("value", "url-other", diagnostics, expression=f"{kind}.url")


def artifact_has_no_twin(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that no two ids of a type, and no two addresses, differ in case or a last slash only."""
    kind, name, url = resource["resourceType"], str(resource["id"]), resource.get("url", "")
    for other in context.repository:
        if other.resource is resource:
            continue
        if other.type == kind and other.id.casefold() == name.casefold():
            diagnostics = f"The id '{name}' is nearly that of {kind}/{other.id}; tell them apart by a word."
            yield Issue.error("duplicate", "id-twin", diagnostics, expression=f"{kind}.id")
        elif (
            _folded(other.canonical.url) == _folded(url)
            and other.canonical.url != url
            and _is_stated(resource, context)
        ):
            diagnostics = f"{url} is nearly the url of {other.type}/{other.id}; tell them apart by a word."
            yield Issue.error("duplicate", "canonical-twin", diagnostics, expression=f"{kind}.url")


def version_is_of_topic(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that the version is the one of the topic, as all its artifacts share one."""
    kind, wanted = resource["resourceType"], context.topic.version
    extensions = resource.get("extension", ())
    of_extension = (one.get("valueString") for one in extensions if one.get("url") == ARTIFACT_VERSION)
    version = str(resource.get("version") or next(of_extension, wanted))
    if _BAR_OR_SPACE.search(version):
        diagnostics = f"The version '{version}' holds a bar or a space, which no reference can carry; leave it out."
        yield Issue.error("value", "version-form", diagnostics, expression=f"{kind}.version")
    elif version != wanted:
        diagnostics = f"The version '{version}' is not {wanted}, that of the topic; leave version out."
        yield Issue.error("value", "version-other", diagnostics, expression=f"{kind}.version")


def date_is_of_topic(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that the date is the one of the topic."""
    kind, wanted = resource["resourceType"], context.topic.date
    if "url" in resource and resource.get("date", wanted) != wanted:
        diagnostics = f"The date {resource['date']} is not {wanted}, that of the topic; leave date out."
        yield Issue.error("value", "date-other", diagnostics, expression=f"{kind}.date")


def topic_is_draft(topic: Topic, _: Context) -> Iterator[Issue]:
    """Check that a topic that nobody has signed is a draft and experimental."""
    if topic.status != "draft":
        yield _unsigned(f"The status is '{topic.status}'", "status: draft").at(topic.source)
    if not topic.experimental:
        yield _unsigned("It is not experimental", "experimental: true").at(topic.source)


def unsigned_is_draft(resource: Resource, context: Context) -> Iterator[Issue]:
    """Check that an artifact of a topic that nobody has signed is a draft and experimental."""
    kind, topic = resource["resourceType"], context.topic
    if "url" not in resource:
        return
    if resource.get("status") not in ("draft", topic.status):
        advice = _unsigned(f"The status is '{resource.get('status')}'", "status: draft")
        yield replace(advice, expression=f"{kind}.status")
    if resource.get("experimental", True) not in (True, topic.experimental):
        yield replace(_unsigned("It is not experimental", "experimental: true"), expression=f"{kind}.experimental")


def approval_is_not_invented(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that no artifact names an approval, a review or a person before anyone has signed it."""
    kind = resource["resourceType"]
    for key in _OF_PEOPLE if "url" in resource else ():
        if key in resource:
            diagnostics = f"{kind}.{key} is given, but nobody has signed this topic; take it out."
            yield Issue.error("business-rule", "approval-invented", diagnostics, expression=f"{kind}.{key}")


def _unsigned(what: str, advice: str) -> Issue:
    diagnostics = f"{what}, but nobody has signed this topic; write {advice}."
    return Issue.error("business-rule", "status-unsigned", diagnostics)


def _made_url(resource: Resource, context: Context) -> str:
    return f"{context.publisher.canonical_base}/{resource['resourceType']}/{resource['id']}"


def _is_stated(resource: Resource, context: Context) -> bool:
    """Return whether an artifact states another address than the one that is made for it."""
    return resource.get("url", "") not in ("", _made_url(resource, context))


def _folded(url: str) -> str:
    return url.casefold().rstrip("/")
