"""What a definition came to as the parameters of a FHIR Parameters resource.

https://hl7.org/fhir/uv/cql/using-cql.html#returning-cql-values-as-parameters: a list is a parameter for each item, a
tuple has parts; an absent value and an empty list stand as extensions on a value that is not there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from publisher.expression.interval import Interval, end, start
from publisher.expression.json_values import as_json
from publisher.expression.quantity import Quantity, Ratio
from publisher.expression.specifiers import FHIR, SYSTEM, local_name, type_text
from publisher.expression.temporal import Date, DateTime, Time
from publisher.expression.values import Choice, Code, CodeSystem, Concept, ValueSet
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Mapping

Resource = dict[str, Any]

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
EMPTY_LIST = "http://hl7.org/fhir/StructureDefinition/cqf-isEmptyList"
EMPTY_TUPLE = "http://hl7.org/fhir/StructureDefinition/cqf-isEmptyTuple"
CQL_TYPE = "http://hl7.org/fhir/StructureDefinition/cqf-cqlType"

_DATE_TIME = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")
_SYSTEM_TYPES: Mapping[type, str] = {
    bool: "Boolean", int: "Integer", Date: "Date", DateTime: "DateTime", Time: "Time", Quantity: "Quantity",
    Ratio: "Ratio", Code: "Coding", Concept: "CodeableConcept",
}  # fmt: skip


def parameters_for(name: str, value: Any, specifier: Resource) -> list[Resource]:
    """Return the parameters of a value under the name of its definition; `specifier` is the static type of that."""
    typed = _named(specifier)
    found = _parameters(name, value, specifier)
    return [{"extension": [{"url": CQL_TYPE, "valueString": typed}], **each} for each in found] if typed else found


def absent(name: str, reason: str) -> Resource:
    """Return the parameter of a definition without a value; `reason` is a code of data-absent-reason."""
    return {"name": name, "_valueBoolean": {"extension": [{"url": ABSENT, "valueCode": reason}]}}


def _parameters(name: str, value: Any, specifier: Resource) -> list[Resource]:
    if not isinstance(value, list | tuple):
        return [_parameter(name, value, specifier)]
    if not value:
        return [_marked(name, EMPTY_LIST)]
    inner = specifier.get("elementType", {})
    if any(isinstance(each, list | tuple) for each in value):
        return [{"name": name, "part": _parameters("element", each, inner)} for each in value]
    return [_parameter(name, each, inner) for each in value]


def _parameter(name: str, value: Any, specifier: Resource) -> Resource:
    """Return one parameter."""
    if value is None:
        return absent(name, "unknown")
    if isinstance(value, Choice):
        return _parameter(name, value.value, {"name": FHIR + value.type})
    if isinstance(value, Interval):
        return {"name": name, **_interval(value)}
    if isinstance(value, ValueSet | CodeSystem):
        return {"name": name, "valueCanonical": f"{value.id}|{value.version}" if value.version else str(value.id)}
    if isinstance(value, dict):
        return _element(name, value, specifier)
    return {"name": name, **_simple(value, specifier)}


def _simple(value: Any, specifier: Resource) -> Resource:
    """Return `value[x]` of a System value or of a FHIR primitive."""
    kind = _SYSTEM_TYPES.get(type(value), "Decimal" if isinstance(value, float) else "")
    plain = as_json(value)
    if not kind and not isinstance(value, str):
        return {"valueDecimal": plain}
    if kind == "DateTime" and not _DATE_TIME.fullmatch(plain):
        return {"valueString": plain}  # FHIR has no time without an offset, nor one to the hour
    if not kind:
        declared = local_name(str(specifier.get("name", "")))
        of_fhir = str(specifier.get("name", "")).startswith(FHIR) and _is_value(declared)
        kind = declared if of_fhir else "String"
    return {f"value{kind[0].upper()}{kind[1:]}": plain}


def _element(name: str, value: Resource, specifier: Resource) -> Resource:
    """Return a resource, a FHIR element of a type that a parameter can hold, or the parts of any other."""
    if "resourceType" in value:
        return {"name": name, "resource": as_json(value)}
    declared = str(specifier.get("name", ""))
    if declared.startswith(FHIR) and _is_value(local_name(declared)):
        kind = local_name(declared)
        return {"name": name, f"value{kind[0].upper()}{kind[1:]}": as_json(value)}
    types = {each["name"]: each.get("elementType") or each.get("type") for each in specifier.get("element", ())}
    parts = [part for key, each in value.items() for part in _parameters(key, each, _specifier(types.get(key)))]
    return {"name": name, "part": parts} if parts else _marked(name, EMPTY_TUPLE)


def _specifier(found: Any) -> Resource:
    return found if isinstance(found, dict) else {}


def _interval(value: Interval) -> Resource:
    """Return a Period or a Range where its points are of a type that those hold; any other as text."""
    low, high = start(value) if value.low is not None else None, end(value) if value.high is not None else None
    bounds = [each for each in (low, high) if each is not None]
    if bounds and all(isinstance(each, Date | DateTime) for each in bounds):
        texts = {key: as_json(each) for key, each in (("start", low), ("end", high)) if each is not None}
        if all(_DATE_TIME.fullmatch(each) for each in texts.values()):
            return {"valuePeriod": texts}
    if bounds and all(isinstance(each, Quantity) for each in bounds):
        return {"valueRange": {key: as_json(each) for key, each in (("low", low), ("high", high)) if each is not None}}
    ends = ["null" if each is None else str(as_json(each)) for each in (value.low, value.high)]
    return {"valueString": f"{'[('[not value.low_closed]}{ends[0]}, {ends[1]}{'])'[not value.high_closed]}"}


def _marked(name: str, url: str) -> Resource:
    return {"name": name, "_valueBoolean": {"extension": [{"url": url, "valueBoolean": True}]}}


def _is_value(kind: str) -> bool:
    return f"value{kind[:1].upper()}{kind[1:]}" in definitions.children("Parameters.parameter")


def _named(specifier: Resource) -> str:
    """Return a static type as CQL writes it (`List<FHIR.Observation>`)."""
    return type_text(specifier).replace(FHIR, "FHIR.").replace(SYSTEM, "System.")
