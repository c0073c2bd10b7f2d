"""Static types in ELM, and the tests of values against them.

https://cql.hl7.org/04-logicalspecification.html#type-specifiers. FHIR elements are JSON: a resource tells its type, a
choice element carries the one its name told, any other element is what its path says.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from publisher.expression.decimals import Long
from publisher.expression.interval import Interval
from publisher.expression.points import type_of
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Choice, Code, CodeSystem, Concept, ValueSet, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

Node = dict[str, Any]
Test = "Callable[[Any], bool]"

FHIR = "{http://hl7.org/fhir}"
SYSTEM = "{urn:hl7-org:elm-types:r1}"

SYSTEM_TYPES: dict[str, tuple[type, ...]] = {
    "Boolean": (bool,),
    "Integer": (int,),
    "Long": (Long,),
    "Decimal": (Decimal,),
    "String": (str,),
    "Code": (Code,),
    "Concept": (Concept,),
    "Quantity": (Quantity,),
    "Ratio": (Ratio,),
    "Date": (Date,),
    "DateTime": (DateTime,),
    "Time": (Time,),
    "ValueSet": (ValueSet,),
    "CodeSystem": (CodeSystem,),
    "Vocabulary": (ValueSet, CodeSystem),
}
# FHIR types and those that they specialise, where an element may be asked for by either.
_FHIR_PARENTS = {
    **dict.fromkeys(("Age", "Count", "Distance", "Duration", "MoneyQuantity", "SimpleQuantity"), "Quantity"),
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("canonical", "oid", "url", "uuid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
}
# Types of the model that are another type with fewer elements, and written as that in JSON.
_PROFILED = {"SimpleQuantity": "Quantity", "MoneyQuantity": "Quantity"}
_FHIR_ROOTS = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})


# The types that an element `name[x]` may have: https://hl7.org/fhir/R4/datatypes.html#open.
CHOICES = (
    *(
        "Address",
        "Age",
        "Annotation",
        "Attachment",
        "base64Binary",
        "boolean",
        "canonical",
        "code",
        "CodeableConcept",
    ),
    *(
        "Coding",
        "ContactPoint",
        "Count",
        "date",
        "dateTime",
        "decimal",
        "Distance",
        "Dosage",
        "Duration",
        "Expression",
    ),
    *("HumanName", "id", "Identifier", "instant", "integer", "markdown", "Meta", "Money", "oid", "Period"),
    *(
        "positiveInt",
        "Quantity",
        "Range",
        "Ratio",
        "Reference",
        "SampledData",
        "Signature",
        "string",
        "time",
        "Timing",
    ),
    *("TriggerDefinition", "unsignedInt", "uri", "url", "uuid"),
)


def local_name(name: str) -> str:
    """Return a qualified type name without its namespace."""
    return name.rpartition("}")[2]


def specifier_of(elm: Node) -> Node:
    """Return the type specifier of a node's static type; {} where it says none."""
    specifier = elm.get("resultTypeSpecifier") or elm.get("asTypeSpecifier")
    if specifier:
        return dict(specifier)
    name = elm.get("resultTypeName") or elm.get("asType")
    return {"type": "NamedTypeSpecifier", "name": name} if name else {}


def type_name(elm: Node) -> str:
    """Return the qualified name of a node's static type, or ''."""
    return str(specifier_of(elm).get("name", ""))


def choice_types(elm: Node) -> tuple[str, ...]:
    """Return the FHIR types of a node whose static type is a choice; () for any other."""
    specifier = specifier_of(elm)
    if specifier.get("type") != "ChoiceTypeSpecifier":
        return ()
    names = (each.get("name", "") for each in specifier.get("choice", ()))
    types = (local_name(name) for name in names if name.startswith(FHIR))
    return tuple(dict.fromkeys(_PROFILED.get(name, name) for name in types))


def may_be_choice(elm: Node) -> bool:
    """Return whether the value of a node may be a choice element; an element of one type never is."""
    return elm.get("type") != "Property" or not type_name(elm) or "." in elm["path"]


def is_list_type(elm: Node) -> bool:
    """Return whether a node's static type is a list."""
    return specifier_of(elm).get("type") == "ListTypeSpecifier" or elm.get("type") in ("List", "Retrieve")


def is_interval_type(elm: Node) -> bool:
    """Return whether a node's static type is an interval."""
    return specifier_of(elm).get("type") == "IntervalTypeSpecifier" or elm.get("type") == "Interval"


def type_text(specifier: Any) -> str:
    """Return a type specifier as one text, by which signatures are compared."""
    if not isinstance(specifier, dict):
        return str(specifier)
    kind = specifier.get("type")
    if kind == "ListTypeSpecifier":
        return f"List<{type_text(specifier['elementType'])}>"
    if kind == "IntervalTypeSpecifier":
        return f"Interval<{type_text(specifier['pointType'])}>"
    if kind == "ChoiceTypeSpecifier":
        return f"Choice<{','.join(sorted(type_text(each) for each in specifier.get('choice', ())))}>"
    if kind == "TupleTypeSpecifier":
        names = {each["name"]: each.get("elementType", each.get("type")) for each in specifier["element"]}
        return f"Tuple<{','.join(f'{name}:{type_text(names[name])}' for name in sorted(names))}>"
    return str(specifier.get("name", ""))


def operand_specifier(operand: Node) -> Node:
    """Return the type specifier of a function's operand."""
    specifier = operand.get("operandTypeSpecifier")
    if specifier:
        return dict(specifier)
    return {"type": "NamedTypeSpecifier", "name": operand.get("operandType", "")}


def target_of(elm: Node, verb: str) -> Node:
    """Return the type that `as`, `is`, `to` or `can convert to` names."""
    specifier = elm.get(f"{verb}TypeSpecifier")
    if specifier:
        return dict(specifier)
    return {"type": "NamedTypeSpecifier", "name": elm.get(f"{verb}Type", "")}


def predicate_of(specifier: Node) -> Callable[[Any], bool]:
    """Return a predicate: whether a value that is not null is of the type."""
    kind = specifier.get("type")
    if kind == "ListTypeSpecifier":
        return _list_test(specifier)
    if kind == "IntervalTypeSpecifier":
        return _interval_test(specifier)
    if kind == "ChoiceTypeSpecifier":
        tests = [predicate_of(each) for each in specifier.get("choice", ())]
        return lambda value: any(test(value) for test in tests)
    if kind == "TupleTypeSpecifier":
        return lambda value: isinstance(unwrap(value), dict)
    name = specifier.get("name", "")
    return _system_test(local_name(name)) if name.startswith(SYSTEM) else _fhir_test(local_name(name))


def _list_test(specifier: Node) -> Callable[[Any], bool]:
    inner = predicate_of(specifier["elementType"])

    def test(value: Any) -> bool:
        value = unwrap(value)
        return isinstance(value, list) and all(item is None or inner(item) for item in value)

    return test


def _interval_test(specifier: Node) -> Callable[[Any], bool]:
    point = local_name(specifier["pointType"].get("name", ""))

    def test(value: Any) -> bool:
        if type(value) is not Interval:
            return False
        known = value.high if value.low is None else value.low
        return point == "Any" or (type_of(known) or value.type or point) in (point, "Any")

    return test


def _system_test(name: str) -> Callable[[Any], bool]:
    if name == "Any":
        return lambda _value: True
    types = SYSTEM_TYPES.get(name)
    if types is None:
        return lambda _value: False
    if name == "Integer":
        return lambda value: type(unwrap(value)) is int
    return lambda value: isinstance(unwrap(value), types)


def _fhir_test(name: str) -> Callable[[Any], bool]:
    name = _PROFILED.get(name, name)

    def test(value: Any) -> bool:
        if isinstance(value, Choice):
            return name in (value.type, _FHIR_PARENTS.get(value.type)) or name in _FHIR_ROOTS
        kind = value.get("resourceType") if isinstance(value, dict) else None
        if kind is not None:
            return kind == name or name in _FHIR_ROOTS
        return not isinstance(value, Interval | Quantity | Code | Concept | Date | DateTime | Time)

    return test
