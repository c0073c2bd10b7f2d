"""Which search parameters are answered: R4's own, for what CRMI asks of a shareable repository.

Implements https://hl7.org/fhir/R4/searchparameter-registry.html and
https://hl7.org/fhir/uv/crmi/artifact-repository-service.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_DEFINITIONS = "http://hl7.org/fhir/SearchParameter"
ANSWERED = ("_id", "description", "identifier", "name", "status", "title", "url", "version")
MODIFIERS: dict[str, tuple[str, ...]] = {"string": ("exact", "contains"), "token": (), "uri": ()}


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter on one type, and the root element that it searches."""

    code: str
    kind: str
    definition: str

    @property
    def element(self) -> str:
        """Return the name of the root element that holds what is searched."""
        return self.code.removeprefix("_")


@cache
def search_parameters(resource_type: str) -> dict[str, SearchParameter]:
    """Return the parameters that can be searched on `resource_type`, by name."""
    found = {code: _defined(resource_type, code) for code in ANSWERED}
    return {code: one for code, one in found.items() if one}


def _defined(resource_type: str, code: str) -> SearchParameter | None:
    """Return a parameter that reads the root element of its own name, as R4 defines it for the type."""
    from publisher.r4 import definitions  # at first use: reads are answered before it is there

    if code == "_id":
        return SearchParameter(code, "token", f"{_DEFINITIONS}/Resource-id")
    for owner in (resource_type, "conformance"):
        one = definitions.search_parameter(f"{_DEFINITIONS}/{owner}-{code}")
        if one and one.type in MODIFIERS and f"{resource_type}.{code}" in (one.expression or "").split(" | "):
            return SearchParameter(code, one.type, one.url)
    return None
