"""Check the entries of a Bundle: their urls, and what each kind of Bundle asks of them.

Implements https://hl7.org/fhir/R4/bundle.html#bundle-unique and https://hl7.org/fhir/R4/http.html#search.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import is_resource
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_REST = re.compile(r"https?://.*/(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})")
_PAGING = frozenset({"first", "previous", "next", "last"})
_PAGED = ("searchset", "history")


def full_url_is_absolute(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that fullUrl is absolute, and agrees with the type and id of the resource."""
    for index, entry in items(node.value, "entry"):
        url, place = text(entry, "fullUrl"), (node.at("entry", index), ".fullUrl")
        if url is None:
            continue
        if not _ABSOLUTE.match(url):
            yield "full-url-relative", place, f"{shown(url)} is relative; write the whole url, or a urn:uuid"
        else:
            yield from _agreement(url, entry.get("resource"), place)


def full_url_is_there(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that entries with a resource have a fullUrl, outside transactions and batches."""
    kind = text(node.value, "type")
    if kind is None or kind.startswith(("transaction", "batch")):
        return
    for index, entry in items(node.value, "entry"):
        if "resource" in entry and not {"fullUrl", "_fullUrl"} & entry.keys():
            sentence = f"is missing, by which others refer to the entry of a {kind}; give the url of the resource"
            yield "full-url-missing", (node.at("entry", index), ".fullUrl"), sentence


def _agreement(url: str, resource: Any, place: Any) -> Iterator[Finding]:
    match, identity = _REST.fullmatch(url), text(resource, "id")
    if match is None or identity is None or not is_resource(match["type"]):
        return
    if identity != match["id"] or resource.get("resourceType") != match["type"]:
        sentence = f"{shown(url)} does not name {resource.get('resourceType')}/{identity}; correct one of them"
        yield "full-url-disagrees", place, sentence


def search_entry_is_found(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that what a search found has an id and a type asked for, and that only outcomes are outcomes."""
    if node.value.get("type") != "searchset":
        return
    wanted = _searched_types(node.value)
    for index, entry in items(node.value, "entry"):
        resource, search = entry.get("resource"), entry.get("search")
        mode = text(search, "mode")
        if isinstance(resource, dict):
            place = (node.path, ".entry", index)
            yield from _found_entry(resource, mode, wanted, (place, ".resource"))


def _found_entry(resource: dict[str, Any], mode: str | None, wanted: frozenset[str], place: Any) -> Iterator[Finding]:
    kind = resource.get("resourceType")
    if mode == "outcome":
        if kind != "OperationOutcome":
            yield "search-outcome", place, f"is {kind}, but its mode is outcome; only an OperationOutcome may be"
        return
    if "id" not in resource and kind != "OperationOutcome":
        yield "search-id-missing", place, "has no id, so that nothing can refer to it; give it the server's id"
    if mode == "match" and wanted and kind not in wanted:
        sentence = f"is {kind}, but the search was for {' and '.join(sorted(wanted))}; take it out or correct the mode"
        yield "search-type", place, sentence


def _searched_types(bundle: dict[str, Any]) -> frozenset[str]:
    """Return the types that the search of the self link was for; none where it is for all."""
    own = next((text(link, "url") for _, link in items(bundle, "link") if link.get("relation") == "self"), None)
    if own is None:
        return frozenset()
    path, _, query = own.partition("?")
    listed = [part[len("_type=") :] for part in query.split("&") if part.startswith("_type=")]
    names = listed[0].replace("%2C", ",").split(",") if listed else [path.rstrip("/").rpartition("/")[2]]
    return frozenset(name for name in names if is_resource(name))


def link_fits_type(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that only what is paged has links to pages, and that no relation comes twice."""
    seen: set[str] = set()
    for index, link in items(node.value, "link"):
        relation = text(link, "relation")
        if relation is None:
            continue
        place = (node.at("link", index), ".relation")
        if relation in _PAGING and node.value.get("type") not in _PAGED:
            yield "bundle-link", place, f"is {relation}, a page of search results, which this is not; take it out"
        elif relation in seen and relation in {"self", *_PAGING}:
            yield "bundle-link", place, f"is {relation} a second time; keep one"
        seen.add(relation)
