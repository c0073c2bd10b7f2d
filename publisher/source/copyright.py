"""Say whose the codes of a value set are: the notices that publisher.yaml has for the code systems it lists.

Implements https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.copyright.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.source.translation import translations

if TYPE_CHECKING:
    from publisher.repository import Resource
    from publisher.topic import Publisher


def with_copyright(value_set: Resource, publisher: Publisher) -> Resource:
    """Return the value set with the notices of its code systems, unless it has a notice of its own."""
    listed = [include.get("system") for include in value_set.get("compose", {}).get("include", ())]
    systems = {one.uri: one.copyright for one in publisher.code_systems.values() if one.copyright}
    notices = [systems[one] for one in dict.fromkeys(listed) if one in systems]
    if "copyright" in value_set or not notices:
        return value_set
    texts = {language: " ".join(one[language] for one in notices) for language in publisher.languages}
    text = texts.pop(publisher.default_language)
    return {**value_set, "copyright": text, "_copyright": translations(texts)}
