"""What a validation knows: its options, and the definitions in packages and among the validated resources.

Serves https://hl7.org/fhir/R4/terminologies.html and https://hl7.org/fhir/R4/profiling.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from publisher.r4 import definitions
from publisher.r4.terminology import CodeSystem
from publisher.repository import ARTIFACT_URL, ARTIFACT_VERSION, precedence
from publisher.validation.nodes import items, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from publisher.expression.fhirpath import Expression
    from publisher.r4.terminology import ValueSet
    from publisher.validation.artifacts.translation import Different, Retranslation, Untranslatable

Resource = dict[str, Any]

# Where the same system has been published under two addresses, or codes may be added locally.
_OPEN_SYSTEMS = ("urn:ietf:bcp:13", "urn:ietf:bcp:47", "urn:ietf:rfc:3986", "http://unitsofmeasure.org")
KEPT = ("StructureDefinition", "ValueSet", "CodeSystem", "Questionnaire", "Library", "PlanDefinition")
_ALSO_KEPT = ("ActivityDefinition", "ConceptMap", "ImplementationGuide", "Measure", "Medication", "OperationDefinition")
KEPT_TYPES = frozenset((*KEPT, *_ALSO_KEPT))


@dataclass(frozen=True, slots=True)
class Options:
    """How to validate: profiles asked for, best practice as warnings, examples' urls allowed.

    `profiles_for_all` says that a profile asked for holds whatever the type: another type is an error then.
    `most` bounds the findings of structure and those of content, each, for a resource that nobody vouches for.
    """

    profiles: tuple[str, ...] = ()
    best_practice: bool = False
    examples: bool = True
    must_support: bool = False
    profiles_for_all: bool = False
    most: int | None = None


class Knowledge:
    """Definitions by their canonical url: those of R4, and those given with `add`."""

    def __init__(self, options: Options | None = None, resources: Iterable[Resource] = ()) -> None:
        self.options = options or Options()
        self._held: dict[str, dict[str, Resource]] = {}
        self._systems: dict[str, CodeSystem | None] = {}
        self._value_sets: dict[str, ValueSet | None] = {}
        self._bases: dict[str, frozenset[str]] = {}
        self._remembered: dict[tuple[str, str], Any] = {}
        self._about: dict[str, tuple[Resource, Any]] = {}
        self._expressions: dict[str, Expression] = {}
        self.retranslations: Retranslation | None = None
        self.add(resources)

    def add(self, resources: Iterable[Resource]) -> None:
        """Hold the definitions among `resources`; the first of each url and version stays."""
        for resource in resources:
            url, version = _identity(resource)
            if url is not None and text(resource, "resourceType") in KEPT_TYPES:
                versions = self._held.setdefault(url, {})
                versions.setdefault(version or "", resource)

    def find(self, canonical: str) -> Resource | None:
        """Return the held resource that a canonical names, the newest where it asks for none."""
        url, _, version = canonical.partition("#")[0].partition("|")
        versions = self._held.get(url)
        if not versions:
            return None
        return versions.get(version) if version else versions[max(versions, key=precedence)]

    def library_named(self, name: str) -> Resource | None:
        """Return the held Library of a CQL name, the newest where there are several."""
        found = [
            each
            for versions in self._held.values()
            for each in versions.values()
            if each.get("resourceType") == "Library" and name == each.get("name")
        ]
        return max(found, key=lambda each: precedence(text(each, "version") or ""), default=None)

    def retranslation(self, library: Resource) -> Untranslatable | Different | None:
        """Return what translating the CQL of a Library anew shows; None where nothing, or where nobody translates."""
        if self.retranslations is None:
            return None
        for versions in self._held.values():
            for each in versions.values():
                if each.get("resourceType") == "Library":
                    self.retranslations.add(each)
        return self.retranslations.of(library)

    def versions(self, canonical: str) -> list[str]:
        """Return the versions in which the url of a canonical is held."""
        return sorted(version for version in self._held.get(canonical.partition("|")[0], {}) if version)

    def holds_base(self, base: str, besides: str | None) -> bool:
        """Return whether anything but the resource `besides` is held whose canonical starts with `base`."""
        if base not in self._bases:
            found = [url for url in self._held if url.startswith(f"{base}/")]
            self._bases[base] = frozenset(found[:2])
        return bool(self._bases[base] - {besides})

    def structure(self, canonical: str) -> Resource | None:
        """Return a held StructureDefinition, from the packages or of R4 itself."""
        found = self.find(canonical)
        if found is not None:
            return found if found.get("resourceType") == "StructureDefinition" else None
        return definitions.profile(canonical.partition("|")[0])

    def code_system(self, url: str, root: Resource | None = None) -> CodeSystem | None:
        """Return a code system of which all codes are known: contained, held, or of HL7."""
        canonical = url.partition("|")[0]
        if root is not None and "contained" in root:
            contained = self.about(root, "contained code systems", _contained_systems)
            if canonical in contained:
                return cast("CodeSystem | None", contained[canonical])
        if canonical not in self._systems:
            self._systems[canonical] = self._code_system(url)
        return self._systems[canonical]

    def _code_system(self, url: str) -> CodeSystem | None:
        if url in _OPEN_SYSTEMS:
            return None
        held = self.find(url)
        if held is not None and held.get("resourceType") == "CodeSystem":
            return _complete(held)
        return definitions.code_system(url)

    def is_designation(self, system: str, code: str, display: str) -> bool:
        """Return whether a held code system gives the code this designation."""
        return (code, display) in self.remembered("designations", system, _designations)

    def value_set(self, canonical: str) -> ValueSet | None:
        """Return a value set with what is known of its codes."""
        if canonical not in self._value_sets:
            self._value_sets[canonical] = None  # of a value set that takes itself in
            self._value_sets[canonical] = self._value_set(canonical)
        return self._value_sets[canonical]

    def is_value_set(self, url: str) -> bool:
        """Return whether a url is that of a value set that is at hand."""
        if "ValueSet" not in url and url not in self._held:
            return False
        held = self.find(url)
        return definitions.value_set(url) is not None if held is None else held.get("resourceType") == "ValueSet"

    def remembered(self, kind: str, canonical: str, make: Callable[[str, Knowledge], Any]) -> Any:
        """Return what `make` makes of a canonical, when it is first asked for that kind of thing."""
        if (kind, canonical) not in self._remembered:
            self._remembered[kind, canonical] = make(canonical, self)
        return self._remembered[kind, canonical]

    def about(self, resource: Resource, kind: str, make: Callable[[Resource], Any]) -> Any:
        """Return what `make` makes of the resource being validated, once for each resource."""
        known = self._about.get(kind)
        if known is None or known[0] is not resource:
            known = self._about[kind] = (resource, make(resource))
        return known[1]

    def compiled(self, expression: str) -> Expression:
        """Return a FHIRPath expression of a profile, compiled once."""
        from publisher.expression.fhirpath import compile_fhirpath

        if expression not in self._expressions:
            self._expressions[expression] = compile_fhirpath(expression)
        return self._expressions[expression]

    def _value_set(self, canonical: str) -> ValueSet | None:
        held = self.find(canonical)
        if held is not None and held.get("resourceType") == "ValueSet":
            from publisher.validation.profiles.value_sets import enumerated

            return enumerated(held, self)
        return definitions.value_set(canonical)


def _identity(resource: Resource) -> tuple[str | None, str | None]:
    """Return url and version of an artifact; of a Medication, those of its artifact extensions."""
    if resource.get("resourceType") != "Medication":
        return text(resource, "url"), text(resource, "version")
    said = {text(one, "url"): one for _, one in items(resource, "extension")}
    return text(said.get(ARTIFACT_URL, {}), "valueUri"), text(said.get(ARTIFACT_VERSION, {}), "valueString")


def _designations(system: str, knowledge: Knowledge) -> frozenset[tuple[str | None, str | None]]:
    return frozenset(
        (text(concept, "code"), text(each, "value"))
        for concept in _concepts(knowledge.find(system) or {})
        for _, each in items(concept, "designation")
    )


def _contained_systems(root: Resource) -> dict[str, CodeSystem | None]:
    held = [each for _, each in items(root, "contained") if each.get("resourceType") == "CodeSystem"]
    return {url: _complete(each) for each in held if (url := text(each, "url")) is not None}


def _complete(resource: Resource) -> CodeSystem | None:
    """Return a CodeSystem resource as facts, where it holds all its codes."""
    if resource.get("content") != "complete":
        return None
    concepts = list(_concepts(resource))
    return CodeSystem(
        url=str(resource.get("url")),
        version=text(resource, "version"),
        is_case_sensitive=resource.get("caseSensitive") is not False,
        displays={code: text(one, "display") for one in concepts if (code := text(one, "code")) is not None},
        parents={},
    )


def _concepts(resource: Resource) -> Iterator[Resource]:
    pending = [each for _, each in items(resource, "concept")][::-1]
    while pending:
        concept = pending.pop()
        yield concept
        pending += [each for _, each in items(concept, "concept")][::-1]
