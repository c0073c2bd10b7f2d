"""Compile environment variables: what the data and the caller define, and the fixed ones of FHIR.

Implements https://hl7.org/fhirpath/N1/#environment-variables and https://hl7.org/fhir/R4/fhirpath.html#variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, constant
from publisher.expression.fhirpath.types import STRING

if TYPE_CHECKING:
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Variable

FIXED = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}
_CONTAINERS = ("resource", "rootResource")
_PREFIXES = {
    "vs-": "http://hl7.org/fhir/ValueSet/",
    "ext-": "http://hl7.org/fhir/StructureDefinition/",
}


def is_reserved(name: str) -> bool:
    """Return whether a name is one that an expression may not define."""
    return name in FIXED or name in _CONTAINERS or name == "context" or name.startswith(tuple(_PREFIXES))


def variable(scope: Scope, node: Variable) -> Expr:
    """Return the expression of a variable."""
    name = node.name
    if name in scope.variables:
        slot = scope.variables[name]
        return Expr(lambda env, _this: env.defined[slot], None, single=False)
    if name in FIXED:
        return constant(FIXED[name], STRING)
    if name == "context":
        return Expr(lambda env, _this: env.context, scope.root_type, single=True)
    for prefix, base in _PREFIXES.items():
        if name.startswith(prefix):
            return constant(base + name.removeprefix(prefix), STRING)
    return _container(scope, node) if name in _CONTAINERS else _given(scope, node)


def _container(scope: Scope, node: Variable) -> Expr:
    def run(env: Environment, _this: Any) -> Any:
        given = env.variables.get(node.name)
        if given:
            return given[0]
        found = env.context if env.context.__class__ is dict and "resourceType" in env.context else None
        if found is None:
            raise scope.refused(node, f"uses %{node.name}, which was not given; pass it as a variable")
        return found

    return Expr(run, "Resource", single=True)


def _given(scope: Scope, node: Variable) -> Expr:
    def run(env: Environment, _this: Any) -> Items:
        found = env.variables.get(node.name)
        if found is None:
            raise scope.refused(node, f"uses %{node.name}, which is not defined; pass it as a variable")
        return found

    return Expr(run, None, single=False)
