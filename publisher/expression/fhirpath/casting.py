"""Ask items for their type, let through those of a type, and tell what their type is.

Implements https://hl7.org/fhirpath/N1/#types and #reflection. A primitive passes `as` and `ofType` under its own type's
name only, as the R4 tests have it; `is` holds for the types it specialises too. The operator `as` takes several items,
as R4's own search parameters use it (`useContext.value as CodeableConcept`); the function `as()` refuses them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, empty, items, of_system, one
from publisher.expression.fhirpath.element import Element, bare, type_of
from publisher.expression.fhirpath.syntax import qualified_name
from publisher.expression.fhirpath.types import (
    BOOLEAN,
    Specifier,
    is_a,
    is_cast,
    is_open,
    is_primitive,
    named_type,
    specifier,
)
from publisher.r4 import definitions

if TYPE_CHECKING:
    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call, Node


def named(scope: Scope, node: Node, name: str) -> Specifier:
    """Return the type that a name in the expression means, or refuse it."""
    found = specifier(name)
    if found is None:
        raise scope.refused(node, f"names the type {name}, which FHIR R4 has not; correct the name")
    return found


def argument(scope: Scope, node: Call) -> Specifier:
    """Return the type that the argument of a function names."""
    name = qualified_name(node.arguments[0])
    if name is None:
        raise scope.refused(node.arguments[0], f"needs the name of a type in {node.name}(); write one")
    return named(scope, node.arguments[0], name)


def of_type(focus: Expr, wanted: Specifier) -> Expr:
    """Return the expression of the items of a type."""
    narrowed = focus.narrowed(wanted) if focus.narrowed else None
    if narrowed is not None:
        return narrowed
    if not is_open(focus.type):
        return focus if focus.type and is_cast(focus.type, wanted) else empty()
    if focus.single:
        return Expr(_checked(focus.run, wanted), _static(wanted), single=True)
    return _listed(focus, wanted)


def is_type(focus: Expr, wanted: Specifier, scope: Scope, node: Node) -> Expr:
    """Return the expression that tells whether the only item is of a type."""
    item, static = one(focus, scope, node), focus.type

    def run(env: Environment, this: Any) -> bool | None:
        found = item(env, this)
        if found is None:
            return None
        type_ = type_of(found) if is_open(static) else static
        return type_ is not None and is_a(type_, wanted)

    return of_system(run, BOOLEAN)


def as_type(focus: Expr, wanted: Specifier, scope: Scope, node: Node) -> Expr:
    """Return the expression of the only item where it is of a type."""
    if focus.single:
        return of_type(focus, wanted)
    found = Expr(one(focus, scope, node), focus.type, single=True)
    return of_type(found, wanted)


def info(type_: str | None) -> dict[str, str]:
    """Return what `type()` tells of an item."""
    space, _, name = named_type(type_ or "System.Any").rpartition(".")
    return {"namespace": space or "FHIR", "name": name}


def _static(wanted: Specifier) -> str | None:
    """Return the static type of items that passed, None where they must go on telling their type."""
    if wanted.fhir is None or wanted.system is not None or _has_subtypes(wanted):
        return None
    return wanted.fhir


def _has_subtypes(wanted: Specifier) -> bool:
    name = wanted.fhir or ""
    return not is_primitive(name) and name in _parents()


@cache
def _parents() -> frozenset[str]:
    return frozenset(parent for name in definitions.types() for parent in definitions.ancestors(name)[1:2])


def _passes(item: Any, wanted: Specifier) -> bool:
    type_ = type_of(item)
    return type_ is not None and is_cast(type_, wanted)


def _plain(item: Any, *, is_static: bool) -> Any:
    """Return an item as its static type has it: bare, but for a primitive with something beside its value."""
    if not is_static or item.__class__ is not Element or item.sibling:
        return item
    return bare(item)


def _checked(run: Run, wanted: Specifier) -> Run:
    is_static = _static(wanted) is not None

    def checked(env: Environment, this: Any) -> Any:
        item = run(env, this)
        return _plain(item, is_static=is_static) if item is not None and _passes(item, wanted) else None

    return checked


def _listed(focus: Expr, wanted: Specifier) -> Expr:
    found, static = items(focus), _static(wanted)
    if static is not None and focus.type is not None and not is_primitive(static):

        def resources(env: Environment, this: Any) -> Items:
            there = found(env, this)
            env.left -= len(there)
            if env.left < 0:
                env.refill()
            return [item for item in there if item.get("resourceType") == static]

        return Expr(resources, static, single=False)
    is_static = static is not None

    def run(env: Environment, this: Any) -> Items:
        there = env.sized(found(env, this))
        return [_plain(item, is_static=is_static) for item in there if _passes(item, wanted)]

    return Expr(run, static, single=False)
