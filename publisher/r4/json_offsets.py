"""Find where a part of a JSON text stands, scanning only the objects and arrays on the way to it.

Implements the grammar of https://www.rfc-editor.org/rfc/rfc8259 for texts that have been read without error.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from publisher.r4.json_scan import Path, Step

_SPACE = re.compile(r"[ \t\n\r]*")
# Passes over a value as fast as the reader does; what numbers stand for does not matter.
_READER = json.JSONDecoder(parse_float=len, parse_int=len, parse_constant=len)
_PASS: Callable[[str, int], tuple[Any, int]] = _READER.scan_once  # type: ignore[attr-defined]  # the stubs lack it


class Offsets:
    """The offsets of members (their keys) and items (their values) of a text, found when they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._inside: dict[int, dict[Step, tuple[int, int]]] = {}

    def at(self, path: Path) -> int:
        """Return the offset of the part that a path names, or of its nearest parent that is there."""
        start = place = self._after_space(0)
        for step in path:
            found = self._children(start).get(step)
            if found is None:
                break
            place, start = found
        return place

    def _children(self, start: int) -> dict[Step, tuple[int, int]]:
        """Return the children of the value at `start`: where each stands, and where its value does."""
        if start not in self._inside:
            opening = self._text[start : start + 1]
            scan = self._members if opening == "{" else self._items if opening == "[" else None
            self._inside[start] = dict(scan(start + 1)) if scan else {}
        return self._inside[start]

    def _members(self, position: int) -> Iterator[tuple[Step, tuple[int, int]]]:
        position = self._after_space(position)
        while self._text[position] != "}":
            place = position
            key, position = _PASS(self._text, position)
            start = self._after_space(self._after_space(position) + 1)
            yield key, (place, start)
            position = self._next(start)

    def _items(self, position: int) -> Iterator[tuple[Step, tuple[int, int]]]:
        position, index = self._after_space(position), 0
        while self._text[position] != "]":
            yield index, (position, position)
            position, index = self._next(position), index + 1

    def _next(self, start: int) -> int:
        """Return where the member or item after the value at `start` begins, or the bracket that closes."""
        _, position = _PASS(self._text, start)
        position = self._after_space(position)
        return self._after_space(position + 1) if self._text[position] == "," else position

    def _after_space(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position
