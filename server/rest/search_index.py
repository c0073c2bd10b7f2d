"""The artifacts of one type, found by the values of their search parameters.

Implements the value semantics of https://hl7.org/fhir/R4/search.html#ptypes for string, token and uri.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from server.outcome import RefusalError
from server.rest.query import split, unescape
from server.rest.search_parameters import MODIFIERS, SearchParameter, search_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from publisher.repository import Artifact

_NO_LETTER = re.compile(r"[^\w\s]|_")
_HIGHEST = "\U0010ffff"


class SearchIndex:
    """One type's artifacts in the order of their ids, indexed by every search parameter of the type."""

    def __init__(self, resource_type: str, artifacts: Sequence[Artifact]) -> None:
        self.artifacts = artifacts
        self.parameters = search_parameters(resource_type)
        self._indexes = {code: _INDEXES[one.kind](one, artifacts) for code, one in self.parameters.items()}

    def matches(self, name: str, value: str) -> set[int]:
        """Return the positions of the artifacts that hold any of the values in `value`."""
        code, colon, modifier = name.partition(":")
        if colon and modifier not in MODIFIERS[self.parameters[code].kind]:
            raise RefusalError("modifier-unsupported", name=code)
        find = self._indexes[code].find
        wanted = (part for part in split(value, ",") if part)
        return set().union(*(find(part, modifier, name) for part in wanted))


class _Keyed:
    """Positions by exact key: what tokens and uris are found by."""

    def __init__(self, parameter: SearchParameter, artifacts: Iterable[Artifact]) -> None:
        self._by_key: dict[str, set[int]] = {}
        for position, artifact in enumerate(artifacts):
            for value in _values(artifact, parameter.element):
                for key in self._keys(value, artifact):
                    self._by_key.setdefault(key, set()).add(position)

    def _keys(self, value: Any, artifact: Artifact) -> Iterator[str]:
        raise NotImplementedError

    def find(self, wanted: str, _modifier: str, name: str) -> set[int]:
        """Return the positions that hold `wanted`."""
        key = "|".join(unescape(part, name=name) for part in split(wanted, "|"))
        return self._by_key.get(key, set())


class _Tokens(_Keyed):
    """`code`, and of an Identifier also `system|code`, `|code` and `system|`."""

    def _keys(self, value: Any, _artifact: Artifact) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        if not isinstance(value, dict):  # of a package of others, anything may stand here
            return
        system, code = value.get("system", ""), value.get("value", "")
        yield from {code, f"{system}|{code}", f"{system}|"} - {"|"}


class _Uris(_Keyed):
    """A uri as written, and with the artifact's own version behind a bar."""

    def _keys(self, value: Any, artifact: Artifact) -> Iterator[str]:
        yield value
        if artifact.canonical.version:
            yield f"{value}|{artifact.canonical.version}"


class _Strings:
    """Text by its start, whatever its case, accents and punctuation, unless a modifier says otherwise."""

    def __init__(self, parameter: SearchParameter, artifacts: Iterable[Artifact]) -> None:
        self._exact = [
            (value, position)
            for position, artifact in enumerate(artifacts)
            for value in _values(artifact, parameter.element)
            if isinstance(value, str)
        ]
        self._folded = sorted((folded(value), position) for value, position in self._exact)

    def find(self, wanted: str, modifier: str, name: str) -> set[int]:
        """Return the positions whose text starts with `wanted`, contains it or, exactly, is it."""
        text = unescape(wanted, name=name)
        if modifier == "exact":
            return {position for value, position in self._exact if value == text}
        text = folded(text)
        if not text:
            return set()
        if modifier == "contains":
            return {position for value, position in self._folded if text in value}
        start = bisect_left(self._folded, (text, -1))
        end = bisect_left(self._folded, (text + _HIGHEST, -1))
        return {position for _, position in self._folded[start:end]}


_INDEXES: dict[str, Callable[[SearchParameter, Sequence[Artifact]], _Keyed | _Strings]] = {
    "token": _Tokens,
    "uri": _Uris,
    "string": _Strings,
}


def folded(text: str) -> str:
    """Return `text` as string search compares it: no case, accents or punctuation, and single spaces."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(_NO_LETTER.sub("", plain.casefold()).split())


def _values(artifact: Artifact, element: str) -> list[Any]:
    value = artifact.resource.get(element, [])
    return value if isinstance(value, list) else [value]
