"""Vademecum: condition guidance as FHIR R4 knowledge artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from publisher.issue import Report

__version__ = "0.1.0"


def validate(resource: dict[str, Any] | bytes | str, **options: Any) -> Report:
    """Return what is wrong with any R4 resource; the options are those of publisher.validation.validator.validate."""
    from publisher.validation.validator import validate as validated

    return validated(resource, **options)
