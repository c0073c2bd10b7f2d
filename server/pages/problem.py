"""A refusal as a page, for a person who came with a browser; programs get the OperationOutcome.

https://www.rfc-editor.org/rfc/rfc9110#section-12.1: what is answered follows Accept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from flask import render_template, request

from server.pages.frame import frame

if TYPE_CHECKING:
    from flask import Response

    from server.settings import Settings

_PROGRAMS: Final = ("/fhir", "/cds-services")  # addresses that only programs ask
_WORDS: Final = {
    "en": {
        "skip": "Skip to the contents",
        "languages": "Language",
        "home": "Start page",
        404: "There is no such page",
        500: "The server failed",
        "other": "That cannot be answered",
        "status": "Status",
    },
    "sv": {
        "skip": "Hoppa till innehållet",
        "languages": "Språk",
        "home": "Startsidan",
        404: "Sidan finns inte",
        500: "Servern misslyckades",
        "other": "Det går inte att besvara",
        "status": "Status",
    },
}


def is_for_a_person() -> bool:
    """Return whether the current request came from a browser, and not for what programs ask."""
    is_program = any(request.path == each or request.path.startswith(f"{each}/") for each in _PROGRAMS)
    return not is_program and "text/html" in request.headers.get("Accept", "")


def as_page(refusal: Response, settings: Settings, language: str) -> Response:
    """Return `refusal`, an OperationOutcome, with a page in place of its body."""
    words: dict[Any, str] = _WORDS.get(language, _WORDS["en"])
    filling = {
        "language": language,
        "words": words,
        "title": words.get(refusal.status_code, words["other"]),
        "status": refusal.status_code,
        "issues": [issue["diagnostics"] for issue in json.loads(refusal.get_data())["issue"]],
        **frame(settings, "../" * (request.path.count("/") - 1)),
    }
    refusal.set_data(render_template("problem.html", **filling))
    refusal.content_type = "text/html; charset=utf-8"
    refusal.headers["Vary"] = "Accept, Accept-Language"
    return refusal
