"""Which media type and which language an answer has.

Implements https://hl7.org/fhir/R4/http.html#mime-type and RFC 9110 section 12.5; what cannot be parsed is
passed over, so that a malformed header neither fails a request nor comes back in an answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from server.outcome import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FHIR_JSON = "application/fhir+json"
OFFERED = (FHIR_JSON, "application/json", "text/json", "application/json+fhir")
_FORMATS = {"json": FHIR_JSON, "application/fhir json": FHIR_JSON, "application/json fhir": OFFERED[3]}
_R4 = ("4.0", "4.0.1")

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(rf"\s*;\s*({_WORD})\s*=\s*(?:\"([^\"\\]*)\"|({_WORD}))")
_MEDIA_RANGE = re.compile(rf"({_WORD})/({_WORD})((?:\s*;\s*{_WORD}\s*=\s*(?:\"[^\"\\]*\"|{_WORD}))*)(?:\s*;)?")
_LANGUAGE_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*[qQ]\s*=\s*([0-9.]{1,5}))?")
_WEIGHT = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")
_LENIENT = re.compile(r"(?:^|[,;])\s*handling\s*=\s*\"?(lenient|strict)\"?\s*(?=$|[,;])", re.IGNORECASE)


class MediaRange(NamedTuple):
    """One element of an Accept or Content-Type header."""

    type: str
    subtype: str
    parameters: dict[str, str]

    @property
    def name(self) -> str:
        """Return type and subtype as written in a header, in lower case."""
        return f"{self.type}/{self.subtype}"

    @property
    def weight(self) -> float:
        """Return the q value, 1 where there is none that can be read."""
        return _weight(self.parameters.get("q"))

    @property
    def is_r4(self) -> bool:
        """Return whether the fhirVersion parameter, if any, names R4."""
        return self.parameters.get("fhirversion", _R4[0]) in _R4

    def matches(self, media_type: str) -> int:
        """Return 0 where this range does not hold `media_type`, else more the closer it names it."""
        if self.name == media_type:
            return 3
        if self.subtype != "*":
            return 0
        if self.type == "*":
            return 1
        return 2 if media_type.startswith(f"{self.type}/") else 0


def media_type(accept: str | None, wanted: str | None = None) -> str:
    """Return the Content-Type to answer with, by `_format` if given, else by Accept, or refuse."""
    if wanted:
        return _by_format(wanted)
    if not accept or accept == "*/*":
        return FHIR_JSON
    if accept in OFFERED:
        return content_type(accept)
    ranges = list(media_ranges(accept))
    if not ranges:
        return FHIR_JSON
    best = _best(ranges)
    if best is None:
        of_other_version = any(_best([one._replace(parameters={})]) for one in ranges if not one.is_r4)
        raise RefusalError("fhir-version-not-supported" if of_other_version else "format-not-supported")
    name, names_version = best
    return content_type(name, names_version=names_version)


def content_type(name: str, *, names_version: bool = False) -> str:
    """Return a Content-Type header; only text types need to name their charset."""
    version = "; fhirVersion=4.0" if names_version else ""
    return f"{name}; charset=utf-8{version}" if name.startswith("text/") else f"{name}{version}"


def media_ranges(header: str) -> Iterator[MediaRange]:
    """Return the elements of `header` that are well formed."""
    for part in header.split(","):
        if found := _MEDIA_RANGE.fullmatch(part.strip()):
            kind, subtype, rest = found.groups()
            named = {name.lower(): quoted or token for name, quoted, token in _PARAMETER.findall(rest)}
            yield MediaRange(kind.lower(), subtype.lower(), named)


@lru_cache(maxsize=64)
def language(header: str | None, languages: tuple[str, ...], default: str) -> str:
    """Return the language among `languages` that Accept-Language asks for, else `default`."""
    if not header:
        return default
    ranges = sorted(_language_ranges(header), key=lambda one: -one[1])
    excluded = {name for name, weight in ranges if not weight}
    open_to = [one for one in (default, *languages) if one.lower() not in excluded]
    for name, weight in ranges:
        if weight and (found := _lookup(name, open_to)):
            return found
    return default


def is_lenient(prefer: str | None) -> bool | None:
    """Return whether Prefer asks for lenient handling, or for strict; None where it does not say."""
    found = _LENIENT.search(prefer) if prefer else None
    return found[1].lower() == "lenient" if found else None


def _by_format(wanted: str) -> str:
    named = _FORMATS.get(wanted)
    if named:
        return content_type(named)
    found = next(media_ranges(wanted.replace("fhir json", "fhir+json").replace("json fhir", "json+fhir")), None)
    if found is None or found.name not in OFFERED:
        raise RefusalError("format-not-supported")
    if not found.is_r4:
        raise RefusalError("fhir-version-not-supported")
    return content_type(found.name, names_version="fhirversion" in found.parameters)


def _best(ranges: Iterable[MediaRange]) -> tuple[str, bool] | None:
    """Return the offer that is asked for most, then most closely, and whether it was asked for by version."""
    usable = [one for one in ranges if one.is_r4]
    best: tuple[float, int, str, bool] = (0, 0, "", False)
    for offer in OFFERED:
        closest = max(usable, key=lambda one, offer=offer: one.matches(offer), default=None)  # type: ignore[misc]
        closeness = closest.matches(offer) if closest else 0
        if closest and closeness and (closest.weight, closeness) > best[:2]:
            best = (closest.weight, closeness, offer, "fhirversion" in closest.parameters)
    return (best[2], best[3]) if best[0] else None


def _language_ranges(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        if found := _LANGUAGE_RANGE.fullmatch(part.strip()):
            yield found[1].lower(), _weight(found[2])


def _lookup(name: str, languages: Iterable[str]) -> str | None:
    """Return the first language that the range names, less and less of it (RFC 4647 section 3.4)."""
    for one in languages:
        tag = one.lower()
        if name in ("*", tag) or name.startswith(f"{tag}-") or tag.startswith(f"{name}-"):
            return one
    return None


def _weight(text: str | None) -> float:
    return float(text) if text is not None and _WEIGHT.fullmatch(text) else 1.0
