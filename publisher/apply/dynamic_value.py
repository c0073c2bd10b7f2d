"""Dynamic values: put what an expression came to at a path of a request or of an action.

https://hl7.org/fhir/R4/activitydefinition-definitions.html#ActivityDefinition.dynamicValue.path: a path is the simple
subset of FHIRPath (https://hl7.org/fhir/R4/fhirpath.html#simple): elements, constant indexes, `extension()` and
`ofType()`.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from publisher.apply.fitting import fitted, forbidding, is_target
from publisher.apply.omissions import omitted
from publisher.expression.fhirpath.parser import parse
from publisher.expression.fhirpath.syntax import Call, Indexer, Literal, Member, Node, Special, Variable, qualified_name
from publisher.issue import IssueError
from publisher.r4 import definitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.apply.tree import DynamicValue
    from publisher.issue import Issue
    from publisher.r4.elements import Child
    from publisher.repository import Resource

WHOLE = "$this"
ACTION = "%action"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: an element with its index, or the extension of an address."""

    name: str
    index: int | None = None
    url: str | None = None


class PathError(Exception):
    """A path that is not of the simple subset, or leads nowhere: the row of omissions that says so."""

    def __init__(self, row: str, **values: Any) -> None:
        super().__init__(row)
        self.row, self.values = row, values


@lru_cache(maxsize=2048)
def steps_of(path: str) -> tuple[str, tuple[Step, ...]]:
    """Return where a path starts (`$this`, `%action` or nothing) and its steps; PathError for any other path."""
    if path == "":
        raise PathError("path-empty")
    try:
        return _steps(parse(path))
    except IssueError as error:
        raise PathError("path-unreadable") from error


def _steps(node: Node | None) -> tuple[str, tuple[Step, ...]]:
    match node:
        case None:
            return "", ()
        case Special(name=name) if f"${name.lstrip('$')}" == WHOLE:
            return WHOLE, ()
        case Variable(name="action"):
            return ACTION, ()
        case Member(name=name, focus=focus):
            root, steps = _steps(focus)
            return root, (*steps, Step(name))
        case Indexer(focus=focus, index=Literal(value=int() as index)) if index >= 0:
            root, steps = _steps(focus)
            if steps and steps[-1].index is None:
                return root, (*steps[:-1], Step(steps[-1].name, index, steps[-1].url))
        case Call(name="extension", arguments=(Literal(value=str() as url),), focus=focus):
            root, steps = _steps(focus)
            return root, (*steps, Step("extension", None, url))
        case Call(name="ofType", arguments=(named,), focus=focus):
            root, steps = _steps(focus)
            type_name = (qualified_name(named) or "").rpartition(".")[2]
            if steps and type_name:
                chosen = f"{steps[-1].name}{type_name[:1].upper()}{type_name[1:]}"
                return root, (*steps[:-1], Step(chosen, steps[-1].index))
    raise PathError("path-not-simple")


def is_for_action(path: str) -> bool:
    """Return whether a path leads to the action and not to the request; older content writes `action.title`."""
    try:
        root, steps = steps_of(path)
    except PathError:
        return False
    return root == ACTION or (not root and len(steps) > 1 and steps[0].name == "action")


def set_values(
    target: Resource,
    values: Iterable[DynamicValue],
    where: str,
    kind: str | None = None,
    ours: Mapping[str, str] = MappingProxyType({}),
) -> list[Issue]:
    """Put values into `target`, in order; return an issue for each that found no place, which leaves no trace in it.

    `kind` is the type of the target where it does not say so itself. `ours` are the elements that no value decides,
    however its path is spelled, each with the row of omissions that says so; of a list that is there already, the first
    item is.
    """
    issues: list[Issue] = []
    for each in values:
        try:
            rows = _set(target, each, kind or target["resourceType"], ours)
            issues.extend(omitted(row, where, severity="warning", path=each.path) for row in rows)
        except PathError as error:
            issues.append(omitted(error.row, where, path=each.path, **error.values))
    return issues


def _set(target: Resource, value: DynamicValue, kind: str, ours: Mapping[str, str]) -> list[str]:
    """Put a value at its path; return a row for each element that it may not decide."""
    root, steps = steps_of(value.path)
    if not root and len(steps) > 1 and steps[0].name in ("action", kind):
        steps = steps[1:]  # `action.title`, `Task.input`: the path names its root
    if not steps:
        return _set_whole(target, value.values, kind, ours)
    row = ours.get(steps[0].name)
    if row and not isinstance(target.get(steps[0].name), dict | list):
        return [row]
    key = _child(kind, steps[0]).key
    tried = {**target, **{name: deepcopy(target[name]) for name in (key, f"_{key}") if name in target}}
    _put(tried, steps, value.values, kind)
    if row and not _stays(target[key], tried[key]):
        return [row]
    target.clear()
    target.update(tried)
    return []


def _stays(before: Any, after: Any) -> bool:
    """Return whether an element is what it was, a list as far as its first item is concerned.

    Of a participant that is who it is: how somebody takes part may be said.
    """
    if isinstance(before, list) and isinstance(after, list):
        return _actor(before[0]) in map(_actor, after)
    return bool(before == after)


def _actor(item: Any) -> Any:
    return item.get("actor", item) if isinstance(item, dict) else item


def _set_whole(target: Resource, values: tuple[Any, ...], kind: str, ours: Mapping[str, str]) -> list[str]:
    """Put each element of a resource of the same type in the place of the target's."""
    if len(values) > 1:
        raise PathError("path-several")
    whole = values[0]
    if not isinstance(whole, dict):
        raise PathError("path-no-resource")
    if whole.get("resourceType", kind) != kind:
        raise PathError("path-other-type", kind=kind)
    elements = {name: each for name, each in whole.items() if name != "resourceType"}
    children = [(name, _child(kind, Step(name.removeprefix("_")))) for name in elements]
    rows: list[str] = []
    for name, child in children:
        row = ours.get(name.removeprefix("_"))
        if row and not _stays(target.get(name), elements[name]):
            rows.append(row)
            continue
        _clear_choice(target, child)
        target[name] = elements[name]
    return list(dict.fromkeys(rows))


def _put(target: Resource, steps: tuple[Step, ...], values: tuple[Any, ...], path: str) -> None:
    """Walk down the steps, making what is not there, and put the values at the end."""
    step, *rest = steps
    child = _child(path, step)
    if rest:
        _put(_entered(target, step, child), tuple(rest), values, child.content)
        return
    fitting = [fitted(each, child.content) for each in values]
    if any(each is None or not is_target(each, child) for each in fitting):
        raise PathError("path-other-type", kind=child.content)
    if value_set := forbidding(fitting, child):
        raise PathError("path-other-code", kind=value_set)
    is_whole_list = child.element.is_list and step.index is None
    if len(fitting) > 1 and not is_whole_list:
        raise PathError("path-several")
    _clear_choice(target, child)
    if not child.element.is_list:
        target[child.key] = fitting[0]
    elif is_whole_list:
        target[child.key] = fitting
    else:
        items = target.setdefault(child.key, [])
        _grow(items, step.index or 0)
        items[step.index or 0] = fitting[0]


def _child(path: str, step: Step) -> Child:
    children = definitions.children(path)
    child = children.get(step.name)
    if child is None and f"{step.name}[x]" in {each.element.path.rpartition(".")[2] for each in children.values()}:
        raise PathError("path-choice", element=step.name)
    if child is None:
        raise PathError("path-unknown", element=step.name, kind=path)
    if step.index and not child.element.is_list:
        raise PathError("path-index", index=step.index, count=1)
    return child


def _clear_choice(target: Resource, child: Child) -> None:
    """Remove the other forms of a choice: it holds one."""
    if child.element.is_choice:
        stem = child.element.path.rpartition(".")[2].removesuffix("[x]")
        for name in [each for each in target if each.lstrip("_").startswith(stem) and each.lstrip("_") != child.key]:
            if name.lstrip("_")[len(stem) : len(stem) + 1].isupper():
                del target[name]


def _entered(target: Resource, step: Step, child: Child) -> Resource:
    """Return the element that a step leads to, made where it is not there."""
    if child.content == "Resource":  # what is not there has no type to be made of
        raise PathError("path-into-resource", element=child.key)
    is_plain = definitions.is_primitive(child.type.code)
    if is_plain and child.element.is_list:
        raise PathError("path-plain", element=child.key)
    _clear_choice(target, child)
    if not child.element.is_list:  # what a plain value has beside it stands under its name with an underscore
        entered: Resource = target.setdefault(f"_{child.key}" if is_plain else child.key, {})
        return entered
    items: list[Resource] = target.setdefault(child.key, [])
    if step.url is not None:
        for each in items:
            if each.get("url") == step.url:
                return each
        items.append({"url": step.url})
        return items[-1]
    _grow(items, step.index or 0)
    return items[step.index or 0]


def _grow(items: list[Any], index: int) -> None:
    if index > len(items):
        raise PathError("path-index", index=index, count=len(items))
    if index == len(items):
        items.append({})
