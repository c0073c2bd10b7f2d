"""A FHIRPath expression ready to evaluate: the door to the engine.

Implements https://hl7.org/fhirpath/N1/; the types of R4 are those of https://hl7.org/fhir/R4/fhirpath.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from publisher.expression.fhirpath.compiled import items
from publisher.expression.fhirpath.compiler import compiled
from publisher.expression.fhirpath.element import Element, type_of
from publisher.expression.fhirpath.environment import Environment, Services, Traced
from publisher.expression.fhirpath.lexer import refused
from publisher.expression.fhirpath.parser import parse
from publisher.expression.fhirpath.results import TypedValue, plain, typed, variables_of
from publisher.expression.fhirpath.strict import check
from publisher.expression.fhirpath.types import context_type
from publisher.expression.limits import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.limits import Limits
    from publisher.issue import IssueError

_SERVICES = Services()
_JSON = frozenset((str, int, bool, dict, Decimal))


@dataclass(frozen=True, slots=True)
class Result:
    """What an evaluation gave: the items with their types, and what `trace()` was told on the way."""

    items: tuple[TypedValue, ...]
    trace: tuple[Traced, ...]


class _Program(NamedTuple):
    """The closure of an expression for one type of context, and the type of what it gives, where that is known."""

    run: Run
    type: str | None


class Expression:
    """A parsed expression with its closures for each type of context that it met."""

    __slots__ = ("_programs", "_tree", "strict", "text", "type")

    def __init__(self, text: str, *, strict: bool = False, type_: str | None = None) -> None:
        self.text = text
        self.strict = strict
        self.type = None if type_ is None else self._context(type_)
        self._tree = parse(text)
        self._programs: dict[str | None, _Program] = {}
        if type_ is not None or not strict:
            self._program(self.type)

    def evaluate(
        self,
        resource: Any,
        variables: Mapping[str, Any] | None = None,
        *,
        services: Services = _SERVICES,
        limits: Limits = DEFAULT,
    ) -> list[Any]:
        """Return what the expression finds in a resource or element, as JSON-like values."""
        program, env = self._prepared(resource, variables, services, limits)
        return [item if item.__class__ in _JSON else plain(item) for item in self._run(program, env)]

    def evaluate_typed(
        self,
        resource: Any,
        variables: Mapping[str, Any] | None = None,
        *,
        services: Services = _SERVICES,
        limits: Limits = DEFAULT,
    ) -> Result:
        """Return what the expression finds with the type of each item, and what it traced."""
        program, env = self._prepared(resource, variables, services, limits)
        found = self._run(program, env)
        return Result(tuple(typed(item, program.type) for item in found), tuple(env.trace))

    def _prepared(
        self, resource: Any, variables: Mapping[str, Any] | None, services: Services, limits: Limits
    ) -> tuple[_Program, Environment]:
        kind = resource.__class__
        type_ = (type_of(resource) or self.type) if kind is dict or kind is Element else self.type
        program = self._programs.get(type_) or self._program(type_)
        context = resource.value if kind is Element and resource.value.__class__ is dict else resource
        return program, Environment(context, variables_of(variables) if variables else {}, services, limits)

    def _context(self, type_: str) -> str | None:
        try:
            return context_type(type_)
        except LookupError as error:
            sentence = f"is for the type {type_}, which FHIR R4 has not; correct the name"
            raise refused(self.text, 0, sentence, rule="fhirpath-type", code="not-found") from error

    def _program(self, type_: str | None) -> _Program:
        if self.strict:
            check(self._tree, self.text, type_)
        try:
            expr = compiled(self._tree, self.text, type_)
        except RecursionError as error:
            raise self._too_deep() from error
        program = self._programs[type_] = _Program(items(expr), expr.type)
        return program

    def _run(self, program: _Program, env: Environment) -> Items:
        try:
            found: Items = program.run(env, env.context)
        except RecursionError as error:
            raise self._too_deep() from error
        except (AttributeError, TypeError) as error:
            sentence = "meets data that do not have the shape of their type; validate them"
            raise refused(self.text, 0, sentence, rule="fhirpath-data", code="structure") from error
        return found

    def _too_deep(self) -> IssueError:
        sentence = "goes too deep; nest it, or the data, less"
        return refused(self.text, 0, sentence, rule="fhirpath-limit", code="too-costly")


def compile_fhirpath(text: str, strict: bool = False, type: str | None = None) -> Expression:  # noqa: A002, FBT001, FBT002  the door
    """Return an expression ready to evaluate; raise IssueError with the place where it is wrong.

    `type` is the type of the context: a resource or data type, or the path of a backbone element. With `strict`, what
    cannot be on that type is refused: unknown elements, arguments of a wrong type, order where there is none.
    """
    return Expression(text, strict=strict, type_=type)
