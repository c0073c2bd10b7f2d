"""What applying needs besides the patient: artifacts, their compiled logic and their value sets.

Built once when a release is loaded and shared by all requests.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from publisher.apply.refusals import refused
from publisher.elm import CQL, elm_of
from publisher.expression.library import FHIR_HELPERS, Libraries, Library
from publisher.expression.requirements import Requirement
from publisher.expression.terminology import Terminology
from publisher.extension import libraries_named
from publisher.issue import IssueError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.apply.bound import BoundPlan
    from publisher.apply.questions import Form
    from publisher.repository import Artifact, Canonical, Repository, Resource

FHIRPATH = "text/fhirpath"
APPLICABLE = ("PlanDefinition", "ActivityDefinition")
DECLARED = re.compile(r'^[ \t]*library\s+(?:"(?P<quoted>[^"]+)"|(?P<bare>[\w.]+))', re.MULTILINE)
# The translator resolves a library by its name alone.
NAMESPACE = re.compile(r"^([ \t]*(?:library|include)\s+)(?:\w+\.)+(?=\w)", re.MULTILINE)

# CQL by library name -> the ELM library object of each that translates, the translator's errors of each that does not
Translate = Callable[[Mapping[str, str]], "Mapping[str, dict[str, Any] | list[str]]"]
MOST_ERRORS, LONGEST_ERROR = 3, 200  # of a translation that are told


class Knowledge:
    """A repository with the engines over it."""

    def __init__(
        self,
        repository: Repository,
        translate: Translate | None = None,
        translated: Mapping[str, dict[str, Any] | list[str]] | None = None,
        elms: Mapping[Canonical, dict[str, Any]] | None = None,
    ) -> None:
        """Compile nothing yet: libraries and expansions are made at first use and kept.

        `translate` gives the ELM of Libraries that hold only CQL, and of CQL that is written out in an expression;
        without it both are refused. `translated` is the ELM of such Libraries by name, made beforehand. `elms` stands
        for the ELM that Libraries carry.
        """
        self.repository = repository
        self.translate = translate
        self._libraries = Libraries(self._elm)
        self._held: dict[str, Library] = {}
        # the library and name that a text means in an artifact with these libraries; filled by `logic`
        self.definitions: dict[tuple[str, tuple[str, ...]], tuple[Library | None, str | None]] = {}
        self._elms: dict[Canonical, dict[str, Any] | None] = dict(elms or {})
        self.translated = translated
        # what a plan and all it leads to retrieve; filled by `requirements`
        self.required: dict[Canonical, tuple[Requirement, ...]] = {}
        # what types the logic of a definition reads, None for any; filled by `reading`
        self.reads: dict[Canonical, frozenset[str] | None] = {}
        # plans that are held, looked through; filled by `bound`
        self.bound: dict[Canonical, BoundPlan] = {}
        # Questionnaires that are held, looked through; filled by `questions`
        self.forms: dict[Canonical, Form] = {}
        # what definitions are called, by library and name; filled by `logic`
        self.titles: dict[tuple[str, str | None, str], dict[str, str]] = {}
        self.terminology = Terminology(self._value_set)

    def over(self, repository: Repository) -> Knowledge:
        """Return the same logic and value sets, as they are compiled, over a repository that has these too."""
        other = Knowledge(repository, self.translate, self.translated)
        other._libraries, other._elms, other.terminology = self._libraries, self._elms, self.terminology
        return other

    def libraries_of(self, artifact: Artifact) -> list[Library]:
        """Return the compiled libraries that a plan or activity names."""
        return [self.library(canonical) for canonical in libraries_named(artifact.resource)]

    def libraries_below(self, artifact: Artifact) -> list[Library]:
        """Return the compiled libraries that a plan or activity names, and then those of all that it leads to.

        Of the latter one that is not held is left out: what needs it tells of it.
        """
        found = self.libraries_of(artifact)
        for each in self.led_from(artifact):
            with suppress(IssueError):
                found += self.libraries_of(each)
        return found

    def library(self, canonical: str) -> Library:
        """Return the compiled library that `canonical` names, or raise IssueError."""
        if canonical not in self._held:
            self._held[canonical] = self._library(canonical)
        return self._held[canonical]

    def _library(self, canonical: str) -> Library:
        held = self.repository.resolve(canonical)
        if held is None or held.type != "Library":
            raise refused("library-missing", name=canonical)
        elm = self._elm_of(held)
        if elm is None:
            made = self._translated(held.resource)
            if isinstance(made, list):
                raise refused("library-untranslated", name=canonical, errors=_told(made))
            raise refused("library-without-elm", name=canonical)
        identifier = elm.get("identifier", {})
        return self._libraries.library(identifier.get("id", ""), identifier.get("version"))

    def inline(self, text: str, library: Library | None) -> Library | None:
        """Return a library whose definition `Expression` is the CQL `text`; None where CQL is not translated here."""
        if self.translate is None:
            return None
        version = f" version '{library.version}'" if library and library.version else ""
        include = f"include {library.id}{version}\n" if library else ""
        own = f"Inline{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        source = f"library {own}\nusing FHIR version '4.0.1'\n{include}context Patient\ndefine Expression:\n{text}\n"
        elm = self.translate({**self._sources(), own: source}).get(own)
        if elm is None:
            raise refused("cql-untranslated")
        if isinstance(elm, list):
            raise refused("cql-translation", text=text, errors=_told([each.partition(" (line ")[0] for each in elm]))
        return Libraries(lambda name, version: elm if name == own else self._elm(name, version)).library(own)

    def requirements(self, plan: Artifact) -> tuple[Requirement, ...]:
        """Return what the conditions and dynamic values of a plan and of all it leads to retrieve, each once."""
        if plan.canonical not in self.required:
            found = (need for each in self.led_from(plan) for need in self._requirements(each))
            self.required[plan.canonical] = tuple(dict.fromkeys(found))
        return self.required[plan.canonical]

    def led_from(self, definition: Artifact) -> Iterator[Artifact]:
        """Yield a plan or activity and all those that it leads to, each once."""
        waiting, seen = deque([definition]), {definition.canonical}
        while waiting:
            held = waiting.popleft()
            yield held
            for action in actions_of(held.resource):
                led = self.repository.resolve(led_to(action) or "")
                if led is not None and led.type in APPLICABLE and led.canonical not in seen:
                    seen.add(led.canonical)
                    waiting.append(led)

    def _requirements(self, plan: Artifact) -> Iterator[Requirement]:
        libraries = self.libraries_of(plan)
        for action in (plan.resource, *actions_of(plan.resource)):
            for expression in expressions_of(action):
                if expression.get("language") == FHIRPATH:  # it runs on the subject
                    yield Requirement("Patient")
                name = str(expression.get("expression"))
                for library in libraries:
                    if name in library:
                        yield from library.requirements(name)

    def _elm(self, name: str, version: str | None) -> dict[str, Any] | None:
        for artifact in self.repository.of_type("Library"):
            elm = self._elm_of(artifact)
            identifier = elm.get("identifier", {}) if elm else {}
            if identifier.get("id") == name and version in (None, identifier.get("version")):
                return elm
        return None

    def _elm_of(self, library: Artifact) -> dict[str, Any] | None:
        """Return the ELM that a Library carries, or that its CQL translates to where CQL is translated here."""
        key = library.canonical
        if key not in self._elms:
            made = elm_of(library.resource) or self._translated(library.resource)
            self._elms[key] = made if isinstance(made, dict) else None
        return self._elms[key]

    def _translated(self, library: Resource) -> dict[str, Any] | list[str] | None:
        """Return the ELM that the CQL of a Library translates to, or the translator's errors."""
        if self.translated is None:
            self.translated = self.translate(self._sources()) if self.translate else {}
        return self.translated.get(cql_name(cql_of(library) or "") or "")

    def _sources(self) -> dict[str, str]:
        return cql_sources(self.repository.of_type("Library"))

    def _value_set(self, canonical: str) -> Resource | None:
        artifact = self.repository.resolve(canonical)
        return artifact.resource if artifact else None


def _told(errors: list[str]) -> list[str]:
    """Return the first errors of a translator as they can stand in a sentence."""
    return [quoted(each, LONGEST_ERROR) for each in errors[:MOST_ERRORS]]


def cql_of(library: Resource) -> str | None:
    """Return the CQL that a Library resource carries, None where it carries none that can be read."""
    found = (one["data"] for one in library.get("content", ()) if one.get("contentType") == CQL and "data" in one)
    try:
        return base64.b64decode(next(found, "")).decode() or None
    except (ValueError, TypeError):
        return None


def cql_sources(libraries: Iterable[Artifact]) -> dict[str, str]:
    """Return the CQL of Libraries by the name it declares, without namespaces; FHIRHelpers is native."""
    texts = (cql_of(each.resource) for each in libraries if each.type == "Library")
    named = {cql_name(text): NAMESPACE.sub(r"\1", text) for text in texts if text}
    return {name: text for name, text in named.items() if name and name != FHIR_HELPERS}


def cql_name(text: str) -> str | None:
    """Return the name that a CQL text declares, without its namespace."""
    declared = DECLARED.search(text)
    return (declared["quoted"] or declared["bare"]).rpartition(".")[2] if declared else None


def actions_of(element: Resource) -> Iterator[Resource]:
    """Yield every action below a plan or action, parents first."""
    for action in element.get("action", ()):
        yield action
        yield from actions_of(action)


def led_to(action: Resource) -> str | None:
    """Return the canonical of the definition that an action leads to, in whichever element it stands."""
    return action.get("definitionCanonical") or action.get("definitionUri")


def expressions_of(action: Resource) -> list[Resource]:
    """Return the Expressions of an action's conditions and dynamic values."""
    holders = (*action.get("condition", ()), *action.get("dynamicValue", ()))
    return [each["expression"] for each in holders if "expression" in each]


def names_of(action: Resource) -> list[str]:
    """Return what the expressions of an action's conditions and dynamic values say, a name or more."""
    return [each["expression"] for each in expressions_of(action) if "expression" in each]
