"""Check a resource or element against a profile's tree: cardinality, values, types, bindings, slices, invariants.

Implements https://hl7.org/fhir/R4/profiling.html and https://hl7.org/fhir/R4/elementdefinition.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.issue import IssueError
from publisher.r4.codec import dumps
from publisher.validation.nodes import Finding, items, text, texts
from publisher.validation.profiles.slicing import Asked, belongs, discriminators
from publisher.validation.profiles.tree import Tree, profile_tree
from publisher.validation.profiles.value_sets import allows
from publisher.validation.profiles.values import fits_pattern, is_fixed
from publisher.validation.references import referenced_type
from publisher.validation.shapes import Field, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.fhirpath import Services
    from publisher.validation.findings import Path
    from publisher.validation.knowledge import Knowledge

_DEEPEST = 24
_LONGEST = 120
_CODED = ("code", "Coding", "CodeableConcept", "string", "uri")
_STRENGTHS = {"required": "profile-code", "extensible": "profile-code-advised"}


@dataclass(frozen=True, slots=True)
class Member:
    """One value of an element: with its type, where its children are defined, and its place."""

    value: Any
    code: str
    content: str
    path: Path


class Checker:
    """Checks against profiles; `resource` and `root` are what expressions know as %resource and %rootResource."""

    def __init__(self, knowledge: Knowledge, services: Services, resource: Any, root: Any) -> None:
        self.knowledge = knowledge
        self.services = services
        self.variables = {"resource": resource, "rootResource": root}
        self._depth = 0

    def profile(self, canonical: str, member: Member) -> Iterator[Finding] | None:
        """Return the findings of a profile on a value, or None where the profile is not at hand."""
        tree = self.knowledge.remembered("profile", canonical, profile_tree)
        return None if tree is None else self._guarded(member, tree, canonical.partition("|")[0])

    def conforms(self, value: Any, canonical: str) -> bool | None:
        """Return whether a value meets a profile; None where the profile is not at hand."""
        code = str(value.get("resourceType", "Element")) if isinstance(value, dict) else "Element"
        found = self.profile(canonical, Member(value, code, code, (None, code)))
        return None if found is None else not any(_is_error(rule) for rule, _, _ in found)

    def _guarded(self, member: Member, tree: Tree, url: str) -> Iterator[Finding]:
        if self._depth >= _DEEPEST:
            return
        self._depth += 1
        try:
            yield from self._member(member, tree, url)
        finally:  # whoever asks may stop at the first finding
            self._depth -= 1

    def _member(self, member: Member, tree: Tree, url: str) -> Iterator[Finding]:
        yield from _values(member, tree, url)
        yield from self._types(member, tree, url)
        yield from self._binding(member, tree, url)
        yield from self._constraints(member, tree, url)
        if isinstance(member.value, dict):
            for name, child in tree.children.items():
                yield from self._child(member, name, child, url)

    def _child(self, member: Member, name: str, tree: Tree, url: str) -> Iterator[Finding]:
        found = members(member, name)
        if found is None:
            return
        place = (member.path, f".{name}")
        yield from _cardinality(len(found), tree, place, url)
        if tree.definition.get("mustSupport") and not found and self.knowledge.options.must_support:
            yield "profile-must-support", place, f"is not there, which {url} says to support; give it where it is known"
        for each in found:
            yield from self._guarded(each, tree, url)
        if tree.slices:
            yield from self._slices(found, tree, place, url)

    def _slices(self, found: list[Member], tree: Tree, place: Path, url: str) -> Iterator[Finding]:
        by = discriminators(tree)
        left = dict(enumerate(found))
        asked = Asked(self.knowledge, self.conforms)
        for name, sliced in tree.slices.items():
            verdicts = [belongs(each.value, each.code, sliced, by, asked) for each in found]
            inside = [at for at, verdict in enumerate(verdicts) if verdict]
            if None not in verdicts and (found or _is_told(sliced, by, self.knowledge)):
                yield from _cardinality(len(inside), sliced, place, f"{url} (slice {name})")
            for at in inside:
                left.pop(at, None)
                yield from self._guarded(found[at], sliced, url)
        slicing = tree.definition.get("slicing")
        if isinstance(slicing, dict) and slicing.get("rules") == "closed" and by:
            for each in left.values():
                yield "profile-slice", each.path, f"is in no slice of {url}, which allows no others; take it out"

    def _types(self, member: Member, tree: Tree, url: str) -> Iterator[Finding]:
        types = tree.types
        if not types or "resourceType" in tree.definition:
            return
        matching = [one for one in types if text(one, "code") == member.code]
        if not matching:
            if tree.name.endswith("[x]"):
                allowed = " or ".join(sorted(str(text(one, "code")) for one in types))
                yield "profile-value-type", member.path, f"is of type {member.code}; {url} asks for {allowed}"
            return
        targets = [name for one in matching for name in texts(one, "targetProfile")]
        if targets and isinstance(member.value, dict):
            yield from self._target(member, targets, url)
        yield from self._typed(member, [name for one in matching for name in texts(one, "profile")])

    def _typed(self, member: Member, profiles: list[str]) -> Iterator[Finding]:
        """Check a value against the profiles on its type, of which one is enough."""
        if member.code == "Extension" or not isinstance(member.value, dict):
            return  # each extension is checked against its own definition
        attempts = [found for name in profiles if (found := self.profile(name, member)) is not None]
        if attempts and len(attempts) == len(profiles):
            yield from min((list(found) for found in attempts), key=len)

    def _target(self, member: Member, targets: list[str], url: str) -> Iterator[Finding]:
        reference = text(member.value, "reference")
        found = referenced_type(reference) if reference else None
        target = self.services.resolve(reference) if reference and self.services.resolve else None
        if target is not None:
            found = text(target, "resourceType")
        allowed = {self._type_of(name) for name in targets}
        if found is None or None in allowed or "Resource" in allowed:
            return
        if found not in allowed:
            names = " or ".join(sorted(str(name) for name in allowed))
            yield "profile-target", (member.path, ".reference"), f"points at {found}; {url} asks for {names}"
        elif target is not None:
            fitting = [name for name in targets if self._type_of(name) == found]
            if all(self.conforms(target, name) is False for name in fitting):
                sentence = f"points at a resource that does not meet {' or '.join(fitting)}; correct the resource"
                yield "profile-target", (member.path, ".reference"), sentence

    def _type_of(self, canonical: str) -> str | None:
        structure = self.knowledge.structure(canonical)
        if structure is not None:
            return text(structure, "type")
        prefix, _, name = canonical.partition("|")[0].rpartition("/")
        return name if prefix == "http://hl7.org/fhir/StructureDefinition" and shape(name).fields else None

    def _binding(self, member: Member, tree: Tree, url: str) -> Iterator[Finding]:
        binding = tree.definition.get("binding")
        rule = _STRENGTHS.get(str(text(binding, "strength")))
        canonical = text(binding, "valueSet")
        if rule is None or canonical is None or member.code not in _CODED:
            return
        allowed = self.knowledge.value_set(canonical)
        if allowed is None or allows(member.value, allowed) is not False:
            return
        if (
            isinstance(member.value, dict)
            and "text" in member.value
            and "coding" not in member.value
            and rule != "profile-code"
        ):
            return
        yield rule, member.path, f"has no code of {canonical}, to which {url} binds it; write one of them"

    def _constraints(self, member: Member, tree: Tree, url: str) -> Iterator[Finding]:
        for _, constraint in items(tree.definition, "constraint"):
            expression, severity = text(constraint, "expression"), text(constraint, "severity")
            if expression is None or (text(constraint, "source") or url).startswith(_CORE_TYPES):
                continue
            if self._is_broken(expression, member):
                rule = "invariant-broken" if severity == "error" else "invariant-advised"
                human = (text(constraint, "human") or expression).rstrip(".")
                sentence = f"breaks {constraint.get('key')} of {url}: {human}; change it so that this holds"
                yield rule, member.path, sentence

    def _is_broken(self, expression: str, member: Member) -> bool:
        from publisher.expression.fhirpath import Element

        value = member.value
        if not isinstance(value, dict) or "resourceType" not in value:
            value = Element(value, member.content)
        try:
            found = self.knowledge.compiled(expression).evaluate(value, self.variables, services=self.services)
        except IssueError:
            return False
        return len(found) == 1 and found[0] is False


_CORE_TYPES = (
    "http://hl7.org/fhir/StructureDefinition/Element",
    "http://hl7.org/fhir/StructureDefinition/DomainResource",
)


def members(parent: Member, name: str) -> list[Member] | None:
    """Return the values of a child, in each form of a choice; None where the type has no such child."""
    fields = _fields(parent.content, name)
    if not fields:
        return None
    return [one for each in fields for one in _of_field(parent, each)]


@cache
def _fields(content: str, name: str) -> tuple[Field, ...]:
    return tuple(each for each in shape(content).fields.values() if name in (each.choice, each.key))


def _of_field(parent: Member, field: Field) -> Iterator[Member]:
    value, beside = parent.value.get(field.key), parent.value.get(f"_{field.key}")
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield Member(one, field.code, field.content, (parent.path, field.step, index))
    elif value is not None or isinstance(beside, dict):
        content = (
            str(value.get("resourceType")) if field.code == "Resource" and isinstance(value, dict) else field.content
        )
        yield Member(value, field.code, content, (parent.path, field.step))


def _values(member: Member, tree: Tree, url: str) -> Iterator[Finding]:
    fixed, pattern = tree.value("fixed"), tree.value("pattern")
    if fixed is not None and member.value is not None and not is_fixed(member.value, fixed):
        yield "profile-fixed", member.path, f"is {_quoted(member.value)}; {url} fixes it to {_quoted(fixed)}"
    if pattern is not None and member.value is not None and not fits_pattern(member.value, pattern):
        yield "profile-pattern", member.path, f"is {_quoted(member.value)}; {url} asks for {_quoted(pattern)} in it"


def _quoted(value: Any) -> str:
    """Return a value as JSON, cut to a readable length."""
    written = dumps(value).decode()
    return written if len(written) <= _LONGEST else f"{written[:_LONGEST]}..."


def _cardinality(count: int, tree: Tree, place: Path, url: str) -> Iterator[Finding]:
    least, most = tree.definition.get("min", 0), str(tree.definition.get("max", "*"))
    if isinstance(least, int) and count < least:
        yield "profile-minimum", place, f"is there {count} times; {url} asks for {least} at least, so add it"
    if most.isdigit() and count > int(most):
        advice = "take it out" if most == "0" else "take out what is too much"
        yield "profile-maximum", place, f"is there {count} times; {url} allows {most}, so {advice}"


def _is_told(sliced: Tree, by: list[dict[str, Any]], knowledge: Knowledge) -> bool:
    """Return whether values of a slice could be told at all, so that their absence means something."""
    return bool(by) and belongs({}, "", sliced, by, Asked(knowledge, lambda _value, _name: None)) is not None


def _is_error(rule: str) -> bool:
    from publisher.validation.rule_table import RULES

    return RULES[rule].severity == "error"
