"""Names of types: what a specifier such as `FHIR.Quantity` means, and which types an item of a type is.

Implements https://hl7.org/fhirpath/N1/#models and https://hl7.org/fhir/R4/fhirpath.html#types. A FHIR type is written
as its name, a backbone element as its path, a System type with `System.` before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from publisher.r4 import definitions

_MOST_KEPT = 8192

SYSTEM = "System."
BOOLEAN, STRING, INTEGER, LONG = "System.Boolean", "System.String", "System.Integer", "System.Long"
DECIMAL, QUANTITY = "System.Decimal", "System.Quantity"
DATE, DATE_TIME, TIME = "System.Date", "System.DateTime", "System.Time"
_SYSTEM_TYPES = (BOOLEAN, STRING, INTEGER, LONG, DECIMAL, QUANTITY, DATE, DATE_TIME, TIME, "System.Any")
_ABSTRACT_RESOURCES = ("Resource", "DomainResource")
_STRING_TYPES = "string code id uri url canonical uuid oid markdown base64Binary xhtml"
_SYSTEM_OF = {
    **dict.fromkeys(_STRING_TYPES.split(), STRING),
    "boolean": BOOLEAN,
    **dict.fromkeys(("integer", "positiveInt", "unsignedInt"), INTEGER),
    "decimal": DECIMAL,
    "date": DATE,
    **dict.fromkeys(("dateTime", "instant"), DATE_TIME),
    "time": TIME,
}


@dataclass(frozen=True, slots=True)
class Specifier:
    """The FHIR type and the System type that a name in an expression may mean."""

    name: str
    fhir: str | None
    system: str | None


@cache
def known_types() -> frozenset[str]:
    """Return the names of all types of R4: a name from data is looked up only when it is one of them."""
    return frozenset(definitions.types())


@lru_cache(maxsize=_MOST_KEPT)
def specifier(name: str) -> Specifier | None:
    """Return what the name of a type means, None where it is no type of FHIR; any `System` name is one."""
    space, _, local = name.rpartition(".")
    system = SYSTEM + local if SYSTEM + local in _SYSTEM_TYPES else None
    fhir = local if local in known_types() else None
    if space == "System":
        return Specifier(name, None, system)
    if space not in ("", "FHIR") or (fhir is None and (space or system is None)):
        return None
    return Specifier(name, fhir, system if not space else None)


@lru_cache(maxsize=_MOST_KEPT)
def context_type(path: str) -> str | None:
    """Return the type of what stands at a type's name or an element's path, None for a choice of types.

    Raises LookupError for what R4 does not define.
    """
    name, *names = path.split(".")
    current: str | None = name if name in known_types() else None
    for each in names:
        child = definitions.children(current or "").get(each)
        if child is None and current is not None and definitions.element(f"{current}.{each}"):
            return None
        current = child.content if child else None
    if current is None:
        raise LookupError(path)
    return current


@lru_cache(maxsize=_MOST_KEPT)
def named_type(type_: str) -> str:
    """Return the name of the type of what is defined at a path, without the profiles R4 uses as types.

    A backbone element is a BackboneElement, a SimpleQuantity a Quantity.
    """
    if is_system(type_):
        return type_
    if "." in type_:
        element = definitions.element(type_)
        return element.types[0].code if element and element.types else "BackboneElement"
    definition = definitions.type_definition(type_) if type_ in known_types() else None
    return definition.constrains or type_ if definition else type_


@lru_cache(maxsize=_MOST_KEPT)
def is_subtype(type_: str, parent: str) -> bool:
    """Return whether every item of `type_` is a `parent` too."""
    if is_system(type_) or is_system(parent):
        return parent in (type_, "System.Any")
    return parent == type_ or parent in definitions.ancestors(type_ if "." not in type_ else named_type(type_))


@lru_cache(maxsize=_MOST_KEPT)
def is_a(type_: str, wanted: Specifier) -> bool:
    """Return whether an item of `type_` answers `is` with true."""
    name = wanted.system if is_system(type_) else wanted.fhir
    return name is not None and is_subtype(type_, name)


@lru_cache(maxsize=_MOST_KEPT)
def is_cast(type_: str, wanted: Specifier) -> bool:
    """Return whether `as` and `ofType` let an item of `type_` through: a primitive only under its own name."""
    if not is_system(type_) and definitions.is_primitive(type_) and wanted.fhir:
        return wanted.fhir in (type_, "Element")
    return is_a(type_, wanted)


def is_system(type_: str) -> bool:
    """Return whether a type is one of FHIRPath's own."""
    return type_.startswith(SYSTEM)


def is_open(type_: str | None) -> bool:
    """Return whether items of `type_` can be of types that are known only at run time."""
    return type_ is None or type_ in _ABSTRACT_RESOURCES


@lru_cache(maxsize=_MOST_KEPT)
def system_type(type_: str | None) -> str | None:
    """Return the System type that items of `type_` are converted to where an operator needs one."""
    if type_ is None or is_system(type_):
        return type_
    if is_subtype(type_, "Quantity"):
        return QUANTITY
    return _SYSTEM_OF.get(type_)


def is_primitive(type_: str) -> bool:
    """Return whether a type is a primitive type of FHIR."""
    return type_ in _SYSTEM_OF
