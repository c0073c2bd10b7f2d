"""`$apply`, `$r5.apply` and `Library/$evaluate`: their requests go to the evaluator, its answers come back.

Implements https://hl7.org/fhir/R4/plandefinition-operation-apply.html,
https://hl7.org/fhir/R4/activitydefinition-operation-apply.html and
https://hl7.org/fhir/uv/cql/OperationDefinition-cql-library-evaluate.html; our own OperationDefinitions say what is
added.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from server.operations import Operation, OperationRequest, OperationResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.r4.written import Written
    from publisher.repository import Repository

_R4 = "http://hl7.org/fhir/OperationDefinition"
_CQL = "http://hl7.org/fhir/uv/cql/OperationDefinition"
# Type and code, the id of our definition of the operation, and the definition that stands in where ours is not held.
_OPERATIONS = (
    ("PlanDefinition", "apply", "plan-definition-apply", f"{_R4}/PlanDefinition-apply"),
    ("PlanDefinition", "r5.apply", "plan-definition-r5-apply", f"{_R4}/PlanDefinition-apply"),
    ("ActivityDefinition", "apply", "activity-definition-apply", f"{_R4}/ActivityDefinition-apply"),
    ("Library", "evaluate", "library-evaluate", f"{_CQL}/cql-library-evaluate"),
)


class Apply(Protocol):
    """The evaluator's side of the operations; it raises an IssueError where there is no answer."""

    def __call__(
        self, operation: str, artifact_id: str | None, inputs: Mapping[str, list[Any]], language: str, /
    ) -> Written:
        """Return what `operation` (`PlanDefinition/apply`) makes of an artifact, or of the one that `inputs` name."""


def apply_operations(apply: Apply, repository: Repository) -> list[Operation]:
    """Return the operations that hand their requests to `apply`."""
    return [
        Operation(
            code=code,
            resource_type=resource_type,
            definition=_definition(repository, definition_id, standard),
            handle=partial(_handle, apply, f"{resource_type}/{code}"),
        )
        for resource_type, code, definition_id, standard in _OPERATIONS
    ]


def _definition(repository: Repository, definition_id: str, standard: str) -> str:
    """Return the canonical of our definition of an operation, where it is held."""
    held = repository.get("OperationDefinition", definition_id)
    return str(held.canonical) if held else standard


def _handle(apply: Apply, operation: str, request: OperationRequest) -> OperationResult:
    result = apply(operation, request.resource_id, request.parameters, request.language)
    return OperationResult(result, log_fields={"inputs": len(request.parameters)})
