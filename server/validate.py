"""`$validate` on every type: a resource that is sent, or one that is served, comes back as an OperationOutcome.

Implements https://hl7.org/fhir/R4/resource-operation-validate.html. Nothing is stored; the answer is 200 whatever is
found, as the operation did what it was asked.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from server.messages import FALLBACK
from server.operations import EVERY_TYPE, Operation, OperationRequest, OperationResult
from server.outcome import RefusalError

if TYPE_CHECKING:
    from publisher.issue import Report
    from publisher.repository import Repository, Resource

_DEFINITION = "http://hl7.org/fhir/OperationDefinition/Resource-validate"
MOST = 500
_MORE = f"Only the first {MOST} findings are told; correct them, and validate again for what is left."


def validate_operation(repository: Repository) -> Operation:
    """Return the operation that validates with the definitions of `repository` at hand."""

    def handle(request: OperationRequest) -> OperationResult:
        resource = _subject(request, repository)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(kind, str) and request.resource_type not in (None, kind):
            return _other_type(kind, request.language)
        report = _report(request, resource, repository)
        counts = {"issues": len(report), "errors": sum(issue.is_error for issue in report)}
        return OperationResult(report.to_operation_outcome(), language=FALLBACK, log_fields=counts)

    return Operation(
        code="validate",
        resource_type=EVERY_TYPE,
        definition=_DEFINITION,
        handle=handle,
        needs_evaluator=False,
        whole_body_parameter="resource",
    )


def _subject(request: OperationRequest, repository: Repository) -> Any:
    """Return the resource to validate: the one sent, else the one that the address names."""
    sent = request.parameters.get("resource", [])
    if len(sent) > 1:
        raise RefusalError("resource-repeated", code=request.code, count=len(sent))
    if sent:
        return sent[0]
    if request.resource_type and request.resource_id:
        served = repository.get(request.resource_type, request.resource_id)
        if served is not None:
            return served.resource
    raise RefusalError("operation-input", code=request.code)


def _other_type(kind: str, language: str) -> OperationResult:
    """Return that a resource was sent to the address of another type."""
    report = RefusalError("resource-type-other", type=kind).report.in_language(language)
    return OperationResult(report.to_operation_outcome(), log_fields={"issues": 1, "errors": 1})


def _report(request: OperationRequest, resource: Any, repository: Repository) -> Report:
    from publisher.issue import Issue, Report
    from publisher.validation.knowledge import Knowledge, Options
    from publisher.validation.validator import Validator

    profiles = tuple(str(one) for one in request.parameters.get("profile", ()))
    knowledge = Knowledge(Options(profiles=profiles, profiles_for_all=True, most=MOST), _definitions(repository))
    found = list(islice(Validator(knowledge).issues(resource), MOST))
    if len(found) == MOST:
        found.append(Issue.information("informational", "more-findings", _MORE))
    return Report(found)


def _definitions(repository: Repository) -> list[Resource]:
    return [artifact.resource for artifact in repository]
