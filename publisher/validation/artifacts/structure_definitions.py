"""Check StructureDefinitions: differentials on elements that there are, bindings on coded ones, readable invariants.

Implements https://hl7.org/fhir/R4/profiling.html and https://hl7.org/fhir/R4/elementdefinition.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.r4.definitions import children, kind_of
from publisher.validation.artifacts.expressions import unreadable
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.validation.knowledge import Knowledge

_CODED = ("code", "Coding", "CodeableConcept", "string", "uri", "url", "canonical", "Quantity")
_BINDABLE = frozenset((*_CODED, "Age", "Count", "Distance", "Duration", "Money", "MoneyQuantity", "SimpleQuantity"))


def differential_is_on_type(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check the elements of a profile's differential."""
    kind, differential = text(node.value, "type"), node.value.get("differential")
    is_profile = node.value.get("derivation") == "constraint" and kind is not None and kind_of(kind) is not None
    if not isinstance(differential, dict) or not is_profile:
        return
    for index, row in items(differential, "element"):
        path, place = text(row, "path"), (node.at("differential"), ".element", index)
        if path is None:
            continue
        if "." not in path:
            if path != kind:
                yield "differential-path", (place, ".path"), f"{shown(path)} is not {kind}; a profile stays on its type"
            elif "slicing" in row:
                yield "differential-slicing-root", (place, ".slicing"), "slices the whole resource; slice an element"
        elif path.partition(".")[0] != kind or not types_at(path):
            yield "differential-path", (place, ".path"), f"{shown(path)} is no element of {kind}; correct it"
        elif "binding" in row:
            yield from _binding(row, path, place)


def _binding(row: dict[str, object], path: str, place: object) -> Iterator[Finding]:
    own = {text(one, "code") for _, one in items(row, "type")}
    codes = own or set(types_at(path).values())
    if codes and not codes & _BINDABLE:
        named = ", ".join(sorted(str(code) for code in codes))
        yield "differential-binding", (place, ".binding"), f"binds {named}, which has no code; take the binding out"


def kind_is_of_base(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a profile on a type of R4 is of that type's kind."""
    kind, name = text(node.value, "kind"), text(node.value, "type")
    if node.value.get("derivation") == "constraint" and kind is not None and name is not None:
        expected = kind_of(name)
        if expected is not None and kind != expected:
            yield "structure-kind", node.at("kind"), f"is {kind}, but {name} is of the kind {expected}; write that"


def slice_is_of_slicing(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that a snapshot says how an element is sliced before its slices; extensions are sliced by url."""
    sliced: set[str] = set()
    for index, row in items(node.value.get("snapshot"), "element"):
        path, name = text(row, "path") or "", text(row, "sliceName")
        if "slicing" in row:
            sliced.add(path)
        elif name is not None and path not in sliced and not path.endswith(("xtension", "[x]")):
            place = (node.at("snapshot"), ".element", index)
            yield "slicing-missing", place, f"is the slice {shown(name)} of {path}, which is not sliced; add slicing"


def binding_is_to_value_set(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that what an element is bound to is no code system."""
    canonical = text(node.value, "valueSet")
    if canonical is not None and "CodeSystem" in canonical and knowledge.code_system(canonical) is not None:
        sentence = f"{shown(canonical)} is a code system; name a value set of its codes"
        yield "binding-code-system", node.at("valueSet"), sentence


def constraint_can_be_read(node: Node, _: Knowledge) -> Iterator[Finding]:
    """Check that the expression of an invariant is FHIRPath."""
    yield from unreadable(node, "constraint-unreadable")


def types_at(path: str) -> dict[str, str]:
    """Return where the children of the element at a path are defined, with the type of each; a choice has several."""
    name, *steps = path.replace("[x]", "").split(".")
    found = {name: name}
    for step in steps:
        listed = [child for content in found for child in children(content).values()]
        found = {one.content: one.type.code for one in listed if step in (one.key, one.element.name)}
    return found
