"""Literals, and references to definitions, functions, operands and parameters; Message.

https://cql.hl7.org/04-logicalspecification.html#reusing-logic.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression import decimals
from publisher.expression.causes import Cause
from publisher.expression.compiler import (
    BUILDERS,
    Expr,
    NotSupportedError,
    constant,
    contextual,
    node,
    strict,
)
from publisher.expression.conversions import CONVERSIONS, to_date_time
from publisher.expression.evidence import traced
from publisher.expression.fhir_helpers import NATIVE, native
from publisher.expression.library_names import library_of
from publisher.expression.nodes.structure import as_property
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.specifiers import SYSTEM, local_name, may_be_choice, type_text
from publisher.expression.values import EvaluationError, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Function, Node, Overload, Scope
    from publisher.expression.decimals import Long
    from publisher.expression.evaluation import Evaluation


def _integer(text: str) -> int:
    value = decimals.integer(int(text))
    if value is None:
        raise EvaluationError(f"{text} is no Integer", "range")
    return value


def _long(text: str) -> Long:
    value = decimals.long(int(text.removesuffix("L")))
    if value is None:
        raise EvaluationError(f"{text} is no Long", "range")
    return value


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    digits = len(value.as_tuple().digits) - decimals.scale(value)
    if decimals.scale(value) > decimals.SCALE or digits > 28:  # noqa: PLR2004  the digits of a Decimal
        raise EvaluationError(f"{text} is no Decimal", "range")
    return value


LITERALS: dict[str, Callable[[str], Any]] = {
    "Boolean": lambda text: text == "true",
    "Integer": _integer,
    "Long": _long,
    "Decimal": _decimal,
    "String": str,
    "Date": CONVERSIONS["Date"],
    "Time": CONVERSIONS["Time"],
}


@node("Literal")
def literal(_scope: Scope, elm: Node) -> Expr:
    """Return a literal of a primitive System type."""
    name = local_name(elm["valueType"])
    if name == "DateTime":
        return contextual(lambda env, text: to_date_time(text, env.offset), [constant(elm.get("value", ""))])
    read = LITERALS.get(name)
    if read is None:
        raise NotSupportedError(f"a literal of {name} is not supported")
    return constant(read(elm.get("value", "")))


@node("Quantity")
def quantity(_scope: Scope, elm: Node) -> Expr:
    """Return a quantity literal."""
    return constant(_quantity(elm))


@node("Ratio")
def ratio(_scope: Scope, elm: Node) -> Expr:
    """Return a ratio literal."""
    return constant(Ratio(_quantity(elm["numerator"]), _quantity(elm["denominator"])))


def _quantity(elm: Node) -> Quantity:
    return Quantity(Decimal(str(elm["value"])), elm.get("unit") or "1")


@node("Null")
def null(_scope: Scope, _elm: Node) -> Expr:
    """Return null."""
    return constant(None)


@node("ExpressionRef")
def expression_ref(scope: Scope, elm: Node) -> Expr:
    """Return what a definition of this or an included library is."""
    library, name = library_of(scope, elm), elm["name"]
    if name not in library.definitions:
        raise NotSupportedError(f"library {library.id} defines no {name!r}")
    definition: Expr = library.definitions[name]
    return definition


@node("IdentifierRef")
def identifier_ref(scope: Scope, elm: Node) -> Expr:
    """Return what a name stands for: a name in scope, else an element of the item that a scope stands at."""
    name = elm["name"]
    if name in scope.slots:
        return slot_ref(scope, elm)
    if "$this" in scope.slots:
        return BUILDERS["Property"](scope, as_property(scope, elm))
    return expression_ref(scope, elm)


@node("FunctionRef")
def function_ref(scope: Scope, elm: Node) -> Expr:
    """Return a call of a native FHIRHelpers function, or of a function of this or an included library."""
    operands = scope.operands(elm)
    alias = elm.get("libraryName")
    if alias and alias in scope.library.includes and scope.library.includes[alias] is None:
        if NATIVE.get(elm["name"]) is unwrap and not may_be_choice(elm["operand"][0]):
            return operands[0]
        if elm["name"] in NATIVE:
            return strict(NATIVE[elm["name"]], operands)
        return contextual(native(elm["name"], elm.get("signature"), elm.get("operand", ())), operands)
    library = library_of(scope, elm)
    overloads = [each for each in library.functions.get(elm["name"], ()) if len(each.tests) == len(operands)]
    signature = tuple(type_text(each) for each in elm.get("signature", ()))
    exact = [each for each in overloads if each.signature == signature]
    if not overloads:
        raise NotSupportedError(f"no function {elm['name']} of {library.id} takes {len(operands)} operands")
    return _call(exact[:1] or overloads, operands, elm)


def _call(overloads: list[Overload], operands: list[Expr], elm: Node) -> Expr:
    """Return a call; between several functions of one name, the values of the operands choose."""
    if len(overloads) == 1 and len(operands) == 1:
        handed_on = elm["operand"][0].get("type") == "OperandRef"
        return _call_of_one(overloads[0], operands[0], lists=operands[0].fixed or handed_on)
    name = elm["name"]

    def chosen(values: list[Any]) -> Function:
        if len(overloads) == 1:
            return overloads[0].function()
        for each in overloads:
            if all(value is None or test(value) for value, test in zip(values, each.tests, strict=True)):
                return each.function()
        raise EvaluationError(f"no function {name} takes these operands", "type")

    def plain(env: Evaluation, frame: Frame) -> Any:
        inner = [each.plain(env, frame) for each in operands]
        return _run_plain(chosen(inner), env, inner)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        inner: list[Any] = [each.tracked(env, frame) for each in operands]
        return _run_tracked(chosen([each[0] for each in inner]), env, inner)

    return Expr(plain, tracked)


def _call_of_one(overload: Overload, operand: Expr, *, lists: bool) -> Expr:
    """Return a call of a function of one operand: what it is of one FHIR element is worked out once an evaluation.

    With `lists` so it is of a list, which is then mostly the same one. They are told by their identity, so what is
    kept holds on to them.
    """
    function = overload.function
    kept = (dict, list) if lists else (dict,)

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = operand.plain(env, frame)
        if type(value) not in kept:
            return _run_plain(function(), env, [value])
        key = (overload, id(value))
        known = env.called.get(key)
        if known is None:
            known = env.called[key] = (value, _run_plain(function(), env, [value]))
        return known[1]

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = operand.tracked(env, frame)
        value, mask, members = part
        if type(value) not in kept:
            return _run_tracked(function(), env, [part])
        key = (overload, id(value), mask, id(members))
        known = env.called.get(key)
        if known is None:
            known = env.called[key] = (part, _run_tracked(function(), env, [part]))
        result: Tracked = known[1]
        return result

    return Expr(plain, tracked)


def _run_plain(target: Function, env: Evaluation, inner: list[Any]) -> Any:
    inner.extend([None] * (target.frame - target.operands))
    env.enter()
    value = target.body.plain(env, inner)
    env.depth -= 1
    return value


def _run_tracked(target: Function, env: Evaluation, inner: list[Any]) -> Tracked:
    inner.extend([None] * (target.frame - target.operands))
    env.enter()
    value = target.body.tracked(env, inner)
    env.depth -= 1
    return value


@node("OperandRef", "AliasRef", "QueryLetRef")
def slot_ref(scope: Scope, elm: Node) -> Expr:
    """Return the value in the slot of an operand, alias or let."""
    slot = scope.slot(elm["name"])
    return Expr(lambda _env, frame: frame[slot], lambda _env, frame: frame[slot])


@node("ParameterRef")
def parameter_ref(scope: Scope, elm: Node) -> Expr:
    """Return the parameter that the caller gave, else its default, else null: not supplied."""
    library = library_of(scope, elm)
    name = elm["name"]
    definition = library.parameters.get(name)
    if definition is None:
        raise NotSupportedError(f"library {library.id} has no parameter {name!r}")
    default = scope.compile(definition["default"]) if "default" in definition else None
    typed = _parameter_type(definition)

    def plain(env: Evaluation, frame: Frame) -> Any:
        if name in env.parameters:
            return typed(env, env.parameters[name])
        return default.plain(env, frame) if default else None

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        if name in env.parameters:
            value = typed(env, env.parameters[name])
            return traced(env, value) if env.explains else (value, 0, None)
        if default:
            return default.tracked(env, frame)
        return None, env.causes.bit(Cause("not-supplied", name, reason="parameter-absent")), None

    return Expr(plain, tracked)


def _parameter_type(definition: Node) -> Callable[[Evaluation, Any], Any]:
    """Return how a value given as FHIR JSON becomes one of the parameter's declared System type."""
    specifier = definition.get("parameterTypeSpecifier") or definition.get("resultTypeSpecifier") or {}
    name = specifier.get("name") or definition.get("parameterType") or definition.get("resultTypeName") or ""
    if specifier.get("type") == "IntervalTypeSpecifier":
        read = native("ToInterval", None, ())
        return lambda env, value: read(env, value) if isinstance(value, dict) else value
    if specifier.get("type") == "ListTypeSpecifier" or not name.startswith(SYSTEM):
        return lambda _env, value: value
    convert = native(f"To{local_name(name)}", None, ()) if local_name(name) not in ("Any", "ValueSet") else None
    return lambda env, value: value if value is None or convert is None else convert(env, value)


@node("Message")
def message(scope: Scope, elm: Node) -> Expr:
    """Return the source; a message of severity Error whose condition is true ends the evaluation of its definition."""
    parts = [scope.compile(elm["source"])]
    parts += [scope.optional(elm, name) for name in ("condition", "code", "severity", "message")]

    def say(env: Evaluation, source: Any, *words: Any) -> Any:
        condition, code, severity, text = words
        if condition is not True and "condition" in elm:
            return source
        kind = severity or "Message"
        if kind == "Error":
            raise EvaluationError(f"{code}: {text}" if code else str(text), "message")
        if len(env.messages) < env.limits.depth:
            env.messages.append((kind, code, text))
        return source

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        first, *others = [each.tracked(env, frame) for each in parts]
        say(env, first[0], *(each[0] for each in others))
        return first

    return Expr(contextual(say, parts, nulls=True).plain, tracked)
