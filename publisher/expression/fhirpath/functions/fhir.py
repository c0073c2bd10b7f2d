"""The functions that FHIR adds to FHIRPath; what reaches beyond the data is asked of the services.

Implements https://hl7.org/fhir/R4/fhirpath.html#functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, one, open_items
from publisher.expression.fhirpath.element import Element, bare, type_of
from publisher.expression.fhirpath.functions.registry import function, text_checked, value_of
from publisher.expression.fhirpath.navigation import member
from publisher.expression.fhirpath.types import BOOLEAN, is_subtype, known_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.expression.fhirpath.compiled import Run
    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call

_PROFILES = "http://hl7.org/fhir/StructureDefinition/"


@function("extension", 1)
def _extension(scope: Scope, node: Call, focus: Expr) -> Expr:
    found, url = member(focus, "extension"), value_of(scope, node.arguments[0])
    extensions = items(found)

    def run(env: Environment, this: Any) -> Items:
        wanted = url(env, this)
        return [item for item in extensions(env, this) if bare(item).get("url") == wanted]

    return Expr(run, found.type, single=False)


@function("hasExtension", 1)
def _has_extension(scope: Scope, node: Call, focus: Expr) -> Expr:
    """Compile what R4's own search parameters call, though no specification defines it: extension(url).exists()."""
    found = _extension(scope, node, focus).run
    return of_system(lambda env, this: bool(found(env, this)), BOOLEAN)


@function("checkModifiers", 1, 20)
def _check_modifiers(scope: Scope, node: Call, focus: Expr) -> Expr:
    found, modifiers = items(focus), items(member(focus, "modifierExtension"))
    urls = [value_of(scope, each) for each in node.arguments]

    def run(env: Environment, this: Any) -> Items:
        known = [url(env, this) for url in urls]
        for item in modifiers(env, this):
            if bare(item).get("url") not in known:
                url = bare(item).get("url")
                raise scope.refused(node, f"meets the unknown modifier extension {url}; name it or leave it out")
        return found(env, this)  # type: ignore[no-any-return]

    return Expr(run, focus.type, single=False)


@function("resolve")
def _resolve(_scope: Scope, _node: Call, focus: Expr) -> Expr:
    found = items(focus)

    def run(env: Environment, this: Any) -> Items:
        references = (_reference(item) for item in env.sized(found(env, this)))
        resolved = (_resolved(env, each) for each in references if each is not None)
        return [each for each in resolved if each is not None]

    return Expr(run, "Resource", single=False)


def _reference(item: Any) -> str | None:
    value = bare(item)
    found = value.get("reference") if value.__class__ is dict else value
    return found if isinstance(found, str) else None


def _resolved(env: Environment, reference: str) -> dict[str, Any] | None:
    """Return the resource that a reference means: in the same resource or Bundle, else as the service finds it."""
    given = env.variables.get("rootResource") or env.variables.get("resource") or [env.context]
    root = given[0] if given[0].__class__ is dict else {}
    if reference.startswith("#"):
        wanted = reference[1:]
        return next((each for each in root.get("contained", ()) if each.get("id") == wanted), None if wanted else root)
    found = next(_in_bundle(root, reference), None) if root.get("resourceType") == "Bundle" else None
    if found is None and env.services.resolve is not None:
        return env.services.resolve(reference)
    return found


def _in_bundle(bundle: dict[str, Any], reference: str) -> Iterator[dict[str, Any]]:
    for entry in bundle.get("entry", ()):
        url, resource = entry.get("fullUrl", ""), entry.get("resource")
        if resource and (url == reference or (":" not in reference and url.endswith(f"/{reference}"))):
            yield resource


@function("conformsTo", 1)
def _conforms_to(scope: Scope, node: Call, focus: Expr) -> Expr:
    item, url = one(Expr(open_items(focus), None, single=False), scope, node), _url(scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        found, profile = item(env, this), url(env, this)
        if found is None or profile is None:
            return None
        ask = env.services.conforms_to
        answer = ask(bare(found), profile) if ask else None
        answer = _is_of_base_type(found, profile) if answer is None else answer
        if answer is None:
            raise scope.refused(node, f"asks for the profile {profile}, which is not known here; supply it")
        return answer

    return of_system(run, BOOLEAN)


def _is_of_base_type(item: Any, profile: str) -> bool | None:
    """Return whether an item is of the type whose own definition `profile` is, None where it is no such one."""
    name = profile.partition("|")[0].removeprefix(_PROFILES)
    type_ = type_of(item)
    if name not in known_types() or type_ is None:
        return None
    return is_subtype(type_, name)


def _url(scope: Scope, node: Call) -> Run:
    return text_checked(scope, node, value_of(scope, node.arguments[0]), f"{node.name}()")


@function("memberOf", 1)
def _member_of(scope: Scope, node: Call, focus: Expr) -> Expr:
    item, url = one(focus, scope, node), _url(scope, node)

    def run(env: Environment, this: Any) -> bool | None:
        found, value_set = item(env, this), url(env, this)
        if bare(found) is None or value_set is None:
            return None
        ask = env.services.member_of
        answer = ask(bare(found), value_set) if ask else None
        if answer is None:
            raise scope.refused(node, f"asks for the value set {value_set}, which cannot be told here; supply it")
        return answer

    return of_system(run, BOOLEAN)


@function("htmlChecks")
def _html_checks(scope: Scope, node: Call, focus: Expr) -> Expr:
    found = items(focus)

    def run(env: Environment, this: Any) -> bool:
        ask = env.services.html_checks
        if ask is None:
            raise scope.refused(node, "asks for a check of a narrative, which was not given; supply html_checks")
        return all(ask(_text(item)) is True for item in found(env, this))

    return of_system(run, BOOLEAN)


def _text(item: Any) -> str:
    value = item.value if item.__class__ is Element else item
    value = value.get("div", "") if value.__class__ is dict else value
    return value if isinstance(value, str) else ""
