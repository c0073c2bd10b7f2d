"""The capabilities interaction.

Implements https://hl7.org/fhir/R4/http.html#capabilities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.outcome import RefusalError

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from server.answer import Answer
    from server.rest.frozen import Frozen


def metadata(statement: Frozen, environ: WSGIEnvironment) -> Answer:
    """Return the CapabilityStatement; one of another FHIR version does not exist."""
    try:
        return statement.answer(environ, known=("mode",))
    except RefusalError as refusal:
        if refusal.rule == "fhir-version-not-supported":
            raise RefusalError(refusal.rule, status=404) from None
        raise
