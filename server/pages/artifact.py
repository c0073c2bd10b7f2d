"""The page of one version of an artifact: its narrative, for a person who comes from a card or the start page.

The narrative was held to FHIR's XHTML (https://hl7.org/fhir/R4/narrative.html) when the artifact was compiled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from publisher.xhtml import heading
from server.outcome import RefusalError
from server.pages.contents import title_of
from server.pages.frame import frame
from server.rest.read import require_type

if TYPE_CHECKING:
    from server.site import Site

_WORDS = {
    "en": {
        "skip": "Skip to the contents",
        "languages": "Language",
        "home": "Start page",
        "json": "This artifact as FHIR (JSON)",
    },
    "sv": {
        "skip": "Hoppa till innehållet",
        "languages": "Språk",
        "home": "Startsidan",
        "json": "Artefakten som FHIR (JSON)",
    },
}


def artifact_page(site: Site, resource_type: str, resource_id: str, version: str, language: str) -> dict[str, Any]:
    """Return what the template is filled with; 404 where this version is not held."""
    require_type(resource_type)
    site.refuse_withdrawn(resource_type, resource_id)
    artifact = site.repository.get(resource_type, resource_id)
    if artifact is None or artifact.canonical.version != version:
        raise RefusalError("resource-unknown", type=resource_type)
    wanted = (one for one in (language, site.settings.default_language) if one in artifact.renditions)
    rendition = json.loads(artifact.renditions[next(wanted, min(artifact.renditions))].body)
    title = title_of(artifact.resource, language)
    narrative = _narrative(rendition, is_ours=artifact.topic not in site.settings.packages)
    return {
        "language": language,
        "words": _WORDS.get(language, _WORDS["en"]),
        **frame(site.settings, "../../../"),
        "title": title,
        "narrative": narrative.replace(heading(title.words), "", 1),
        "json": f"fhir/{artifact.type}/{artifact.id}",
    }


def _narrative(rendition: dict[str, Any], *, is_ours: bool) -> str:
    """Return the narrative; one that came in a package of others only where it is FHIR's XHTML."""
    text = rendition.get("text")
    div = text.get("div") if isinstance(text, dict) else None
    if is_ours or not isinstance(div, str):
        return div or ""
    from publisher.validation.narrative import narrative_problems

    return "" if any(narrative_problems(div)) else div
