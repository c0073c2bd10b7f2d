"""Bytes that never change: one resource in every language, answered with its ETag.

Implements https://hl7.org/fhir/R4/http.html#read and the conditional read of https://hl7.org/fhir/R4/http.html#cread.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from server import negotiation
from server.answer import NOT_MODIFIED, Answer, answer_with, pretty_printed
from server.outcome import RefusalError
from server.request import Headers, asked, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    from publisher.repository import Rendition
    from server.settings import Settings

_ENTITY_TAG = re.compile(r"(?:W/)?\"([!#-~\x80-\xff]*)\"")
_SHARED = [("Vary", "Accept, Accept-Language"), ("Cache-Control", "no-cache")]
_WHOLE = {"_summary": "false"}


class Frozen:
    """One resource's renditions, with the headers of each made beforehand."""

    __slots__ = ("_default", "_headers", "_languages", "_renditions", "_settings")

    def __init__(self, renditions: Mapping[str, Rendition], settings: Settings) -> None:
        self._settings = settings
        self._renditions = renditions
        self._default = settings.default_language if settings.default_language in renditions else min(renditions)
        self._languages = tuple(one for one in settings.languages if one in renditions) or (self._default,)
        self._headers = {
            language: [("Content-Language", language), ("ETag", rendition.etag), *_SHARED]
            for language, rendition in renditions.items()
        }

    def answer(self, environ: WSGIEnvironment, known: tuple[str, ...] = ()) -> Answer:
        """Return 200 with the bytes, 304 if the client has them, or refuse what is asked for."""
        headers = Headers.of(environ)
        if not environ.get("QUERY_STRING"):
            return self._answer(headers, negotiation.media_type(headers.accept))
        asking = asked(self._settings, environ)
        for name, value in refuse_unknown(asking, (*_WHOLE, *known)):
            if value != _WHOLE.get(name, value):
                raise RefusalError("parameter-value", name=name, expected=_WHOLE[name])
        found = self._answer(headers, asking.content_type)
        if not asking.pretty or not found.body:
            return found
        return answer_with(pretty_printed(found.body), asking.content_type, found.headers[2:])

    def body(self, language: str) -> bytes:
        """Return the bytes in `language`, or in the default one where there are none."""
        return self._renditions.get(language, self._renditions[self._default]).body

    def _answer(self, headers: Headers, content_type: str) -> Answer:
        language = negotiation.language(headers.accept_language, self._languages, self._default)
        rendition, shared = self._renditions[language], self._headers[language]
        if headers.if_none_match and is_held(headers.if_none_match, rendition.etag):
            return Answer(NOT_MODIFIED, shared[:], b"")
        return answer_with(rendition.body, content_type, shared)


def is_held(if_none_match: str, etag: str) -> bool:
    """Return whether the client holds `etag`, by weak comparison; what is no entity tag is passed over."""
    if if_none_match.strip() == "*":
        return True
    return etag.removeprefix("W/").strip('"') in _ENTITY_TAG.findall(if_none_match)
