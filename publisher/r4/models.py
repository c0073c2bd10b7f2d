"""The second opinion: the R4B models of fhir.resources, and a typed view of a resource.

fhir.resources has no models of R4 4.0.1; for the types of knowledge artifacts those of R4B 4.3.0 have the same
elements. They are no validator: they accept codes outside a required binding, wrong reference targets and scripts in
a narrative. https://pypi.org/project/fhir.resources/
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.r4.codec import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

Resource = dict[str, Any]


def model_of(resource: Resource) -> Any:
    """Return `resource` as an instance of its model; raises ValueError, with `errors()`, where it does not fit."""
    kind = str(resource["resourceType"])
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    return model.model_validate_json(dumps(resource))


def round_trip_issues(resource: Resource) -> Iterator[Issue]:
    """Yield what the models object to, or that a resource does not come back as it went in."""
    try:
        returned = json.loads(model_of(resource).model_dump_json(exclude_none=True), parse_float=str)
    except ValueError as refusal:
        for each in refusal.errors():  # type: ignore[attr-defined]  # the models raise a subclass that has it
            where = ".".join(str(part) for part in each["loc"])
            yield Issue.error("structure", "model-refusal", f"The R4B model refuses {where}: {each['msg']}.")
        return
    if returned != json.loads(dumps(resource), parse_float=str):
        kind, identity = resource["resourceType"], resource.get("id")
        message = f"{kind}/{identity} comes back changed from its R4B model."
        yield Issue.error("structure", "model-round-trip", message)
