"""Check that references between the entries of a Bundle find the one entry they mean.

Implements https://hl7.org/fhir/R4/bundle.html#references and https://hl7.org/fhir/R4/documents.html#content.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_REST = re.compile(r"(?P<base>https?://.*/)[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_CLOSED = ("document", "message")
_HISTORY = "/_history/"
_MOST_MEANT = 8  # entries that one reference is followed to, where several have its url


class Entries:
    """The entries of a Bundle by fullUrl, or by type and id where they have none."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.entries = dict(items(bundle, "entry"))
        self.by_url: dict[str, list[int]] = {}
        self._by_identity: dict[str, list[int]] = {}
        self._by_tail: dict[str, str] = {}  # the first fullUrl that ends with type and id
        for index, entry in self.entries.items():
            url = text(entry, "fullUrl")
            if url is not None:
                self.by_url.setdefault(url, []).append(index)
                self._by_tail.setdefault("/".join(url.rsplit("/", 2)[1:]), url)
            elif "fullUrl" not in entry:
                own = self.resource(index)
                self._by_identity.setdefault(f"{own.get('resourceType')}/{own.get('id')}", []).append(index)

    def resource(self, index: int) -> dict[str, Any]:
        """Return the resource of an entry."""
        found = self.entries[index].get("resource")
        return found if isinstance(found, dict) else {}

    def matches(self, reference: str, index: int) -> list[int]:
        """Return the entries that a reference in the entry `index` means."""
        url, _, version = reference.partition("#")[0].partition(_HISTORY)
        own = _REST.fullmatch(text(self.entries[index], "fullUrl") or "")
        if _RELATIVE.fullmatch(url):
            found = self.by_url.get(own["base"] + url, []) if own else self._by_identity.get(url, [])
        else:
            found = self.by_url.get(url, [])
        if not version:
            return found
        return [at for at in found if text(self.resource(at).get("meta"), "versionId") == version]

    def other_base(self, reference: str) -> str | None:
        """Return the base of an entry that has the type and id of a relative reference, or None."""
        url = reference.partition("#")[0].partition(_HISTORY)[0]
        found = self._by_tail.get(url) if _RELATIVE.fullmatch(url) else None
        return found.removesuffix(url) if found else None


def reference_is_in_bundle(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a document or message holds what it refers to, that nothing is meant twice, nothing is loose."""
    entries = Entries(node.value)
    kind = node.value.get("type")
    ways: dict[int, set[int]] = {index: set() for index in entries.entries}
    for index in entries.entries:
        place = ((node.path, ".entry", index), ".resource", None, str(entries.resource(index).get("resourceType")))
        for reference, at in references(entries.resource(index), place):
            found = entries.matches(reference, index)
            for other in found[:_MOST_MEANT]:
                ways[index].add(other)
                ways[other].add(index)
            if len(found) > 1 and kind != "history":
                sentence = f"{shown(reference)} is the url of {len(found)} entries; name the version, or keep one"
                yield "reference-ambiguous", at, sentence
            elif not found and kind in _CLOSED and (base := entries.other_base(reference)):
                sentence = (
                    f"{shown(reference)} is not below the base of its entry, but below {base}; write the whole url"
                )
                yield "reference-other-base", at, sentence
            elif not found and kind in _CLOSED and _is_expected(reference, entries, index):
                sentence = f"{shown(reference)} is not in the {kind}; add the entry, or correct fullUrl or reference"
                yield "reference-outside-bundle", at, sentence
    if kind == "document":
        yield from _loose(node, entries, ways)


def _is_expected(reference: str, entries: Entries, index: int) -> bool:
    """Return whether a reference of a document that finds nothing was meant to find an entry."""
    name = entries.resource(index).get("resourceType")
    url = reference.partition(_HISTORY)[0]
    is_local = bool(_RELATIVE.fullmatch(url)) or url.startswith("urn:")
    if name in ("Composition", "MessageHeader"):
        return is_local
    return _HISTORY in reference and url in entries.by_url


def _loose(node: Node, entries: Entries, ways: dict[int, set[int]]) -> Iterator[Finding]:
    """Yield the entries of a document that no way of references joins to its first entry."""
    reached, pending = set(), [min(ways, default=0)]
    while pending:
        index = pending.pop()
        if index not in reached:
            reached.add(index)
            pending += ways.get(index, ())
    for index in sorted(ways.keys() - reached):
        if entries.resource(index):
            sentence = "is joined to the Composition by no reference; refer to it or take it out"
            yield "entry-loose", node.at("entry", index), sentence


def references(value: Any, place: Any) -> Iterator[tuple[str, Any]]:
    """Yield the literal references in a value with the place of each."""
    pending = [(value, place)]
    while pending:
        each, at = pending.pop()
        if isinstance(each, dict):
            reference = each.get("reference")
            if isinstance(reference, str) and not reference.startswith("#"):
                yield reference, (at, ".reference")
            pending += [(one, (at, f".{key}")) for key, one in each.items() if isinstance(one, dict | list)]
        elif isinstance(each, list):
            pending += [(one, (*at[:2], index)) for index, one in enumerate(each)]
