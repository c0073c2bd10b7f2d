"""The CapabilityStatement: made from the routes that there are and from what is loaded.

Implements https://hl7.org/fhir/R4/http.html#capabilities and https://hl7.org/fhir/R4/capabilitystatement.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.r4.codec import dumps
from publisher.repository import Rendition
from server.operations import EVERY_TYPE
from server.rest.frozen import Frozen
from server.rest.search_parameters import search_parameters

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from server.site import Site

INTERACTIONS = ("read", "search-type")
FORMATS = ["application/fhir+json", "json"]

_WORDS = {
    "en": {
        "library": "A read-only library of knowledge artifacts: FHIR R4 read and search.",
        "evaluator-on": "The evaluator is on: $apply and CDS Hooks are answered, no patient data are kept.",
        "evaluator-off": "The evaluator is off: artifacts are read and searched, not applied.",
        "inline-on": "Laboratory: definitions, Libraries and terminology are taken from requests to $apply.",
        "packages": "Packages of others, as they came and validated by nobody here: {names}.",
        "drafts-on": "Drafts are evaluated: what they advise is not approved for care.",
        "drafts-off": "Drafts are not evaluated: only active artifacts are.",
        "security": "No sign-in is asked for; any web page may read artifacts.",
    },
    "sv": {
        "library": "Ett bibliotek av kunskapsartefakter, som läses och söks enligt FHIR R4.",
        "evaluator-on": "Beslutsstödet är på: $apply och CDS Hooks besvaras, inget om patienter sparas.",
        "evaluator-off": "Beslutsstödet är av: artefakter kan läsas och sökas, inte tillämpas.",
        "inline-on": "Laboratorium: definitioner, bibliotek och terminologi tas emot i anrop till $apply.",
        "packages": "Andras paket, oförändrade och inte validerade här: {names}.",
        "drafts-on": "Utkast tillämpas: deras råd är inte godkända för vård.",
        "drafts-off": "Utkast tillämpas inte: bara gällande artefakter gör det.",
        "security": "Ingen inloggning krävs; vilken webbsida som helst får läsa artefakter.",
    },
}


def freeze_statement(site: Site, routes: Collection[str]) -> Frozen:
    """Return the CapabilityStatement in every language, for an application with the endpoints `routes`."""
    renditions = {
        language: Rendition.of(dumps(capability_statement(site, routes, language)))
        for language in site.settings.languages
    }
    return Frozen(renditions, site.settings)


def capability_statement(site: Site, routes: Collection[str], language: str) -> dict[str, Any]:
    """Return the CapabilityStatement in one language."""
    settings = site.settings
    about = " ".join(state_of(site, language))
    publishers = sorted({str(one.resource["publisher"]) for one in site.repository if "publisher" in one.resource})
    return {
        "resourceType": "CapabilityStatement",
        "language": language,
        "url": f"{settings.fhir_base}/metadata",
        "version": settings.software_version or "0",
        "name": "Vademecum",
        "title": "Vademecum",
        "status": "active",
        "date": _date(site),
        **({"publisher": ", ".join(publishers)} if publishers else {}),
        "description": _words(language)["library"],
        "kind": "instance",
        "software": {"name": "Vademecum", "version": settings.software_version or "0"},
        "implementation": {"description": about, "url": settings.fhir_base},
        "fhirVersion": "4.0.1",
        "format": FORMATS,
        "rest": [_rest(site, routes, language)],
    }


def state_of(site: Site, language: str) -> list[str]:
    """Return in words what this server is for: the library, the evaluator, and drafts."""
    words, settings = _words(language), site.settings
    evaluator = "evaluator-on" if settings.evaluator else "evaluator-off"
    drafts = "drafts-on" if settings.evaluate_drafts else "drafts-off"
    states = [words["library"], words[evaluator], *([words[drafts]] if settings.evaluator else [])]
    if settings.evaluator and settings.inline_content:
        states.append(words["inline-on"])
    if settings.packages:
        states.append(words["packages"].format(names=", ".join(settings.packages)))
    return states


def _rest(site: Site, routes: Collection[str], language: str) -> dict[str, Any]:
    rest: dict[str, Any] = {
        "mode": "server",
        "security": {"cors": True, "description": _words(language)["security"]},
    }
    types = {*site.types, *(one.resource_type for one in _offered(site) if one.resource_type)} - {EVERY_TYPE}
    if resources := [_resource(site, one, routes) for one in sorted(types)]:
        rest["resource"] = resources
    if operations := _operations(site, None):
        rest["operation"] = operations
    return rest


def _resource(site: Site, resource_type: str, routes: Collection[str]) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "type": resource_type,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{resource_type}",
        "interaction": [{"code": code} for code in INTERACTIONS if code in routes],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "searchParam": [
            {"name": one.code, "definition": one.definition, "type": one.kind}
            for one in search_parameters(resource_type).values()
        ],
    }
    if operations := _operations(site, resource_type):
        resource["operation"] = operations
    return resource


def _operations(site: Site, resource_type: str | None) -> list[dict[str, str]]:
    wanted = (None,) if resource_type is None else (resource_type, EVERY_TYPE)
    return [{"name": one.code, "definition": one.definition} for one in _offered(site) if one.resource_type in wanted]


def _offered(site: Site) -> Iterable[Any]:
    return [one for one in site.operations.values() if site.settings.evaluator or not one.needs_evaluator]


def _date(site: Site) -> str:
    """Return the day of the newest artifact, so that the statement changes only with what is served."""
    dates = sorted(str(one.resource["date"]) for one in site.repository if "date" in one.resource)
    return dates[-1] if dates else site.settings.now().date().isoformat()


def _words(language: str) -> dict[str, str]:
    return _WORDS.get(language, _WORDS["en"])
