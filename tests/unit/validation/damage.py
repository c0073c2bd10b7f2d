"""Ways to damage a JSON value in one place."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Path = tuple[Any, ...]


def places(value: Any, path: Path = ()) -> list[Path]:
    """Return the path of a value and of all inside it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


def damaged(value: dict[str, Any], path: Path, junk: Any) -> Any:
    """Return a copy with `junk` at a path."""
    changed = deepcopy(value)
    if not path:
        return junk
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = junk
    return changed
