"""Tests, casts and conversions of types.

https://cql.hl7.org/09-b-cqlreference.html#type-operators-1.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from publisher.expression import quantity
from publisher.expression.compiler import (
    Expr,
    NotSupportedError,
    constant,
    contextual,
    depth,
    listed,
    node,
    operator_node,
    strict,
)
from publisher.expression.conversions import CONVERSIONS, to_concept, to_date_time, to_string
from publisher.expression.interval import Interval
from publisher.expression.nodes.structure import as_property, source_of
from publisher.expression.specifiers import FHIR, choice_types, local_name, predicate_of, target_of, type_text
from publisher.expression.values import Choice, EvaluationError, json_names, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation

    Plain = Callable[[Evaluation, Frame], Any]


@node("As")
def as_(scope: Scope, elm: Node) -> Expr:
    """Return the operand if it is of the type, else null; with `strict`, anything else is an error."""
    specifier = target_of(elm, "as")
    matches, demand = predicate_of(specifier), elm.get("strict", False)
    point = _point(specifier)

    def cast(value: Any) -> Any:
        if type(value) is Interval and point and value.low is None and value.high is None:
            value = replace(value, type=point)
        if matches(value):
            return value.value if isinstance(value, Choice) else value
        if demand:
            raise EvaluationError(f"a value is not of type {type_text(specifier)}", "type")
        return None

    (operand,) = scope.operands(elm)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        value = None if part[0] is None else cast(part[0])
        return value, part[1], part[2] if value is part[0] else None

    plain = strict(cast, [operand]).plain
    read = _choice_read(scope, elm["operand"], specifier)
    return Expr(_chosen(read, plain, demand=demand) if read else plain, tracked)


def _choice_read(scope: Scope, elm: Node, specifier: Node) -> tuple[Plain, str, list[tuple[str, bool]]] | None:
    """Return the source of a choice element, its name, and of each of its names in JSON whether it is of a FHIR type.

    None where a type cannot be told by the name alone.
    """
    elm, choices = as_property(scope, elm), choice_types(elm)
    if elm.get("type") != "Property" or not choices or "." in elm["path"]:
        return None
    if specifier.get("type") != "NamedTypeSpecifier" or not str(specifier.get("name")).startswith(FHIR):
        return None
    matches = predicate_of(specifier)
    names = [(name, matches(Choice(kind, None))) for name, kind in json_names(elm["path"], choices)]
    return source_of(scope, elm).plain, elm["path"], names


def _chosen(read: tuple[Plain, str, list[tuple[str, bool]]], other: Plain, *, demand: bool) -> Plain:
    """Return a cast of a choice element by its name in JSON; `other` is the same for anything else."""
    source, path, names = read

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = source(env, frame)
        if type(value) is not dict or path in value:
            return other(env, frame)
        for name, fits in names:
            found = value.get(name)
            if found is not None:
                if fits:
                    return found
                return other(env, frame) if demand else None
        return None

    return plain


def _point(specifier: Node) -> str | None:
    """Return the point type of an interval type, which a cast gives to an interval that could not tell its own."""
    if specifier.get("type") != "IntervalTypeSpecifier":
        return None
    return local_name(specifier["pointType"].get("name", "")) or None


@node("Is")
def is_(scope: Scope, elm: Node) -> Expr:
    """Return whether the operand is of the type; null is of none."""
    specifier = target_of(elm, "is")
    matches = predicate_of(specifier)
    test = strict(lambda value: value is not None and matches(value), scope.operands(elm), nulls=True)
    read = _choice_read(scope, elm["operand"], specifier)
    if read is None:
        return test
    cast = _chosen(read, scope.compile({**elm, "type": "As", "asTypeSpecifier": specifier}).plain, demand=False)
    return Expr(lambda env, frame: cast(env, frame) is not None, test.tracked)


@node("Convert")
def convert(scope: Scope, elm: Node) -> Expr:
    """Return the operand converted to a type; null where it cannot be."""
    specifier = target_of(elm, "to")
    name = local_name(specifier.get("name", ""))
    if name == "DateTime":
        return contextual(lambda env, value: to_date_time(value, env.offset), scope.operands(elm))
    if name in CONVERSIONS:
        return strict(CONVERSIONS[name], scope.operands(elm))
    matches = predicate_of(specifier)
    return strict(lambda value: value if matches(value) else None, scope.operands(elm))


@node("CanConvert")
def can_convert(scope: Scope, elm: Node) -> Expr:
    """Return whether the operand can be converted to a type."""
    return _convertible(scope, elm, local_name(target_of(elm, "to").get("name", "")))


def _convertible(scope: Scope, elm: Node, name: str) -> Expr:
    def test(env: Evaluation, value: Any) -> bool:
        try:
            return (to_date_time(value, env.offset) if name == "DateTime" else CONVERSIONS[name](value)) is not None
        except EvaluationError:
            return False

    if name != "DateTime" and name not in CONVERSIONS:
        raise NotSupportedError(f"a conversion to {name} is not supported")
    return contextual(test, scope.operands(elm))


def _conversion_test(name: str) -> Callable[[Scope, Node], Expr]:
    return lambda scope, elm: _convertible(scope, elm, name)


for _name, _function in CONVERSIONS.items():
    if _name not in ("Concept", "Code"):
        operator_node(f"To{_name}", _function)
        node(f"ConvertsTo{_name}")(_conversion_test(_name))
node("ConvertsToDateTime")(_conversion_test("DateTime"))
operator_node("ToDateTime", lambda env, value: to_date_time(value, env.offset), context=True)
operator_node("ToConcept", to_concept)
operator_node("ToChars", lambda value: list(to_string(value) or ""))
operator_node("ConvertQuantity", quantity.converted)
operator_node("CanConvertQuantity", lambda value, unit: quantity.converted(value, unit) is not None)


@node("ToList")
def to_list(scope: Scope, elm: Node) -> Expr:
    """Return a list of the one operand; of null, an empty list."""
    (operand,) = scope.operands(elm)
    if operand.known:
        return constant([] if operand.known[0] is None else [operand.known[0]])

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = operand.plain(env, frame)
        return [] if value is None else [value]

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        return ([], depth(part), None) if part[0] is None else listed([(0, part)], 0)

    return Expr(plain, tracked)


@node("Children", "Descendents")
def descendants(scope: Scope, elm: Node) -> Expr:
    """Return the elements below a value: the next level, or all."""
    deep = elm["type"] == "Descendents"

    def below(value: Any) -> list[Any]:
        value = unwrap(value)
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        flat = [item for each in inner for item in (each if isinstance(each, list) else [each])]
        return [found for item in flat for found in (item, *(below(item) if deep else ()))]

    return strict(below, [scope.compile(elm["source"])])
