"""Tables of what each R4 type may hold, made once a type from the definitions, for the walk to look up.

Implements https://hl7.org/fhir/R4/json.html: the JSON names, arrays and types of elements.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from publisher.r4.definitions import ancestors, children, is_primitive, is_resource
from publisher.validation.bindings import code_check
from publisher.validation.data_types import CHECKS as DATA_TYPE_CHECKS
from publisher.validation.data_types import DataTypeCheck
from publisher.validation.primitives import CHECKS, Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.r4.elements import Binding, Child

PRIMITIVE, OBJECT, RESOURCE, XHTML = range(4)

_LINK_TYPES = ("canonical", "uri", "url")
_BOUND_TYPES = ("CodeableConcept", "Coding")
_BOUND_STRENGTHS = ("required", "extensible")
# An ElementDefinition's id names what it defines, in the snapshot and in the differential alike
_ID_SCOPES = ("StructureDefinition.snapshot", "StructureDefinition.differential")
# R5's interfaces that extensions name as contexts: metadata that canonical resources share
_CANONICAL_ELEMENTS = frozenset({"url", "status", "publisher"})
_CANONICAL_CONTEXTS = frozenset({"CanonicalResource", "MetadataResource"})


@dataclass(frozen=True, slots=True)
class Field:
    """One JSON name of a type: how its value looks and what else to check of it.

    `step` is the name in FHIRPath, `content` where children are defined, `choice` the name shared by the
    types of a choice, `binding` one to check codings against, `contexts` what an extension of it may name
    as its context; `is_id_scope` says that element ids inside are unique among themselves only,
    `invariant` is what the parts of the data type ask of each other.
    """

    key: str
    step: str
    kind: int
    is_list: bool
    is_forbidden: bool
    check: Check
    content: str
    code: str
    choice: str | None
    binding: Binding | None
    targets: frozenset[str]
    is_link: bool
    is_id_scope: bool
    invariant: DataTypeCheck | None
    contexts: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type or backbone element: its fields by JSON name, and which of them must be there.

    `required` pairs each needed element's FHIRPath name with the JSON names of which one is enough.
    """

    name: str
    fields: Mapping[str, Field]
    required: tuple[tuple[str, frozenset[str]], ...]
    contexts: frozenset[str]
    is_resource: bool


@cache
def shape(content: str) -> Shape:
    """Return the shape of a type, or of a backbone element by its path."""
    named = children(content)
    required: dict[str, set[str]] = {}
    for child in named.values():
        if child.element.min:
            required.setdefault(child.element.name, set()).update((child.key, f"_{child.key}"))
    return Shape(
        name=content,
        fields={key: _field(child) for key, child in named.items()},
        required=tuple((name, frozenset(keys)) for name, keys in required.items()),
        contexts=_type_contexts(content, frozenset(named)),
        is_resource=is_resource(content),
    )


def _field(child: Child) -> Field:
    element, code = child.element, child.type.code
    binding = element.binding
    is_bound = binding is not None and code in _BOUND_TYPES and binding.strength in _BOUND_STRENGTHS
    return Field(
        key=child.key,
        step=f".{element.name}.ofType({code})" if element.is_choice else f".{element.name}",
        kind=_kind(code),
        is_list=element.is_list,
        is_forbidden=element.max == "0",
        check=code_check(binding) if code == "code" else CHECKS.get(code, CHECKS["string"]),
        content=child.content,
        code=code,
        choice=element.name if element.is_choice else None,
        binding=binding if is_bound else None,
        targets=frozenset(child.type.targets),
        is_link=code in _LINK_TYPES or element.path == "Reference.reference",
        is_id_scope=element.path in _ID_SCOPES,
        invariant=DATA_TYPE_CHECKS.get(child.content),
        contexts=frozenset({element.path.removesuffix("[x]"), child.content, *ancestors(code), "Element"}),
    )


def _kind(code: str) -> int:
    if code == "xhtml":
        return XHTML
    if code == "Resource":
        return RESOURCE
    return PRIMITIVE if is_primitive(code) else OBJECT


def _type_contexts(content: str, keys: frozenset[str]) -> frozenset[str]:
    names = {content, *ancestors(content), "Element"}
    return frozenset(names | _CANONICAL_CONTEXTS if keys >= _CANONICAL_ELEMENTS else names)
