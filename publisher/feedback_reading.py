"""Feedback as a client sends it: what it says of cards, and what is wrong with it.

https://cds-hooks.hl7.org/2.0/#feedback. Comments and times are looked at and not kept; of a reason is kept that it is
one of those which cards offer, or that it is none of them.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from publisher.expression.temporal import lowest, parse_date
from publisher.feedback import OUTCOMES, Outcome
from publisher.hook_refusals import refused
from publisher.hook_request import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.card_ids import CardIds, Named
    from publisher.feedback import FeedbackStore
    from publisher.issue import Issue
    from publisher.repository import Resource

UNLISTED = "unlisted"  # a reason that no card offers: its code may be any text
MOST_ITEMS = 100
SKEW = timedelta(minutes=5)  # between the clocks of a client and of this server
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]00:00)")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads feedback: `store` knows the rules, `reasons` are the codings that cards offer."""

    store: FeedbackStore
    ids: CardIds
    reasons: frozenset[tuple[str, str]]

    def outcomes(self, service: str, body: Resource, issues: list[Issue], now: datetime) -> list[Outcome]:
        """Return what a body of feedback on a service says; what is wrong with it is added to `issues`."""
        items = body.get("feedback")
        if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
            issues.append(refused("feedback", "feedback", most=MOST_ITEMS))
            return []
        found = [self._outcome(item, f"feedback[{index}]", issues, (service, now)) for index, item in enumerate(items)]
        return [each for each in found if each is not None]

    def _outcome(self, item: Any, place: str, issues: list[Issue], asked: tuple[str, datetime]) -> Outcome | None:
        if not isinstance(item, dict):
            issues.append(refused("feedback-item", place))
            return None
        before, (service, now) = len(issues), asked
        named = self.ids.decode(str(item.get("card")))
        since = self.store.since(named.tag, service) if named and not named.number else None
        if since is None:
            issues.append(refused("card", f"{place}.card"))
        if item.get("outcome") not in OUTCOMES:
            issues.append(refused("outcome", f"{place}.outcome"))
        if not _is_possible(item.get("outcomeTimestamp"), since or "", now):
            issues.append(refused("time", f"{place}.outcomeTimestamp"))
        tag = named.tag if named else 0
        if item.get("outcome") == "accepted":
            self._accepted(item, named, place, issues)
        reason = self._reason(item.get("overrideReason"), f"{place}.overrideReason", issues)
        if len(issues) > before:
            return None
        return Outcome(uuid.UUID(item["card"]), tag, item["outcome"], reason if item["outcome"] == "overridden" else "")

    def _accepted(self, item: Resource, card: Named | None, place: str, issues: list[Issue]) -> None:
        accepted = item.get("acceptedSuggestions")
        entries = accepted if isinstance(accepted, list) and accepted else [None]
        for index, entry in enumerate(entries):
            if len(issues) >= MOST_PLACES:  # more are not told
                return
            named = self.ids.decode(str(entry.get("id"))) if isinstance(entry, dict) else None
            if named is None or not named.number or named._replace(number=0) != card:
                where = f"{place}.acceptedSuggestions" + (f"[{index}].id" if entry is not None else "")
                issues.append(refused("suggestion", where))

    def _reason(self, given: Any, place: str, issues: list[Issue]) -> str:
        """Return the coded reason as system|code where a card offers it; a comment is not read."""
        if given is None:
            return ""
        coding = given.get("reason") if isinstance(given, dict) else None
        if not isinstance(given, dict) or (coding is None and not isinstance(given.get("userComment"), str)):
            issues.append(refused("reason", place))
        if coding is None:
            return ""
        key = tuple(coding.get(name) for name in ("system", "code")) if isinstance(coding, dict) else ()
        if not key or not all(isinstance(each, str) and each for each in key):
            issues.append(refused("reason-coding", f"{place}.reason"))
            return ""
        return "|".join(key) if key in self.reasons else UNLISTED


def _is_possible(stamp: Any, since: str, now: datetime) -> bool:
    """Return whether a moment is neither to come nor before the day of a version, wherever on earth that day began."""
    if not isinstance(stamp, str) or not _INSTANT.fullmatch(stamp):
        return False
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return False
    earliest = min(_first_day(since), now.astimezone(UTC).date())
    return moment <= now + SKEW and moment.date().toordinal() >= earliest.toordinal() - 1


def _first_day(written: str) -> date:
    """Return the first day of a FHIR date, which may be of a month or a year; of none, the first day there is."""
    day = parse_date(written[:10])
    return date.fromisoformat(str(lowest(day))) if day else date.min


def reasons_of(value_sets: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str]]:
    """Return the codings that value sets of reasons enumerate."""
    contains = (one for each in value_sets for one in each.get("expansion", {}).get("contains", ()))
    return frozenset((str(one["system"]), str(one["code"])) for one in contains)
