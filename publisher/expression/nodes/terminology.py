"""Codes, concepts, value sets and code systems.

https://cql.hl7.org/09-b-cqlreference.html#clinical-operators-3. A value set that cannot be expanded here is an error,
never false, and so is a relation of codes that only a terminology server knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import Expr, constant, contextual, depth, node, strict
from publisher.expression.evidence import matched
from publisher.expression.library_names import declared_code, declared_system, library_of, unconverted
from publisher.expression.values import (
    Code,
    CodeSystem,
    Concept,
    EvaluationError,
    ValueSet,
    coded_pairs,
    codes_of,
    unwrap,
)

if TYPE_CHECKING:
    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.terminology import Expansion


@node("ValueSetRef")
def value_set_ref(scope: Scope, elm: Node) -> Expr:
    """Return a reference to a value set by its canonical; as a list of codes where the node does not preserve it."""
    definition = library_of(scope, elm).value_sets[elm["name"]]
    return constant(ValueSet(definition["id"], definition.get("version"), elm["name"]))


@node("CodeSystemRef")
def code_system_ref(scope: Scope, elm: Node) -> Expr:
    """Return a reference to a code system by its canonical."""
    return constant(declared_system(library_of(scope, elm), elm["name"]))


@node("CodeRef")
def code_ref(scope: Scope, elm: Node) -> Expr:
    """Return a code that the library declares."""
    return constant(declared_code(library_of(scope, elm), elm["name"]))


@node("ConceptRef")
def concept_ref(scope: Scope, elm: Node) -> Expr:
    """Return a concept that the library declares."""
    library = library_of(scope, elm)
    definition = library.concepts[elm["name"]]
    codes = tuple(declared_code(library, each["name"], each.get("libraryName")) for each in definition["code"])
    return constant(Concept(codes, definition.get("display")))


@node("Code")
def code(scope: Scope, elm: Node) -> Expr:
    """Return a code literal."""
    system = elm.get("system") or {}
    known = declared_system(library_of(scope, system), system["name"]) if system else CodeSystem("")
    return constant(Code(elm["code"], known.id or None, known.version, elm.get("display")))


@node("Concept")
def concept(scope: Scope, elm: Node) -> Expr:
    """Return a concept literal."""
    codes = [code(scope, each).plain for each in elm["code"]]
    return constant(Concept(tuple(each(None, []) for each in codes), elm.get("display")))  # type: ignore[arg-type]  # constants


@node("ExpandValueSet")
def expand_value_set(scope: Scope, elm: Node) -> Expr:
    """Return the codes of a value set."""

    def expanded(env: Evaluation, value_set: Any) -> Any:
        return list(env.terminology.expansion(value_set).listed) if isinstance(value_set, ValueSet) else value_set

    return contextual(expanded, scope.operands(elm))


@node("InValueSet", "AnyInValueSet")
def in_value_set(scope: Scope, elm: Node) -> Expr:
    """Return whether a code, concept or any of a list of them is a member of a value set."""
    tested = scope.compile(unconverted(scope, elm["code" if elm["type"] == "InValueSet" else "codes"]))
    reference = elm.get("valueset")
    member_of = value_set_ref(scope, reference) if reference else scope.compile(elm["valuesetExpression"])

    def plain(env: Evaluation, frame: Frame) -> bool | None:
        return is_member(env, tested.plain(env, frame), member_of.plain(env, frame))

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        part, value_set = tested.tracked(env, frame), member_of.tracked(env, frame)
        member = is_member(env, part[0], value_set[0])
        rests_on = matched(env, part[0], value_set[0]) if member and env.explains else 0
        return member, depth(part) | depth(value_set) | rests_on, None

    return Expr(plain, tracked)


def is_member(env: Evaluation, tested: Any, value_set: ValueSet | None) -> bool | None:
    """Return membership; a null value set gives null, a null code gives false (CQL 1.5, In ValueSet)."""
    if value_set is None:
        return None
    expansion = env.terminology.expansion(value_set)
    tested = unwrap(tested)
    if tested is None:
        return False
    found, recognised = _looked_up(expansion, tested)
    if not found and not recognised:
        env.unrecognised.setdefault(value_set.id, {})[id(tested)] = tested
    return found


def _looked_up(expansion: Expansion, tested: Any) -> tuple[bool, bool]:
    """Return whether any code is a member, and whether any is of a system that the value set knows.

    A text is matched by the code alone; a coding that names no system is a code of nobody knows what. So is one that
    is a member but for its capitals.
    """
    recognised, misspelt, by_text = False, False, isinstance(tested, str)
    for system, code in coded_pairs(tested):
        if (system, code) in expansion.members or (by_text and code in expansion.codes):
            return True, True
        if system in expansion.systems:
            recognised, misspelt = True, misspelt or expansion.misspells((system, code))
    return False, recognised and not misspelt


@node("InCodeSystem", "AnyInCodeSystem")
def in_code_system(scope: Scope, elm: Node) -> Expr:
    """Return whether a code, concept or any of a list of them is of a code system."""
    tested = scope.compile(elm["code" if elm["type"] == "InCodeSystem" else "codes"])
    reference = elm.get("codesystem")
    system = code_system_ref(scope, reference) if reference else scope.compile(elm["codesystemExpression"])

    def test(env: Evaluation, value: Any, known: Any) -> bool | None:
        if known is None:
            return None
        members = env.terminology.code_system(known)
        return any(each.code in members and each.system in (None, known.id) for each in codes_of(value))

    return contextual(test, [tested, system], nulls=True)


@node("Subsumes", "SubsumedBy")
def subsumption(scope: Scope, elm: Node) -> Expr:
    """Return an operator that has no value here: only a terminology server knows what a code subsumes."""

    def refuse(_left: Any, _right: Any) -> bool:
        raise EvaluationError("whether one code subsumes another is not known here", "terminology")

    return strict(refuse, scope.operands(elm))
