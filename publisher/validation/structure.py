"""Check the structure of any R4 resource: names, shapes, cardinality, values, codes, links.

Implements https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/validation.html#correct (structure,
cardinality, value domains, coding bindings), driven by the definitions.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import is_resource, types
from publisher.validation.bindings import coded_problem
from publisher.validation.contained import Scope, check_contained
from publisher.validation.extension_use import check_extensions
from publisher.validation.findings import EnoughError, Findings, Path, nearest
from publisher.validation.narrative import narrative_problems
from publisher.validation.primitives import check_xhtml, shown
from publisher.validation.references import check_link, check_reference
from publisher.validation.shapes import OBJECT, PRIMITIVE, RESOURCE, Field, Shape, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.issue import Issue, Source

_EXTENSIONS = ("extension", "modifierExtension")


def structure_issues(
    resource: dict[str, Any],
    *,
    locate: Callable[[str], Source | None] | None = None,
    remarks: bool = False,
    most: int | None = None,
) -> Iterator[Issue]:
    """Yield what is wrong with the structure of a resource, in the order it stands.

    `locate` gives the source of an expression. `remarks` adds, as information, what the standard leaves
    open: codes outside extensible value sets, extensions without a known definition, pictures in styles. The look ends
    with the issue after `most`, where that is given.
    """
    walk = _Walk(Findings(locate, remarks=remarks, most=most))
    with suppress(EnoughError):
        walk.resource(resource, None, "")
    yield from walk.findings.issues


def narrative_issues(resource: dict[str, Any]) -> Iterator[Issue]:
    """Yield what is wrong with the narrative alone of a resource whose other elements are checked elsewhere."""
    walk = _Walk(Findings())
    walk.narrative_of(resource)
    yield from walk.findings.issues


class _Walk:
    """One pass over a resource; `scope` is what the resource being walked through shares with its parts."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.scope = Scope()

    def resource(self, value: Any, parent: Path | None, step: str, index: int | None = None) -> None:
        """Check a resource that stands alone, in a Bundle entry or in a parameter."""
        path = _place(parent, step, index)
        named = self._type_of(value, path)
        if named is None:
            return
        outer, self.scope = self.scope, Scope.of(value)
        root = (None, named.name) if parent is None else (parent, step, index, named.name)
        self._members(value, named, root)
        check_contained(value, self.scope, self.findings, root)
        self.scope = outer

    def narrative_of(self, resource: dict[str, Any]) -> None:
        """Check the narrative alone of a resource of R4, where its type has one."""
        self.scope, named = Scope.of(resource), shape(resource["resourceType"])
        field = named.fields.get("text")
        if field is not None:
            self._single(resource["text"], field, ((None, named.name), field.step))

    def _contained(self, value: Any, path: Path) -> None:
        named = self._type_of(value, path)
        if named is not None:
            ids, self.scope.element_ids = self.scope.element_ids, set()
            self._members(value, named, (*path, named.name))
            self.scope.element_ids = ids

    def _type_of(self, value: Any, path: Path) -> Shape | None:
        if not isinstance(value, dict):
            self._wrong_shape(value, path, "an object")
            return None
        name = value.get("resourceType")
        if not isinstance(name, str):
            path = path if path[0] else (None, "Resource")
            self.findings.add("resource-type-missing", path, "has no resourceType; name the type of the resource")
            return None
        if not is_resource(name):
            near = nearest(name, types("resource"))
            advice = f"did you mean {near}?" if near else "write one of R4's resource types"
            path = path if path[0] else (None, "Resource")
            sentence = f"has the resourceType {shown(name)}, which R4 does not have; {advice}"
            self.findings.add("resource-type-unknown", path, sentence)
            return None
        return shape(name)

    def _object(self, value: Any, field: Field, path: Path) -> None:
        if not isinstance(value, dict):
            self._wrong_shape(value, path, "an object")
            return
        if field.is_id_scope:
            outer, self.scope.element_ids = self.scope.element_ids, set()
            self._members(value, shape(field.content), path)
            self.scope.element_ids = outer
        else:
            self._members(value, shape(field.content), path)
        if not value or (len(value) == 1 and "id" in value):
            self._empty(path)
        if field.binding is not None and (field.binding.strength == "required" or self.findings.remarks):
            problem = coded_problem(value, field.binding)
            if problem:
                self.findings.add(problem[0], path, problem[1])
        if field.invariant is not None:
            for rule, name, sentence in field.invariant(value):
                self.findings.add(rule, (path, f".{name}") if name else path, sentence)
        if field.targets:
            check_reference(value, field.targets, path, self.scope, self.findings)
        if field.code != "Extension":
            self._extensions(value, field.contexts, path)

    def _members(self, value: dict[str, Any], expected: Shape, path: Path) -> None:
        """Check the members of an object against the shape of its type."""
        fields = expected.fields
        chosen: list[Field] = []
        for key, member in value.items():
            field = fields.get(key)
            if field is None:
                field = self._other_member(key, member, value, expected, path)
            elif field.is_list:
                self._list(member, value, field, path)
            else:
                self._single(member, field, (path, field.step))
            if field is not None and field.choice is not None:
                chosen.append(field)
        if len(chosen) > 1:
            self._choices(chosen, path)
        for name, keys in expected.required:
            if keys.isdisjoint(value):
                self.findings.add("element-missing", (path, f".{name}"), "is missing; add it")
        if expected.is_resource:
            self._extensions(value, expected.contexts, path)
        elif "id" in value:
            self._element_id(value["id"], path)

    def _choices(self, chosen: list[Field], path: Path) -> None:
        first: dict[str | None, str] = {}
        for field in chosen:
            other = first.setdefault(field.choice, field.key)
            if other != field.key:
                sentence = f"is given as {other} and as {field.key}; keep one of them"
                self.findings.add("choice-repeated", (path, f".{field.choice}"), sentence)

    def _empty(self, path: Path) -> None:
        self.findings.add("object-empty", path, "has neither value nor children; fill it or leave it out")

    def _single(self, member: Any, field: Field, path: Path) -> None:
        if field.is_forbidden:
            self.findings.add("element-forbidden", path, "may not be given here; take it out")
        elif member is None or isinstance(member, list):
            self._not_single(member, path)
        elif field.kind == PRIMITIVE:
            self._primitive(member, field, path)
        elif field.kind == OBJECT:
            self._object(member, field, path)
        elif field.kind == RESOURCE:
            self.resource(member, path[0], path[1])
        else:
            self._narrative(member, path)

    def _not_single(self, member: Any, path: Path) -> None:
        if member is None:
            self.findings.add("value-null", path, "is null; give a value or leave the element out")
        else:
            self.findings.add("array-unexpected", path, "is an array but may not repeat; take the brackets off")

    def _list(self, members: Any, value: dict[str, Any], field: Field, path: Path) -> None:
        step = field.step
        if not isinstance(members, list):
            self.findings.add("array-expected", (path, step), "may repeat, so it is an array; put it in brackets")
        elif not members:
            self.findings.add("array-empty", (path, step), "is an empty array; give an item or leave it out")
        elif field.kind == PRIMITIVE:
            self._primitives(members, value.get(f"_{field.key}"), field, path)
        else:
            for index, member in enumerate(members):
                place = (path, step, index)
                if member is None or isinstance(member, list):
                    self._not_single(member, place)
                elif field.kind == OBJECT:
                    self._object(member, field, place)
                elif field.key == "contained":
                    self._contained(member, place)
                else:
                    self.resource(member, path, step, index)

    def _primitives(self, members: list[Any], siblings: Any, field: Field, path: Path) -> None:
        beside = siblings if isinstance(siblings, list) else []
        for index, member in enumerate(members):
            place = (path, field.step, index)
            if member is not None:
                if isinstance(member, list):
                    self._not_single(member, place)
                else:
                    self._primitive(member, field, place)
            elif index >= len(beside) or not isinstance(beside[index], dict):
                self._not_single(None, place)

    def _primitive(self, member: Any, field: Field, path: Path) -> None:
        problem = field.check(member)
        if problem is not None:
            self.findings.add(problem[0], path, f"{shown(member)} {problem[1]}")
        elif field.is_link:
            check_link(member, field, path, self.scope, self.findings)

    def _narrative(self, member: Any, path: Path) -> None:
        problem = check_xhtml(member)
        if problem is not None:
            self.findings.add(problem[0], path, f"{shown(member)} {problem[1]}")
            return
        for rule, sentence in narrative_problems(member, self.scope.contained_types):
            if rule != "narrative-picture" or self.findings.remarks:
                self.findings.add(rule, path, sentence)

    def _other_member(self, key: str, member: Any, value: dict[str, Any], expected: Shape, path: Path) -> Field | None:
        """Check a member that is no field: the `_name` beside a primitive, or something unknown."""
        if key == "resourceType" and expected.is_resource:
            return None
        field = expected.fields.get(key[1:]) if key.startswith("_") else None
        if field is None:
            self._unknown(key, expected, path)
        elif field.kind != PRIMITIVE:
            sentence = f"has {key} beside it, which only primitives have; put its content in {field.key}"
            self.findings.add("sibling-unexpected", (path, field.step), sentence)
        elif field.is_list:
            self._siblings(member, value.get(field.key), field, path)
        elif not isinstance(member, dict):
            self._wrong_shape(member, (path, f".{key}"), "an object")
        else:
            self._sibling(member, field, (path, field.step), has_value=value.get(field.key) is not None)
        return field

    def _siblings(self, members: Any, values: Any, field: Field, path: Path) -> None:
        place = (path, f"._{field.key}")
        if not isinstance(members, list):
            self.findings.add("array-expected", place, "may repeat, so it is an array; put it in brackets")
            return
        if not members:
            self.findings.add("array-empty", place, "is an empty array; give an item or leave it out")
        if isinstance(values, list) and len(values) != len(members):
            sentence = f"is {len(members)} long, {field.key} {len(values)}; make them equal, null in the gaps"
            self.findings.add("sibling-length", place, sentence)
        for index, member in enumerate(members):
            if isinstance(member, dict):
                has_value = isinstance(values, list) and index < len(values) and values[index] is not None
                self._sibling(member, field, (path, field.step, index), has_value=has_value)
            elif member is not None:
                self._wrong_shape(member, (path, f"._{field.key}", index), "an object or null")
            elif not isinstance(values, list):
                self._not_single(None, (path, f"._{field.key}", index))

    def _sibling(self, member: dict[str, Any], field: Field, path: Path, *, has_value: bool) -> None:
        self._members(member, shape(field.code), path)
        if not member or (not has_value and "extension" not in member):
            self._empty(path)
        self._extensions(member, field.contexts, path)

    def _extensions(self, value: dict[str, Any], contexts: frozenset[str], path: Path) -> None:
        for key in _EXTENSIONS:
            if key in value:
                check_extensions(value[key], key, contexts, path, self.findings)

    def _unknown(self, key: str, expected: Shape, path: Path) -> None:
        fields = expected.fields
        same_choice = [f.key for f in fields.values() if f.choice and key.startswith(f.choice)]
        if same_choice:
            choice = fields[same_choice[0]].choice
            names = ", ".join(same_choice) if len(same_choice) < 20 else f"{choice} and its type"  # noqa: PLR2004
            sentence = f"is not a form of {choice}[x]; write {names}"
            self.findings.add("choice-type", (path, f".{key}"), sentence)
            return
        near = nearest(key, fields)
        advice = f"did you mean {near}?" if near else "take it out"
        self.findings.add("element-unknown", (path, f".{key}"), f"is not defined for {expected.name}; {advice}")

    def _element_id(self, identity: Any, path: Path) -> None:
        if not isinstance(identity, str):
            return
        if identity in self.scope.element_ids:
            sentence = f"{shown(identity)} is the id of another element too; give each its own"
            self.findings.add("element-id-repeated", (path, ".id"), sentence)
        self.scope.element_ids.add(identity)
        if " " in identity:
            self.findings.add("value-invalid", (path, ".id"), f"{shown(identity)} holds a space; take it out")

    def _wrong_shape(self, value: Any, path: Path, wanted: str) -> None:
        kind = "an array" if isinstance(value, list) else "null" if value is None else f"the value {shown(value)}"
        place = path if path[0] or path[1] else (None, "Resource")
        self.findings.add("object-expected", place, f"is {kind}, not {wanted}; write the object in braces")


def _place(parent: Path | None, step: str, index: int | None) -> Path:
    return (parent, step) if index is None else (parent, step, index)
