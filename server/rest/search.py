"""The search interaction on one type, by GET and by POST.

Implements https://hl7.org/fhir/R4/http.html#search and https://hl7.org/fhir/R4/search.html.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from server.answer import Answer, answer_with, pretty_printed
from server.outcome import RefusalError
from server.request import asked, refuse_unknown
from server.rest.bundle import searchset
from server.rest.query import Pairs, encode
from server.rest.read import require_type

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from publisher.repository import Artifact
    from server.rest.search_index import SearchIndex
    from server.settings import Settings
    from server.site import Site

OFFSET = "-offset"
RESULT_PARAMETERS = ("_count", "_summary", "_total", OFFSET)
_EXPECTED = {"_summary": ("count", "false"), "_total": ("none", "estimate", "accurate")}
_HEADERS = [("Vary", "Accept, Accept-Language, Prefer"), ("Cache-Control", "no-cache")]
_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")


class Page(NamedTuple):
    """How many matches are wanted, from which one on."""

    size: int
    offset: int


def search(site: Site, environ: WSGIEnvironment, resource_type: str, form: bytes = b"") -> Answer:
    """Return the Bundle of the artifacts that match every parameter of the request."""
    require_type(resource_type)
    asking = asked(site.settings, environ, form)
    index = site.index(resource_type)
    used = refuse_unknown(asking, (*index.parameters, *RESULT_PARAMETERS))
    page = page_of(used, site.settings)
    found = matching(index, used)
    base = f"{site.settings.fhir_base}/{resource_type}"
    entries = [
        (f"{base}/{artifact.id}", site.frozen[artifact.type, artifact.id].body(asking.language))
        for artifact in found[page.offset : page.offset + page.size]
    ]
    body = searchset(len(found), links(base, used + asking.general, page, len(found)), entries)
    headers = [("Content-Language", asking.language), *_HEADERS]
    return answer_with(pretty_printed(body) if asking.pretty else body, asking.content_type, headers)


def matching(index: SearchIndex, used: Pairs) -> list[Artifact]:
    """Return the artifacts that match all of the search parameters in `used`, in the order of their ids."""
    found = None
    for name, value in used:
        if name.partition(":")[0] in index.parameters:
            matches = index.matches(name, value)
            found = matches if found is None else found & matches
    if found is None:
        return list(index.artifacts)
    return [index.artifacts[position] for position in sorted(found)]


def page_of(used: Pairs, settings: Settings) -> Page:
    """Return the page that the result parameters ask for, within what the server gives at most."""
    results: dict[str, str] = {}
    for name, value in used:
        if name.partition(":")[0] in RESULT_PARAMETERS:
            if name not in RESULT_PARAMETERS:
                raise RefusalError("modifier-unsupported", name=name.partition(":")[0])
            if name in results:
                raise RefusalError("parameter-repeated", name=name)
            results[name] = value
    for name, expected in _EXPECTED.items():
        value = results.get(name, expected[0])
        if value not in expected:
            raise RefusalError("parameter-value", name=name, expected=" | ".join(expected))
    count = _number(results, "_count", settings.page_size)
    offset = _number(results, OFFSET, 0)
    return Page(0 if results.get("_summary") == "count" else min(count, settings.max_page_size), offset)


def links(base: str, used: Pairs, page: Page, total: int) -> dict[str, str]:
    """Return the address of this page with the parameters used, and of the others where there are others."""
    shown = tuple((name, str(page.size) if name == "_count" else value) for name, value in used)
    found = {"self": _address(base, shown)}
    if not page.size or total <= page.size:
        return found
    kept = tuple(pair for pair in used if pair[0] not in ("_count", OFFSET))
    offsets = {"first": 0}
    if page.offset:
        offsets["previous"] = max(0, page.offset - page.size)
    if page.offset + page.size < total:
        offsets["next"] = page.offset + page.size
    offsets["last"] = (total - 1) // page.size * page.size
    for relation, offset in offsets.items():
        paging = (("_count", str(page.size)), *(((OFFSET, str(offset)),) if offset else ()))
        found[relation] = _address(base, kept + paging)
    return found


def _address(base: str, parameters: Pairs) -> str:
    return f"{base}?{encode(parameters)}" if parameters else base


def _number(results: dict[str, str], name: str, default: int) -> int:
    value = results.get(name, str(default))
    if not _WHOLE_NUMBER.fullmatch(value):
        raise RefusalError("parameter-value", name=name, expected="0, 1, 2, ...")
    return int(value)
