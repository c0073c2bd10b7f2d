"""What any request on the FHIR side asks of its answer: format, language, rendering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from server import negotiation
from server.outcome import RefusalError
from server.rest.query import Pairs, pairs

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from server.settings import Settings

GENERAL_PARAMETERS = ("_format", "_pretty")
_BOOLEANS = {"true": True, "false": False}


class Headers(NamedTuple):
    """The request headers that decide on an answer."""

    accept: str | None = None
    accept_language: str | None = None
    if_none_match: str | None = None
    prefer: str | None = None

    @classmethod
    def of(cls, environ: WSGIEnvironment) -> Self:
        """Return the headers of the request that `environ` describes."""
        names = ("HTTP_ACCEPT", "HTTP_ACCEPT_LANGUAGE", "HTTP_IF_NONE_MATCH", "HTTP_PREFER")
        return cls(*map(environ.get, names))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks; `general` are the parameters read here, `parameters` those left."""

    content_type: str
    language: str
    pretty: bool
    lenient: bool
    parameters: Pairs
    general: Pairs


def asked(settings: Settings, environ: WSGIEnvironment, form: bytes = b"") -> Asked:
    """Return what a request asks, with the parameters of a posted `form` after those of its URL."""
    headers = Headers.of(environ)
    given = pairs(environ.get("QUERY_STRING", "").encode("latin-1")) + pairs(form)
    general = {name: value for name, value in given if name in GENERAL_PARAMETERS}
    prefers_lenient = negotiation.is_lenient(headers.prefer)
    return Asked(
        content_type=negotiation.media_type(headers.accept, general.get("_format")),
        language=language_of(settings, headers.accept_language),
        pretty=_pretty(general.get("_pretty")),
        lenient=not settings.strict_parameters if prefers_lenient is None else prefers_lenient,
        parameters=tuple(pair for pair in given if pair[0] not in general),
        general=tuple(general.items()),
    )


def language_of(settings: Settings, accept_language: str | None) -> str:
    """Return the language to answer in."""
    return negotiation.language(accept_language, settings.languages, settings.default_language)


def refuse_unknown(asking: Asked, known: tuple[str, ...]) -> Pairs:
    """Return the parameters whose name, without modifier, is `known`; refuse others unless lenient."""
    used = tuple(pair for pair in asking.parameters if pair[0].partition(":")[0] in known)
    if len(used) != len(asking.parameters) and not asking.lenient:
        names = ", ".join(sorted((*known, *GENERAL_PARAMETERS)))
        raise RefusalError("parameter-unknown", known=names)
    return used


def _pretty(value: str | None) -> bool:
    if value is None:
        return False
    if value not in _BOOLEANS:
        raise RefusalError("parameter-value", name="_pretty", expected="true | false")
    return _BOOLEANS[value]
