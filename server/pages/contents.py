"""What the start page lists: artifacts by type, hook services, and what this server is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.language import text as localised
from server.capability import state_of
from server.pages.frame import frame

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.repository import Artifact, Resource
    from server.cds_hooks import HookServices
    from server.site import Site

_ARTIFACT_TITLE = "http://hl7.org/fhir/StructureDefinition/artifact-title"

_WORDS = {
    "en": {
        "lead": "Condition guidance as FHIR R4 knowledge artifacts.",
        "skip": "Skip to the contents",
        "languages": "Language",
        "state": "About this server",
        "artifacts": "Artifacts",
        "services": "CDS Hooks services",
        "none": "None.",
        "version": "version",
        "capability": "What this server can do (CapabilityStatement, JSON)",
        "discovery": "Discovery of the services (JSON)",
        "trial": "Try the services with made-up patients",
        "trial-lead": "See what a record system would show, change what the record holds, and read why.",
        "search": "Read and search them as FHIR, by type, for example",
        "rates": "What readers did with cards",
        "draft": "draft",
        "active": "active",
        "retired": "retired",
        "unknown": "status unknown",
    },
    "sv": {
        "lead": "Vägledning om tillstånd som kunskapsartefakter i FHIR R4.",
        "skip": "Hoppa till innehållet",
        "languages": "Språk",
        "state": "Om den här servern",
        "artifacts": "Artefakter",
        "services": "Tjänster för CDS Hooks",
        "none": "Inga.",
        "version": "version",
        "capability": "Vad servern kan (CapabilityStatement, JSON)",
        "discovery": "Förteckning över tjänsterna (JSON)",
        "trial": "Prova tjänsterna med påhittade patienter",
        "trial-lead": "Se vad ett journalsystem skulle visa, ändra det som står i journalen och läs varför.",
        "search": "Läs och sök dem som FHIR, typ för typ, till exempel",
        "rates": "Vad läsare har gjort med korten",
        "draft": "utkast",
        "active": "gällande",
        "retired": "tillbakadragen",
        "unknown": "okänd status",
    },
}


class Text(NamedTuple):
    """Words and the language that they are in, which a page says with `lang`."""

    words: str
    language: str


def contents(site: Site, services: HookServices, language: str) -> dict[str, Any]:
    """Return what the template of the start page is filled with."""
    known = _WORDS.get(language, _WORDS["en"])
    found = services.discovery(language)["services"] if site.settings.evaluator else []
    return {
        "language": language,
        "words": known,
        **frame(site.settings, ""),
        "state": state_of(site, language),
        "types": [(one, [_row(artifact, language) for artifact in _held(site, one)]) for one in site.types],
        "services": found,
        "trial": site.settings.is_open_to_try,
        "rates": site.settings.shows_rates,
    }


def title_of(resource: Resource, language: str) -> Text:
    """Return the title in `language`, or as written with the language that it is written in."""
    written = str(resource.get("language", ""))
    for holder, name in _titles(resource):
        if words := localised(holder, name, language):
            return Text(words, written if words == holder[name] else language)
    return Text(str(resource["id"]), "")


def _titles(resource: Resource) -> Iterator[tuple[Resource, str]]:
    """Yield what can be a title, the best first: an element's holder and its name."""
    yield resource, "title"
    for extension in resource.get("extension", ()):
        if extension.get("url") == _ARTIFACT_TITLE:
            yield extension, "valueString"
    if isinstance(resource.get("code"), dict):
        yield resource["code"], "text"
    yield resource, "name"


def _held(site: Site, resource_type: str) -> list[Artifact]:
    return site.repository.of_type(resource_type)


def _row(artifact: Artifact, language: str) -> dict[str, Any]:
    words = _WORDS.get(language, _WORDS["en"])
    return {
        "href": artifact.page.lstrip("/"),
        "json": f"fhir/{artifact.type}/{artifact.id}",
        "title": title_of(artifact.resource, language),
        "id": artifact.id,
        "version": artifact.canonical.version,
        "status": words.get(artifact.status, artifact.status),
    }
