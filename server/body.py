"""Request bodies: read under a limit, uncompressed, and as strict JSON.

Implements https://hl7.org/fhir/R4/http.html#mime-type for what clients send.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_content_length, get_input_stream

from publisher.issue import IssueError, Report
from publisher.r4.codec import Limits, parse
from server import negotiation
from server.outcome import RefusalError

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from publisher.issue import Issue

JSON_TYPES = negotiation.OFFERED
# Of a body that is refused: how much of it is looked through for places, and how many of them are told.
SCANNED = 256 * 1024
PIECE = 64 * 1024  # what is read of a body at once
_WHOLE = "vademecum.body"  # that nothing is left of it
MOST_ISSUES = 20
# Of these, the sentence for authors shows what stands in the text.
_WITHOUT_QUOTES = {
    "json-duplicate-key": "A key is given twice in one object; keep one of them.",
    "json-number-range": "The exponent of this number is beyond any that can be held; correct it.",
}
# What is wrong with a text, in the other language; line and column stand before it.
_TRANSLATIONS = {
    "json-byte-order-mark": "Texten börjar med en byteordningsmarkering, som JSON inte tillåter; skicka den utan.",
    "json-control-character": "Här står ett styrtecken, som ingen text i FHIR får ha; ta bort det.",
    "json-depth": "Texten har fler nivåer i varandra än vad som läses; gör den plattare.",
    "json-duplicate-key": "En nyckel anges två gånger i ett objekt; behåll en av dem.",
    "json-encoding": "Texten är inte UTF-8; skicka den som UTF-8.",
    "json-lone-surrogate": "Här står ett halvt surrogatpar, som inte är något tecken; skriv själva tecknet.",
    "json-not-a-number": "NaN och Infinity är inga tal i JSON; ta bort elementet eller ange ett tal.",
    "json-number-length": "Ett tal är längre än vad som läses; korta det.",
    "json-number-range": "Exponenten i ett tal är större än någon som kan hanteras; rätta den.",
    "json-syntax": "Texten är inte JSON; rätta den.",
    "json-trailing-content": "Något följer efter JSON-värdet; behåll ett enda värde.",
}
FORM_TYPES = ("application/x-www-form-urlencoded",)


def read_body(environ: WSGIEnvironment, limit: int, accepted: tuple[str, ...] = JSON_TYPES) -> bytes:
    """Return the body of a request, of one of the `accepted` media types, or refuse it."""
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise RefusalError("content-encoding-not-supported")
    length = get_content_length(environ) or 0
    body = _read(environ, limit, length)
    if len(body) > limit:
        raise RefusalError("body-too-large", limit=limit)
    environ[_WHOLE] = True
    if len(body) < length:
        raise RefusalError("body-incomplete")
    if body:
        _require_type(environ.get("CONTENT_TYPE", ""), accepted)
    return body


def has_body(environ: WSGIEnvironment) -> bool:
    """Return whether a request says that a body comes with it."""
    return bool(get_content_length(environ)) or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()


def discard_body(environ: WSGIEnvironment, most: int) -> None:
    """Read what is left of the body of a request that is refused, unless it is more than `most` bytes.

    Most clients send all of a body before they look at the answer, and who closes on them takes the answer away:
    https://www.rfc-editor.org/rfc/rfc9112#section-9.6.
    """
    if environ.get(_WHOLE) or not has_body(environ) or (get_content_length(environ) or 0) > most:
        return
    left, stream = most, get_input_stream(environ)
    with suppress(Exception):  # what has broken off is over
        while left > 0 and (piece := stream.read(PIECE)):
            left -= len(piece)


def object_in(body: bytes, limit: int) -> dict[str, Any]:
    """Return the JSON object that a body is, or refuse it by line and column."""
    try:
        value = parse(body, file="body", limits=limits_of(limit)).value
    except IssueError as error:
        raise IssueError(Report([_for_clients(issue) for issue in error.report])) from None
    if not isinstance(value, dict):
        raise RefusalError("body-not-object")
    return value


def limits_of(size: int) -> Limits:
    """Return how much of a JSON text of a client is read, and looked through where it is refused."""
    return Limits(size=size, scan=SCANNED, defects=MOST_ISSUES)


def _for_clients(issue: Issue) -> Issue:
    """Return what is wrong with a text by its line and column alone, without a word of the text."""
    said = (("sv", _TRANSLATIONS[issue.rule]),) if issue.rule in _TRANSLATIONS else ()
    told = _WITHOUT_QUOTES.get(issue.rule, issue.diagnostics)
    return replace(issue, expression=None, diagnostics=told, translations=said)


def _read(environ: WSGIEnvironment, limit: int, length: int) -> bytes:
    """Return one byte more than the limit at most: a body without a length is cut there in silence."""
    try:
        stream = get_input_stream(environ, max_content_length=limit + 1)
        body = stream.read(length) if 0 < length <= PIECE else b""
        return body if 0 < length == len(body) else body + stream.read()
    except RequestEntityTooLarge:
        raise RefusalError("body-too-large", limit=limit) from None
    except Exception:  # noqa: BLE001  each server has errors of its own for a body that breaks off
        raise RefusalError("body-incomplete") from None


@lru_cache(maxsize=64)
def _require_type(content_type: str, accepted: tuple[str, ...]) -> None:
    sent = next(negotiation.media_ranges(content_type), None)
    if sent is None or sent.name not in accepted:
        raise RefusalError("content-type-not-supported", expected=accepted[0])
    if sent.parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise RefusalError("content-type-not-supported", expected=f"{accepted[0]}; charset=utf-8")
    if not sent.is_r4:
        raise RefusalError("fhir-version-not-supported", status=415)
