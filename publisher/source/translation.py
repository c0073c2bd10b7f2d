"""Write a text in several languages as R4 holds it: one as the element, the others as translations beside it.

Implements https://hl7.org/fhir/R4/extension-translation.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.language import TRANSLATION

if TYPE_CHECKING:
    from collections.abc import Mapping


def translations(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return the `_element` object that carries `texts` by language."""
    return {"extension": [_translation(language, text) for language, text in texts.items()]}


def _translation(language: str, text: str) -> dict[str, Any]:
    parts = [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]
    return {"url": TRANSLATION, "extension": parts}
