"""One expression engine: values, data context, and ELM and FHIRPath compiled to closures."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.expression.definition import Outcome
    from publisher.expression.door import LoadedLibrary, load_library
    from publisher.expression.fhirpath import compile_fhirpath

__all__ = ["LoadedLibrary", "Outcome", "compile_fhirpath", "load_library"]

# What is exported, and the module it is read from when first asked for.
_DOORS = {
    "LoadedLibrary": "publisher.expression.door",
    "Outcome": "publisher.expression.library",
    "compile_fhirpath": "publisher.expression.fhirpath",
    "load_library": "publisher.expression.door",
}


def __getattr__(name: str) -> Any:
    """Import a door when it is first used, so that one engine does not cost the start of the other."""
    if name not in _DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_DOORS[name]), name)
