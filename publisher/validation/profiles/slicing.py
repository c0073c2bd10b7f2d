"""Say which slice of a profile a value belongs to: by value, pattern, type, exists or profile.

Implements https://hl7.org/fhir/R4/profiling.html#discriminator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.validation.nodes import items, text, texts
from publisher.validation.profiles.value_sets import allows
from publisher.validation.profiles.values import fits_pattern, is_fixed, steps_of, values_at
from publisher.validation.references import referenced_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.validation.knowledge import Knowledge
    from publisher.validation.profiles.tree import Tree

    Conforms = Callable[[Any, str], bool | None]

_EXTENSIONS = ("extension", "modifierExtension")
_BY_URL = [{"type": "value", "path": "url"}]
_BY_TYPE = [{"type": "type", "path": "$this"}]


@dataclass(frozen=True, slots=True)
class Asked:
    """What telling slices apart may ask: value sets, and whether a value conforms to a profile."""

    knowledge: Knowledge
    conforms: Conforms


def discriminators(tree: Tree) -> list[dict[str, Any]]:
    """Return how an element is sliced; extensions are by url and choices by type where nothing is said."""
    slicing = tree.definition.get("slicing")
    listed = [one for _, one in items(slicing, "discriminator")] if isinstance(slicing, dict) else []
    if listed:
        return listed
    if tree.name in _EXTENSIONS:
        return _BY_URL
    return _BY_TYPE if tree.name.endswith("[x]") else []


def belongs(value: Any, code: str, sliced: Tree, by: list[dict[str, Any]], asked: Asked) -> bool | None:
    """Return whether a value of the type `code` belongs to a slice; None where that cannot be told."""
    if not by:
        return None
    verdicts = [_meets(value, code, sliced, one, asked) for one in by]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _meets(value: Any, code: str, sliced: Tree, by: dict[str, Any], asked: Asked) -> bool | None:
    kind, path = text(by, "type"), text(by, "path") or "$this"
    steps = steps_of(path)
    target = sliced.at([step for step in steps if step.isidentifier()])
    if kind == "exists":
        wanted = target is None or target.definition.get("max") != "0"
        return bool(values_at(value, steps)) == wanted
    if kind == "type":
        return _has_type(value, code, steps, target)
    if kind == "profile":
        names = [name for one in target.types for name in texts(one, "profile")] if target else []
        verdicts = [asked.conforms(one, name) for one in values_at(value, steps) for name in names]
        return True if True in verdicts else (None if None in verdicts or not names else False)
    return _has_value(values_at(value, steps), steps, sliced, target, asked.knowledge)


def _has_type(value: Any, code: str, steps: list[str], target: Tree | None) -> bool | None:
    types = target.types if target else []
    if not types:
        return None
    if "resolve()" in steps:
        names = {
            str(name).rpartition("/")[2] for one in types for name in (text(one, "code"), *texts(one, "targetProfile"))
        }
        found = {referenced_type(text(one, "reference") or "") for one in values_at(value, steps)}
        return None if None in found or not found else bool(found & names)
    codes = {text(one, "code") for one in types}
    if not steps:
        return code in codes
    found_types = {one.get("resourceType") for one in values_at(value, steps) if isinstance(one, dict)}
    return bool(found_types & codes) if found_types - {None} else None


def _has_value(
    found: list[Any], steps: list[str], sliced: Tree, target: Tree | None, knowledge: Knowledge
) -> bool | None:
    if target is not None:
        fixed, pattern, binding = target.value("fixed"), target.value("pattern"), target.definition.get("binding")
        if fixed is not None:
            return any(is_fixed(one, fixed) for one in found)
        if pattern is not None:
            return any(fits_pattern(one, pattern) for one in found)
        if target.children:
            return _children_fit(found, target)
        if isinstance(binding, dict) and binding.get("strength") == "required":
            allowed = knowledge.value_set(str(binding.get("valueSet")))
            return None if allowed is None else any(allows(one, allowed) is not False for one in found)
    return _inherited(found, steps, sliced)


def _inherited(found: list[Any], steps: list[str], sliced: Tree) -> bool | None:
    """Look for the value in what stands above the path: an extension's profile, or a pattern of the whole slice."""
    if steps == ["url"]:
        urls = [str(name).partition("|")[0] for one in sliced.types for name in texts(one, "profile")]
        return any(one in urls for one in found) if urls else None
    for depth in range(len(steps)):
        above = sliced.at(steps[:depth])
        whole = (above.value("pattern") or above.value("fixed")) if above else None
        wanted = values_at(whole, steps[depth:]) if whole is not None else []
        if wanted:
            return any(fits_pattern(one, part) for one in found for part in wanted)
    return None


def _children_fit(found: list[Any], target: Tree) -> bool | None:
    """Return whether a value has the fixed values and patterns of the children."""
    wanted = {
        name: child.value("fixed") if child.value("fixed") is not None else child.value("pattern")
        for name, child in target.children.items()
    }
    if all(part is None for part in wanted.values()):
        return None
    return any(
        all(
            part is None or any(fits_pattern(each, part) for each in values_at(one, [name]))
            for name, part in wanted.items()
        )
        for one in found
    )
