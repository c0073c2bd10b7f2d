"""The page of what readers did with cards: how often each rule was accepted and overridden, in words.

The counts are those of https://cds-hooks.hl7.org/2.0/#feedback; a rule that is served no more stands by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.language import designation, text
from server.pages.frame import frame
from server.pages.try_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.feedback import Rate
    from publisher.repository import Repository
    from server.site import Site


def rates_page(site: Site, rates: Iterable[Rate], language: str) -> dict[str, Any]:
    """Return what the page is filled with."""
    words = WORDS.get(language, WORDS["en"])
    rows = [_row(site, each, language, words) for each in rates]
    return {"language": language, "words": words, "rates": rows, **frame(site.settings, "")}


def _row(site: Site, rate: Rate, language: str, words: Mapping[str, str]) -> dict[str, Any]:
    total = rate.accepted + rate.overridden
    from publisher.apply.knowledge import actions_of  # what counted it has loaded it

    held = site.repository.resolve(rate.canonical)
    found = [each for each in actions_of(held.resource) if each.get("id") == rate.action] if held else []
    return {
        "service": rate.service,
        "rule": (text(found[0], "title", language) if found else None) or rate.action,
        "name": f"{rate.canonical} {rate.action}",
        "page": f"{held.page.lstrip('/')}?lang={language}" if held else None,
        "accepted": words["share"].format(times=rate.accepted, total=total, percent=round(100 * rate.share)),
        "overridden": rate.overridden,
        "reasons": [(_reason(site.repository, each, language, words), rate.reasons[each]) for each in rate.reasons],
    }


def _reason(repository: Repository, reason: str, language: str, words: Mapping[str, str]) -> str:
    """Return the words of a coded reason, where its code system is held here."""
    system, _, code = reason.rpartition("|")
    held = repository.resolve(system) if system else None
    concepts = held.resource.get("concept", ()) if held else ()
    said = next((designation(each, language) for each in concepts if each.get("code") == code), None)
    return said or words.get(reason, reason)
