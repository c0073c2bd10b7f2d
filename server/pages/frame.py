"""The frame that every page has: its languages, and the way to the root."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from server.settings import Settings

_LANGUAGE_NAMES: Final = {"sv": "Svenska", "en": "English"}


def frame(settings: Settings, root: str) -> dict[str, Any]:
    """Return what the frame of a page is filled with beside its words; `root` leads from the page to the start page."""
    return {"languages": [(one, _LANGUAGE_NAMES.get(one, one)) for one in settings.languages], "root": root}
