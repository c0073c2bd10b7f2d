"""Texts of a resource in the language asked for.

The resource's own strings are in its default language; others stand beside them in the standard translation
extension. https://hl7.org/fhir/R4/extension-translation.html and https://hl7.org/fhir/R4/languages.html.
"""

from __future__ import annotations

from typing import Any

TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
_CONTENTS = ("valueString", "valueMarkdown")


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
            translated = _translation(item, language) if isinstance(value.get(name[1:]), str) else None
            if translated is not None:
                result[name[1:]] = translated
        else:
            result.setdefault(name, item if isinstance(item, str) else localised(item, language))
    return result


def respoken(resource: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a copy of a resource written in `language`, what it was written in standing beside it as translations.

    A text without that translation stays as it is.
    """
    own = resource.get("language")
    if own in (None, language) or language_of(resource, language) != language:
        return resource
    return {**respoken_part(resource, language, str(own)), "language": language}


def respoken_part(value: Any, language: str, own: str) -> Any:
    """Return a copy of a part of a resource that was written in `own`, in `language` as `respoken` has it."""
    if isinstance(value, list):
        return [respoken_part(item, language, own) for item in value]
    if not isinstance(value, dict):
        return value
    result = {name: respoken_part(item, language, own) for name, item in value.items() if not name.startswith("_")}
    for name, sibling in value.items():
        if not name.startswith("_"):
            continue
        spoken, written = _translation(sibling, language), value.get(name[1:])
        result[name] = sibling
        if spoken is not None and isinstance(written, str):
            result[name[1:]] = spoken
            result[name] = _exchanged(sibling, language, own, written)
    return {name: result[name] for name in value}


def _exchanged(sibling: dict[str, Any], language: str, own: str, written: str) -> dict[str, Any]:
    """Return the sibling of a text with the translation into `language` replaced by what was written."""
    extensions = []
    for extension in sibling["extension"]:
        parts = extension.get("extension", [])
        if extension.get("url") == TRANSLATION and {"url": "lang", "valueCode": language} in parts:
            kept = [_exchange_part(part, own, written) for part in parts]
            extensions.append({**extension, "extension": kept})
        else:
            extensions.append(extension)
    return {**sibling, "extension": extensions}


def _exchange_part(part: dict[str, Any], own: str, written: str) -> dict[str, Any]:
    if part["url"] == "lang":
        return {**part, "valueCode": own}
    return {name: written if name.startswith("value") else value for name, value in part.items()}


def designation(concept: dict[str, Any], language: str) -> str | None:
    """Return a concept's display in `language`: its designation, else its translated display."""
    for each in concept.get("designation", ()):
        if each.get("language") == language:
            return str(each["value"])
    return text(concept, "display", language)


def words_of(concept: dict[str, Any]) -> str | None:
    """Return a concept as words: its text, else the display of a coding, else a code as it stands."""
    codings = concept.get("coding", ())
    named = (each[name] for name in ("display", "code") for each in codings if each.get(name))
    return concept.get("text") or next(named, None)


def _translation(sibling: Any, language: str) -> str | None:
    for extension in sibling.get("extension", ()) if isinstance(sibling, dict) else ():
        if extension.get("url") == TRANSLATION:
            parts = {part.get("url"): part for part in extension.get("extension", ())}
            content = parts.get("content", {})
            if parts.get("lang", {}).get("valueCode") == language and any(name in content for name in _CONTENTS):
                return str(next(content[name] for name in _CONTENTS if name in content))
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
