"""Elements, lists, tuples and instances.

https://cql.hl7.org/04-logicalspecification.html#structured-values. A FHIR element absent from a record that was
supplied is null with a note that names it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from publisher.expression import interval
from publisher.expression.compiler import Expr, NotSupportedError, constant, depth, listed, node, uncertain
from publisher.expression.conversions import CONVERSIONS, to_date_time
from publisher.expression.interval import Interval
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.specifiers import (
    CHOICES,
    FHIR,
    SYSTEM,
    choice_types,
    is_list_type,
    local_name,
    specifier_of,
    type_name,
)
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import (
    Choice,
    Code,
    CodeSystem,
    Concept,
    EvaluationError,
    ValueSet,
    choice_element,
    codes_of,
    unwrap,
)
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation

    Plain = Callable[[Evaluation, Frame], Any]


@node("Property")
def property_(scope: Scope, elm: Node) -> Expr:
    """Return an element of the source; one absent from a record is null with a note that names it."""
    path = elm["path"]
    source = source_of(scope, elm)
    owner = "" if "scope" in elm else local_name(type_name(elm["source"]))
    # Without a static type, an element may be a choice of any type.
    choices = choice_types(elm) if specifier_of(elm) else CHOICES
    steps = [(name, choices) for name in path.split(".")]
    empty = is_list_type(elm)
    typed = _typed(type_name(elm))

    def read(env: Evaluation, value: Any) -> Any:
        for name, types in steps:
            value = element(value, name, types)
        if typed is not None and value is not None:
            return typed(env, value)
        return [] if value is None and empty else value

    def plain(env: Evaluation, frame: Frame) -> Any:
        return read(env, source.plain(env, frame))

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part = source.tracked(env, frame)
        if type(part[2]) is dict and path in part[2] and typed is None:
            return part[2][path]  # type: ignore[no-any-return]  # of a tuple
        mask = depth(part) if part[2] else part[1]
        found = part[0].get(path) if typed is None and type(part[0]) is dict else None
        if found:  # most elements: one step, there, and as it is
            return uncertain(env, found, mask)
        value = read(env, part[0])
        if part[0] is not None and (value is None or value == []) and not _holds(part[0], path):
            mask |= env.causes.absent(_resource_type(part[0]) or owner, _missing_part(part[0], steps))
        return uncertain(env, value, mask)

    simple = len(steps) == 1 and typed is None
    if simple and choices and not empty:
        return Expr(_choice_step(source.plain, path, choices), tracked)
    return Expr(_plain_path(scope, elm, source, empty=empty) if simple and not choices else plain, tracked)


def _missing_part(value: Any, steps: list[tuple[str, Any]]) -> str:
    """Return the path up to the first step that is not there: `birthDate.value` is missing where `birthDate` is."""
    names = []
    for name, types in steps:
        names.append(name)
        value = element(value, name, types)
        if value is None or value == []:
            break
    return ".".join(names)


def _holds(value: Any, path: str) -> bool:
    """Return whether a value has an element, be it null: so has a tuple of CQL, which is no record that lacks it."""
    return type(value) is dict and path in value


def as_property(scope: Scope, elm: Node) -> Node:
    """Return a name that stands for an element of the item that a scope is at as that Property; any other as it is."""
    if elm.get("type") != "IdentifierRef" or elm["name"] in scope.slots or "$this" not in scope.slots:
        return elm
    return {**elm, "type": "Property", "path": elm["name"], "scope": "$this"}


def source_of(scope: Scope, elm: Node) -> Expr:
    """Return what a Property is an element of."""
    if "scope" not in elm:
        return scope.compile(elm["source"])
    slot = scope.slot(elm["scope"])
    return Expr(lambda _env, frame: frame[slot], lambda _env, frame: frame[slot])


def _plain_path(scope: Scope, elm: Node, source: Expr, *, empty: bool) -> Plain:
    """Return the reading of elements that need no conversion, which is what most properties are."""
    slot, names = _path_of(scope, elm)
    start = (lambda _env, frame: frame[slot]) if slot is not None else source.plain
    names = names if slot is not None else (elm["path"],)
    if slot is None or len(names) > 1:
        return _long_path(start, names, empty=empty)
    name = names[0]

    def plain(_env: Evaluation, frame: Frame) -> Any:
        value = frame[slot]
        found = value.get(name) if type(value) is dict else element(value, name)
        return [] if found is None and empty else found

    return plain


def _long_path(start: Plain, names: tuple[str, ...], *, empty: bool) -> Plain:
    def plain(env: Evaluation, frame: Frame) -> Any:
        value = start(env, frame)
        for name in names:
            value = value.get(name) if type(value) is dict else element(value, name)
        return [] if value is None and empty else value

    return plain


def _path_of(scope: Scope, elm: Node) -> tuple[int | None, tuple[str, ...]]:
    """Return the slot that a chain of elements starts in and their names; None where it starts elsewhere."""
    names = [elm["path"]]
    while "scope" not in elm:
        elm = elm["source"]
        if elm.get("type") in ("OperandRef", "AliasRef", "QueryLetRef"):
            return scope.slot(elm["name"]), tuple(reversed(names))
        if not _is_single(elm):
            return None, ()
        names.append(elm["path"])
    return scope.slot(elm["scope"]), tuple(reversed(names))


def _is_single(elm: Node) -> bool:
    """Return whether a node is one element, neither a choice nor a list, that needs no conversion."""
    if elm.get("type") != "Property" or "." in elm["path"] or not specifier_of(elm):
        return False
    return not (choice_types(elm) or is_list_type(elm) or _typed(type_name(elm)))


def _choice_step(source: Plain, name: str, types: tuple[str, ...]) -> Plain:
    """Return the reading of one choice element."""

    def plain(env: Evaluation, frame: Frame) -> Any:
        value = unwrap(source(env, frame))
        if type(value) is not dict or name in value:
            return element(value, name, types)
        return choice_element(value, name, types)

    return plain


def _typed(name: str) -> Callable[[Evaluation, Any], Any] | None:
    """Return how the value of a FHIR primitive becomes one of a System type; None where they are the same."""
    if name == f"{SYSTEM}DateTime":
        return _date_time
    if name in (f"{SYSTEM}Date", f"{SYSTEM}Time", f"{SYSTEM}Decimal"):
        convert = CONVERSIONS[local_name(name)]
        return lambda _env, value: convert(value)
    return None


def _date_time(env: Evaluation, value: Any) -> DateTime | None:
    """Return a FHIR dateTime or instant as a DateTime, each text read once."""
    if type(value) is not str:
        return to_date_time(value, env.offset)
    if value not in env.times:
        env.times[value] = to_date_time(value, env.offset)
    return env.times[value]


def _resource_type(value: Any) -> str:
    value = unwrap(value)
    return str(value.get("resourceType", "")) if isinstance(value, dict) else ""


def element(value: Any, name: str, types: tuple[str, ...] = ()) -> Any:
    """Return element `name` of a FHIR element, tuple or System value; `.value` of a FHIR primitive is itself."""
    value = unwrap(value)
    if value is None:
        return None
    if isinstance(value, dict):
        return choice_element(value, name, types) if types and name not in value else value.get(name)
    if isinstance(value, str | bool | int | float | Decimal):
        return value if name == "value" else None
    if isinstance(value, list):
        raise EvaluationError(f"element {name!r} was asked of a list", "type")
    if type(value) is Interval:
        return _interval_part(value, name)
    found = getattr(value, name, None) if name in _PARTS else None
    return list(found) if isinstance(found, tuple) else found


# What the System types show of themselves as elements.
_PARTS = frozenset({
    "code", "system", "version", "display", "codes", "id", "name", "value", "unit", "numerator", "denominator",
    "year", "month", "day", "hour", "minute", "second", "millisecond",
})  # fmt: skip


def _interval_part(value: Interval, name: str) -> Any:
    if name in ("low", "high"):
        return getattr(value, name)
    if name in ("lowClosed", "highClosed"):
        return value.low_closed if name == "lowClosed" else value.high_closed
    return {"start": interval.start, "end": interval.end}[name](value) if name in ("start", "end") else None


@node("List")
def list_(scope: Scope, elm: Node) -> Expr:
    """Return a list of its elements."""
    parts = [scope.compile(each) for each in elm.get("element", ())]
    if all(each.known for each in parts):
        return constant([each.known[0] for each in parts if each.known])

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        return listed([(0, each.tracked(env, frame)) for each in parts], 0)

    return Expr(lambda env, frame: [each.plain(env, frame) for each in parts], tracked)


@node("Tuple", "Instance")
def tuple_(scope: Scope, elm: Node) -> Expr:
    """Return a tuple, or an instance of a FHIR or System type from its elements."""
    parts = [(each["name"], scope.compile(each["value"])) for each in elm.get("element", ())]
    build = _constructor(elm)

    def plain(env: Evaluation, frame: Frame) -> Any:
        return build({name: each.plain(env, frame) for name, each in parts})

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        values = {name: each.tracked(env, frame) for name, each in parts}
        mask = 0
        for value in values.values():
            mask |= depth(value)
        return build({name: value[0] for name, value in values.items()}), mask, None if elm.get("classType") else values

    return Expr(plain, tracked)


def _constructor(elm: Node) -> Callable[[dict[str, Any]], Any]:
    class_type = elm.get("classType", "")
    if not class_type:
        return lambda values: values
    if class_type.startswith(FHIR):
        kind = local_name(class_type)
        return partial(_fhir_instance, {"resourceType": kind} if definitions.is_resource(kind) else {})
    build = _SYSTEM_INSTANCES.get(local_name(class_type))
    if build is None:
        raise NotSupportedError(f"an instance of {local_name(class_type)} is not supported")
    return build


def _quantity(values: dict[str, Any]) -> Quantity | None:
    amount = values.get("value")
    return None if amount is None else Quantity(Decimal(amount), values.get("unit") or "1")


def _ratio(values: dict[str, Any]) -> Ratio | None:
    numerator, denominator = values.get("numerator"), values.get("denominator")
    return None if numerator is None or denominator is None else Ratio(numerator, denominator)


def _concept(values: dict[str, Any]) -> Concept:
    return Concept(codes_of(values.get("codes")), values.get("display"))


def _vocabulary(kind: type) -> Callable[[dict[str, Any]], Any]:
    return lambda values: kind(values.get("id"), values.get("version"), values.get("name"))


_SYSTEM_INSTANCES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "Code": lambda values: Code(**{"code": None, **values}),
    "Concept": _concept,
    "Quantity": _quantity,
    "Ratio": _ratio,
    "ValueSet": _vocabulary(ValueSet),
    "CodeSystem": _vocabulary(CodeSystem),
}


def _fhir_instance(typed: dict[str, str], values: dict[str, Any]) -> Any:
    """Return a resource with its type, or an element; a primitive holds only `value`, and is that value."""
    present = {name: value for name, value in values.items() if value is not None and value != []}
    if values.keys() == {"value"} and not typed:
        return _json(values["value"])
    return {**typed, **{_json_name(name, value): _json(unwrap(value)) for name, value in present.items()}}


def _json(value: Any) -> Any:
    """Return a time as FHIR writes it, with its offset; anything else is JSON already."""
    if isinstance(value, DateTime):
        return str(replace(value, assumed=False))
    return str(value) if isinstance(value, Date | Time) else value


def _json_name(name: str, value: Any) -> str:
    return name + value.type[0].upper() + value.type[1:] if isinstance(value, Choice) else name
