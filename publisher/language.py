"""Texts of a resource in the language asked for.

The resource's own strings are in its default language; others stand beside them in the standard translation
extension. https://hl7.org/fhir/R4/extension-translation.html and https://hl7.org/fhir/R4/languages.html.
"""

from __future__ import annotations

from typing import Any

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"


def text(element: dict[str, Any], name: str, language: str) -> str | None:
    """Return the string element `name` in `language`, or as it stands where it was not translated."""
    value = element.get(name)
    translated = _translation(element.get(f"_{name}"), language)
    return translated if translated is not None else value


def language_of(resource: dict[str, Any], language: str) -> str | None:
    """Return the language that the texts of a resource come out in when `language` is asked for."""
    own = resource.get("language")
    texts = ("title", "description", "name")
    is_translated = any(_translation(resource.get(f"_{name}"), language) is not None for name in texts)
    return language if own == language or is_translated else own


def localised(value: Any, language: str) -> Any:
    """Return a copy of a FHIR element with its strings in `language` and without translation extensions."""
    if isinstance(value, list):
        return [localised(item, language) for item in value]
    if not isinstance(value, dict):
        return value
    result: dict[str, Any] = {}
    for name, item in value.items():
        if name.startswith("_"):
            sibling = _without_translations(item)
            if sibling:
                result[name] = sibling
        elif isinstance(item, str):
            result[name] = text(value, name, language) if f"_{name}" in value else item
        else:
            result[name] = localised(item, language)
    return result


def designation(concept: dict[str, Any], language: str) -> str | None:
    """Return a concept's display in `language`: its designation, else its translated display."""
    for each in concept.get("designation", ()):
        if each.get("language") == language:
            return str(each["value"])
    return text(concept, "display", language)


def _translation(sibling: Any, language: str) -> str | None:
    for extension in sibling.get("extension", ()) if isinstance(sibling, dict) else ():
        if extension.get("url") == TRANSLATION:
            parts = {part["url"]: part for part in extension.get("extension", ())}
            if parts.get("lang", {}).get("valueCode") == language:
                content = parts["content"]
                return str(content.get("valueString", content.get("valueMarkdown")))
    return None


def _without_translations(sibling: Any) -> Any:
    if isinstance(sibling, list):
        kept = [_without_translations(item) for item in sibling]
        return kept if any(kept) else None
    if not isinstance(sibling, dict):
        return sibling
    extensions = [each for each in sibling.get("extension", ()) if each.get("url") != TRANSLATION]
    rest = {name: item for name, item in sibling.items() if name != "extension"}
    return ({**rest, "extension": extensions} if extensions else rest) or None
