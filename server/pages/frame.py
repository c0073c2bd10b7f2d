"""The frame that every page has: its languages, and the way to the root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import request

from server.request import language_of

if TYPE_CHECKING:
    from server.settings import Settings

_LANGUAGE_NAMES: Final = {"sv": "Svenska", "en": "English"}


def frame(settings: Settings, root: str) -> dict[str, Any]:
    """Return what the frame of a page is filled with beside its words; `root` leads from the page to the start page."""
    return {"languages": [(one, _LANGUAGE_NAMES.get(one, one)) for one in settings.languages], "root": root}


def page_language(settings: Settings) -> str:
    """Return the language that `?lang=` names, else the one that Accept-Language asks for."""
    asked = request.args.get("lang")
    if asked in settings.languages:
        return asked
    return language_of(settings, request.headers.get("Accept-Language"))
