"""A field of a form that shows one element of a resource as text, and how an element is put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Resource = dict[str, Any]

TRUTH = ("true", "false")


class UnfitError(ValueError):
    """What was written into a field cannot stand in its element."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name in the form, what kind of control it is, and how it reads and writes its element.

    `label` and `group` are words of an artifact where the field is a question; else its name is looked up. `offered` is
    the type of resource whose codes a field offers, `is_coded` whether what a concept says has one.
    """

    name: str
    kind: str
    read: Callable[[Resource], str]
    write: Callable[[Resource, str], None]
    choices: tuple[str, ...] = ()
    label: str = ""
    group: str = ""
    offered: str = ""
    is_coded: Callable[[Resource], bool] = lambda _: True

    def change(self, resource: Resource, written: str) -> None:
        """Write a text, or raise an UnfitError where it cannot stand in the element."""
        if self.choices and written and written not in self.choices:
            raise UnfitError(written)
        self.write(resource, written)


def put(resource: Resource, name: str, value: Any) -> None:
    """Put an element, or take it away where there is no value."""
    if value in (None, "", [], {}):
        resource.pop(name, None)
    else:
        resource[name] = value


def listed_in(value: Any) -> list[Resource]:
    """Return the objects of an element, be it a list or one."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def part_of(element: Resource, name: str) -> Resource:
    """Return an element that is an object, or an empty one."""
    value = element.get(name)
    return value if isinstance(value, dict) else {}
