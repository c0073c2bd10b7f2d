"""What worked patients' data say can be changed in the rows of the pages to try."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from publisher.cases.worked import worked_requests
from publisher.release import load_release
from publisher.repository import Repository
from server.pages.fact_codes import Codes
from server.pages.facts import DRAFTS, Facts, resources_in
from tests.artifacts.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of what a resource says: its identity, and what goes with a code.
TECHNICAL = {"id", "resourceType", "subject", "system", "display", "linkId", "questionnaire", "type"}
# Patients of whom a row shows the first of several codes or answers.
FIRST_ONLY = {
    "clot-no-and-not-known-in-one-item",
    "clot-no-and-not-known-on-the-list",
    "clot-no-and-yes-in-one-item",
    "clot-no-twice-in-one-item",
    "clot-yes-and-no-in-one-item",
    "cramp-among-several-codes",
    "status-active-and-resolved-elsewhere",
}


def leaves(element: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each simple value."""
    if not isinstance(element, dict | list):
        yield path
        return
    for name, value in element.items() if isinstance(element, dict) else enumerate(element):
        yield from leaves(value, (*path, name))


def altered(resource: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    """Return the resource with another value at a path."""
    made: Any = copy.deepcopy(resource)
    place = made
    for name in path[:-1]:
        place = place[name]
    value = place[path[-1]]
    place[path[-1]] = not value if isinstance(value, bool) else f"{value}x" if isinstance(value, str) else value + 1
    return dict(made)


def test_a_row_shows_all_that_a_resource_says() -> None:
    artifacts = load_release(ROOT / "artifacts")
    held = Repository(artifacts, drafts=True)
    facts = Facts(Codes(held, "leg-cramps"), held, (), "en", "2026-01-01")
    hidden = {}

    def shown(request: dict[str, Any], place: str) -> list[Any]:
        return [row["groups"] for row in facts.rows(request, place)]

    for one in worked_requests(ROOT / "artifacts", artifacts):
        for place in (*one.request["prefetch"], DRAFTS):
            for resource in resources_in(dict(one.request), place):
                alone = {"prefetch": {"any": resource}}
                for path in leaves(resource):
                    other = {"prefetch": {"any": altered(resource, path)}}
                    if not TECHNICAL & set(path) and shown(other, "any") == shown(alone, "any"):
                        hidden[one.id] = (place, path)
    assert hidden.keys() == FIRST_ONLY, hidden
