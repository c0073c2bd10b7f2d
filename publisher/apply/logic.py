"""The expressions of plans and activities: by the name of a CQL definition, or in FHIRPath.

https://hl7.org/fhir/R4/metadatatypes.html#Expression. A condition in FHIRPath runs on the subject, a dynamic value on
the definition that it stands in; both see the operation's inputs as variables.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher.apply.refusals import refused
from publisher.explanation import explain, titles_of
from publisher.expression.causes import Cause
from publisher.expression.definition import Outcome
from publisher.expression.fhirpath import Expression as FhirPath
from publisher.expression.fhirpath import Services, compile_fhirpath
from publisher.expression.json_values import as_json
from publisher.extension import libraries_named
from publisher.issue import IssueError

if TYPE_CHECKING:
    from publisher.apply.inputs import Inputs
    from publisher.apply.knowledge import Knowledge
    from publisher.explanation import Explanation
    from publisher.expression.definition import Definition
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.library import Library
    from publisher.repository import Artifact, Resource

# All spellings of the languages in which an expression may be the name of a definition.
INLINE = ("text/cql", "text/cql-expression")
CQL = ("text/cql-identifier", "text/cql.identifier", "text/cql-name", "text/cql.name", *INLINE)
FHIRPATH = "text/fhirpath"
QUALIFIED = re.compile(r'(?:"(?P<quoted>[^"]+)"|(?P<alias>\w+))\.(?:"(?P<name>[^"]+)"|(?P<bare>\w+))')


@dataclass(frozen=True, slots=True)
class Logic:
    """The engines over one evaluation, with what the operation was told."""

    knowledge: Knowledge
    env: Evaluation
    inputs: Inputs

    def outcome(self, expression: Resource, owner: Artifact, focus: Resource, **variables: Any) -> Outcome:
        """Return what an Expression of the artifact `owner` comes to; a FHIRPath one runs on `focus`."""
        language, text = expression.get("language"), expression.get("expression")
        if not isinstance(text, str):
            return Outcome(None, error="the expression has no text here, and is not fetched from elsewhere")
        if language == FHIRPATH or (language in INLINE and text.startswith("%")):  # CQL has no such token
            return self._fhirpath(text, focus, variables)
        if language in CQL:
            return self._cql(text, expression, owner)
        return Outcome(None, error=f"expressions in {language} are not evaluated", code="language")

    def titles(self, definition: Definition | None) -> dict[str, str]:
        """Return what a definition is called, by language; nothing for what is none."""
        if definition is None:
            return {}
        kept, key = self.knowledge.titles, (definition.library.id, definition.library.version, definition.name)
        if key not in kept:
            kept[key] = titles_of(definition.library, definition.name)
        return kept[key]

    def explanation(self, definition: Definition | None, outcome: Outcome) -> Explanation | None:
        """Return why a definition came to `outcome`, where explanations were asked for."""
        if definition is None or not self.env.explains:
            return None
        return explain(definition.library, definition.name, outcome)

    def _cql(self, text: str, expression: Resource, owner: Artifact) -> Outcome:
        try:
            library, name = _named(self.knowledge, text, expression, owner)
            if library is not None and name is not None:
                return library.evaluate(name, self.env)
            if expression.get("language") in INLINE and not text.isidentifier():
                return self._inline(text, library)
        except IssueError as error:
            return Outcome(None, error=_sentence(error))
        if library is None:
            return Outcome(None, error="it names a definition, and no Library is named that could hold it")
        return Outcome(None, error=f"the library {library.id} defines no {text!r}")

    def _inline(self, text: str, library: Library | None) -> Outcome:
        inline = self.knowledge.inline(text, library)
        if inline is None:
            hint = "CQL that is written out is not evaluated here; name a definition of a Library"
            return Outcome(None, error=hint, code="language")
        return inline.evaluate("Expression", self.env)

    def _fhirpath(self, text: str, focus: Resource, variables: dict[str, Any]) -> Outcome:
        about = self.inputs.subject.partition("/")[0]
        missing = self.env.context.supply(about).cause
        given = {name: self._resolved(value) for name, value in self.inputs.variables()}
        subject = given["subject"]
        services = Services(resolve=self._resolve, now=self.env.now)
        try:
            # a parameter is not taken for what the operation itself gives by that name
            about_it = {**self.env.parameters, "resource": focus or subject, "patient": subject, **given, **variables}
            found = _compiled(text).evaluate(focus or subject, about_it, services=services)
        except IssueError as error:
            return Outcome(None, error=_sentence(error))
        except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError):
            return Outcome(None, error="the data that it reads do not have the shape of FHIR R4", code="shape")
        value = None if not found else found[0] if len(found) == 1 else found
        if missing is not None and not self.env.context.closed:
            return Outcome(value, is_open=True, causes=(missing,))
        return Outcome(value, causes=() if found else (Cause("element-absent", text),))

    def _resolved(self, value: Any) -> Any:
        """Return the resource of a Reference where it is among the data, else the Reference; nothing as nothing."""
        if isinstance(value, dict) and "reference" in value:
            return self._resolve(value["reference"]) or value
        return [] if value is None else value

    def _resolve(self, reference: str) -> Resource | None:
        kind, _, name = reference.rpartition("/")
        supply = self.env.context.supplies.get(kind.rpartition("/")[2])
        names = (name, reference)
        return next((each for each in supply.resources if each.get("id") in names), None) if supply else None


def definition_of(knowledge: Knowledge, expression: Resource, owner: Artifact) -> Definition | None:
    """Return the definition that an Expression of the artifact `owner` names; None for any other."""
    text = expression.get("expression")
    if expression.get("language") not in CQL or not isinstance(text, str) or text.startswith("%"):
        return None
    try:
        library, name = _named(knowledge, text, expression, owner)
    except IssueError:
        return None
    return library.definition(name) if library is not None and name is not None else None


def _named(knowledge: Knowledge, text: str, expression: Resource, owner: Artifact) -> tuple[Library | None, str | None]:
    """Return the library of an expression and the definition in it, or in one it includes, that `text` names."""
    reference = expression.get("reference")
    key = (text, (reference,) if reference else tuple(libraries_named(owner.resource)))
    if key not in knowledge.definitions:
        knowledge.definitions[key] = _sought(knowledge, text, reference, owner)
    return knowledge.definitions[key]


def _sought(
    knowledge: Knowledge, text: str, reference: str | None, owner: Artifact
) -> tuple[Library | None, str | None]:
    libraries = [knowledge.library(reference)] if reference else knowledge.libraries_of(owner)
    name = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    found = [each for each in libraries if name in each]
    if len(found) > 1:
        raise refused("expression-ambiguous", libraries=[each.id for each in found], name=name)
    if found:
        return found[0], name
    qualified = QUALIFIED.fullmatch(text)
    if qualified:
        alias, inner = qualified["quoted"] or qualified["alias"], qualified["name"] or qualified["bare"]
        named = (other for each in libraries for other in _included(each, alias) if inner in other)
        other = next(named, None)
        if other is not None:
            return other, inner
    return (libraries[0] if libraries else None), None


def _included(library: Library, alias: str) -> list[Library]:
    """Return the library of a name: this one, or one that it includes by that alias."""
    included = library.includes.get(alias)
    return [*([library] if alias == library.id else []), *([included] if included else [])]


def plain_values(value: Any) -> tuple[Any, ...]:
    """Return what an expression came to as JSON, a list's items one by one and no nulls."""
    found = value if isinstance(value, list) else [value]
    return tuple(as_json(each) for each in found if each is not None)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> FhirPath:
    return compile_fhirpath(text)


def _sentence(error: IssueError) -> str:
    """Return the diagnostics of an error as the clause of another sentence."""
    text = next(iter(error.report)).diagnostics.rstrip(".")
    return text[:1].lower() + text[1:] if not text[:2].isupper() else text
