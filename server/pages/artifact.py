"""The page of one version of an artifact: its narrative, for a person who comes from a card or the start page.

The narrative was held to FHIR's XHTML (https://hl7.org/fhir/R4/narrative.html) when the artifact was compiled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from server.outcome import RefusalError
from server.pages.contents import title_of

if TYPE_CHECKING:
    from server.site import Site

_WORDS = {
    "en": {"languages": "Language", "back": "All artifacts", "json": "This artifact as FHIR (JSON)"},
    "sv": {"languages": "Språk", "back": "Alla artefakter", "json": "Artefakten som FHIR (JSON)"},
}
_NAMES = {"sv": "Svenska", "en": "English"}


def artifact_page(site: Site, resource_type: str, resource_id: str, version: str, language: str) -> dict[str, Any]:
    """Return what the template is filled with; 404 where this version is not held."""
    artifact = site.repository.get(resource_type, resource_id)
    if artifact is None or artifact.canonical.version != version:
        raise RefusalError("resource-unknown", type=resource_type, id=f"{resource_id}|{version}")
    known = language if language in artifact.renditions else site.settings.default_language
    rendition = json.loads(artifact.renditions[known].body)
    return {
        "language": language,
        "words": _WORDS.get(language, _WORDS["en"]),
        "languages": [(one, _NAMES.get(one, one)) for one in site.settings.languages],
        "title": title_of(artifact.resource, language).words,
        "narrative": rendition.get("text", {}).get("div", ""),
        "json": f"fhir/{artifact.type}/{artifact.id}",
    }
