"""The read interaction.

Implements https://hl7.org/fhir/R4/http.html#read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.outcome import RefusalError

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from server.answer import Answer
    from server.site import Site


def read(site: Site, environ: WSGIEnvironment, resource_type: str, resource_id: str) -> Answer:
    """Return the resource of this type and id, whole: parts of it are not served."""
    require_type(resource_type)
    frozen = site.frozen.get((resource_type, resource_id))
    if frozen is None:
        site.refuse_withdrawn(resource_type, resource_id)
        raise RefusalError("resource-unknown", type=resource_type)
    return frozen.answer(environ)


def require_type(resource_type: str) -> None:
    """Refuse a name that is no resource type of R4."""
    from publisher.r4 import definitions  # at first use: reads are answered before it is there

    if not definitions.is_resource(resource_type):
        raise RefusalError("type-unknown")
