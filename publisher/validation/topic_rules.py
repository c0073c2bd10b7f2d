"""The gates on a topic as a whole, beside those on each of its artifacts (content.py).

Implements the provenance of https://hl7.org/fhir/uv/cpg/methodology.html. One function is one rule; TOPIC_RULES
holds them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.validation import codes, coverage, identity, strength, waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.issue import Issue
    from publisher.topic import Topic
    from publisher.validation.context import Context

TOPIC_RULES: tuple[Callable[[Topic, Context], Iterator[Issue]], ...] = (
    coverage.statement_is_carried,
    coverage.waiver_is_of_unused,
    waivers.waiver_is_sound,
    strength.strength_is_known,
    strength.statement_wording_is_no_stronger,
    identity.topic_is_draft,
    codes.flagged_codes_are_listed,
)


def topic_issues(topic: Topic, context: Context) -> Iterator[Issue]:
    """Yield what every gate finds in `topic`."""
    for rule in TOPIC_RULES:
        yield from rule(topic, context)
