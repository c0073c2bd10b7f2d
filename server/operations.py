"""The operations framework: which operations there are, and what is passed to them.

Implements https://hl7.org/fhir/R4/operations.html.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.r4.codec import dumps
from server.answer import answer_with, pretty_printed
from server.body import has_body, object_in, read_body
from server.log import entry_of
from server.outcome import RefusalError
from server.request import asked
from server.rest.read import require_type
from server.turns import turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from wsgiref.types import WSGIEnvironment

    from publisher.r4.written import Written
    from publisher.repository import Resource
    from server.answer import Answer
    from server.request import Asked
    from server.site import Site

Values = dict[str, list[Any]]

# As the type of an operation: it is offered on every type.
EVERY_TYPE = "Resource"


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One call; `parameters` holds the inputs by name, in order, as plain values, resources or parts."""

    code: str
    resource_type: str | None
    resource_id: str | None
    parameters: Values
    language: str


@dataclass(frozen=True, slots=True)
class OperationResult:
    """The resource to answer with, and the counts or versions that the log may hold."""

    resource: Resource | Written
    status: int = 200
    language: str | None = None  # where it is not the one asked for
    log_fields: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation on one type, or on the system where `resource_type` is None."""

    code: str
    resource_type: str | None
    definition: str
    handle: Callable[[OperationRequest], OperationResult]
    on_type: bool = True
    on_instance: bool = True
    needs_evaluator: bool = True
    whole_body_parameter: str | None = None


def registry(operations: Iterable[Operation]) -> dict[tuple[str | None, str], Operation]:
    """Return `operations` by type and code."""
    return {(operation.resource_type, operation.code): operation for operation in operations}


def invoke(
    site: Site, environ: WSGIEnvironment, code: str, resource_type: str | None = None, resource_id: str | None = None
) -> Answer:
    """Return the answer of the operation `code` on the system, a type or a resource."""
    operation = _find(site, code, resource_type, resource_id)
    asking = asked(site.settings, environ)
    limit = site.settings.data_max_body if operation.needs_evaluator else site.settings.max_body
    body = read_body(environ, limit) if environ["REQUEST_METHOD"] == "POST" and has_body(environ) else b""
    with turn(body):
        inputs = _inputs(operation, asking, body, limit)
        result = operation.handle(OperationRequest(code, resource_type, resource_id, inputs, asking.language))
        answer = _answer(asking, result)
    entry_of(environ).fields.update(result.log_fields)
    return answer


def _find(site: Site, code: str, resource_type: str | None, resource_id: str | None) -> Operation:
    if resource_type is not None:
        require_type(resource_type)
    operation = site.operations.get((resource_type, code))
    if operation is None and resource_type is not None:
        operation = site.operations.get((EVERY_TYPE, code))
    is_offered = operation is not None and (
        resource_type is None or (operation.on_type if resource_id is None else operation.on_instance)
    )
    if operation is None or not is_offered:
        raise RefusalError("operation-unknown", base=site.settings.fhir_base)
    if operation.needs_evaluator and not site.settings.evaluator:
        raise RefusalError("evaluator-off")
    if resource_type and resource_id and (resource_type, resource_id) not in site.frozen:
        site.refuse_withdrawn(resource_type, resource_id)
        raise RefusalError("resource-unknown", type=resource_type)
    return operation


def _inputs(operation: Operation, asking: Asked, sent: bytes, limit: int) -> Values:
    """Return the inputs from the query string and, of a POST, from its Parameters: what stands in both, twice."""
    inputs: Values = {}
    for name, value in asking.parameters:
        inputs.setdefault(name, []).append(value)
    if not sent:
        return inputs
    body = object_in(sent, limit)
    if body.get("resourceType") == "Parameters":
        for name, found in plain(body.get("parameter", []), "Parameters.parameter").items():
            inputs.setdefault(name, []).extend(found)
        return inputs
    if operation.whole_body_parameter and "resourceType" in body:
        inputs.setdefault(operation.whole_body_parameter, []).append(body)
        return inputs
    raise RefusalError("operation-input", code=operation.code)


def plain(parameters: Any, path: str) -> Values:
    """Return the values of a list of Parameters.parameter by name, a `part` as a mapping of its own."""
    values: Values = {}
    if not isinstance(parameters, list):
        raise RefusalError("parameters-malformed", expression=path)
    for number, parameter in enumerate(parameters):
        where = f"{path}[{number}]"
        contents = list(_contents(parameter, where)) if isinstance(parameter, dict) else []
        if len(contents) != 1 or not isinstance(parameter.get("name"), str):
            raise RefusalError("parameters-malformed", expression=where)
        values.setdefault(parameter["name"], []).append(contents[0])
    return values


def _contents(parameter: dict[str, Any], path: str) -> Iterator[Any]:
    for key, value in parameter.items():
        if key == "part":
            yield plain(value, f"{path}.part")
        elif key == "resource" or key.startswith("value"):
            yield value


def _answer(asking: Asked, result: OperationResult) -> Answer:
    body = dumps(result.resource)
    body = pretty_printed(body) if asking.pretty else body
    headers = [("Content-Language", result.language or asking.language), ("Cache-Control", "no-store")]
    return answer_with(body, asking.content_type, headers, result.status)
