"""Records: dataclasses that the type checker keeps frozen, made at the price of ones that are not.

A frozen dataclass sets each field through a call, which is six times as slow; evaluation makes hundreds for each
request. https://docs.python.org/3/library/typing.html#typing.dataclass_transform.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Return a class as a dataclass with slots, equal and hashed by its fields, that nothing may change."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
