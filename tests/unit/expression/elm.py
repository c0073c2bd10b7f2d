"""ELM written by hand, for tests that need no translator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Library
from publisher.expression.limits import DEFAULT, Limits
from publisher.expression.terminology import Terminology

if TYPE_CHECKING:
    from publisher.expression.definition import Outcome

Node = dict[str, Any]

SYSTEM = "{urn:hl7-org:elm-types:r1}"
FHIR = "{http://hl7.org/fhir}"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
NULL: Node = {"type": "Null"}


def lit(value: Any) -> Node:
    """Return a literal; a text with a point is a Decimal where it is one of digits."""
    if isinstance(value, bool):
        return {"type": "Literal", "valueType": f"{SYSTEM}Boolean", "value": str(value).lower()}
    if isinstance(value, int):
        return {"type": "Literal", "valueType": f"{SYSTEM}Integer", "value": str(value)}
    return {"type": "Literal", "valueType": f"{SYSTEM}String", "value": value}


def dec(text: str) -> Node:
    return {"type": "Literal", "valueType": f"{SYSTEM}Decimal", "value": text}


def op(kind: str, *operands: Node, **members: Any) -> Node:
    return {"type": kind, "operand": operands[0] if len(operands) == 1 else list(operands), **members}


def items(*elements: Node) -> Node:
    return {"type": "List", "element": list(elements)}


def retrieve(kind: str, **members: Any) -> Node:
    specifier = {
        "type": "ListTypeSpecifier",
        "elementType": {"type": "NamedTypeSpecifier", "name": FHIR + kind},
    }
    return {"type": "Retrieve", "dataType": FHIR + kind, "resultTypeSpecifier": specifier, **members}


def prop(path: str, alias: str, **members: Any) -> Node:
    return {"type": "Property", "path": path, "scope": alias, **members}


def query(source: Node, alias: str = "X", **clauses: Any) -> Node:
    return {"type": "Query", "source": [{"alias": alias, "expression": source}], **clauses}


def returning(expression: Node) -> Node:
    return {"expression": expression, "distinct": False}


def library(definitions: dict[str, Node], **sections: Any) -> Library:
    statements = [{"name": name, "expression": each} for name, each in definitions.items()]
    functions = sections.pop("functions", [])
    includes = sections.pop("linked", None)
    elm = {
        "identifier": {"id": sections.pop("id", "Test")},
        "statements": {"def": [*statements, *functions]},
        **{name: {"def": each} for name, each in sections.items()},
    }
    return Library(elm, includes)


def evaluation(
    context: DataContext | None = None,
    resolve: Any = lambda _canonical: None,
    limits: Limits = DEFAULT,
    **parameters: Any,
) -> Evaluation:
    return Evaluation(
        context or DataContext(closed=True),
        Terminology(resolve),
        parameters=parameters,
        now=NOW,
        limits=limits,
    )


def outcome(elm: Node, context: DataContext | None = None, **settings: Any) -> Outcome:
    """Return the outcome of one expression."""
    return library({"it": elm}).evaluate("it", evaluation(context, **settings))


def value(elm: Node, context: DataContext | None = None) -> Any:
    """Return the value of one expression, the same plain and tracked."""
    tested = library({"it": elm})
    plain = tested.evaluate("it", evaluation(context), tracked=False)
    tracked = tested.evaluate("it", evaluation(context), tracked=True)
    assert (plain.value, plain.error) == (tracked.value, tracked.error)
    assert plain.error is None, plain.error
    return plain.value


def error(elm: Node, **settings: Any) -> str:
    """Return the code of the error that an expression ends in."""
    found = outcome(elm, **settings)
    assert found.error, found
    return found.code or ""
