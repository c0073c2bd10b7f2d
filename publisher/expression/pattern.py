"""Regular expressions that run in time linear in the text, whatever the expression.

Used by `matches` and `replaceMatches` (https://hl7.org/fhirpath/N1/#matchesregex--string--boolean) and by those of CQL.
All alternatives are followed at once (Thompson's construction), with Pike's captures for replacing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from publisher.expression.pattern_syntax import WORDS, Letters, PatternError, Reader, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Spend = Callable[[int], None]

__all__ = ["Pattern", "PatternError", "compiled"]

_MOST_KEPT: Final = 50_000

Slots = list[int | None]


@dataclass(slots=True)
class Pattern:
    """A compiled regular expression."""

    source: str
    program: list[Step]
    groups: dict[str, int]
    anchored: bool = False
    _kept: dict[tuple[frozenset[int], str, bool], frozenset[int]] = field(default_factory=dict)
    _size: int = 0

    def search(self, text: str, spend: Spend | None = None) -> bool:
        """Return whether a part of `text` matches."""
        return self._runs(text, spend, whole=False)

    def matches(self, text: str, spend: Spend | None = None) -> bool:
        """Return whether the whole of `text` matches."""
        return self._runs(text, spend, whole=True)

    def replace(self, text: str, substitution: str, size: int | None = None, spend: Spend | None = None) -> str:
        """Return `text` with every match replaced; `$1` and `${name}` stand for what a group found.

        Stops when the result is longer than `size`, for the caller to refuse it.
        """
        out: list[str] = []
        done = length = 0
        for slots in self._found(text, spend):
            start, end = slots[0] or 0, slots[1] or 0
            part = text[done:start] + "".join(_substituted(substitution, self.groups, text, slots))
            out.append(part)
            length, done = length + len(part), end
            if size is not None and length > size:
                break
        out.append(text[done:])
        return "".join(out)

    def split(self, text: str, spend: Spend | None = None) -> list[str]:
        """Return the parts of `text` between matches that are not empty."""
        out: list[str] = []
        done = 0
        for slots in self._found(text, spend):
            start, end = slots[0] or 0, slots[1] or 0
            if end > start:
                out.append(text[done:start])
                done = end
        return [*out, text[done:]]

    def _found(self, text: str, spend: Spend | None) -> Iterator[Slots]:
        """Yield the places of the groups of every match, from the left, none inside another."""
        at = 0
        while at <= len(text):
            slots = self._first(text, at, spend)
            if slots is None:
                return
            yield slots
            start, end = slots[0] or 0, slots[1] or 0
            at = end if end > start else end + 1

    def _runs(self, text: str, spend: Spend | None, *, whole: bool) -> bool:
        states = self._closed((0,), text, 0)
        for at, letter in enumerate(text):
            if not whole and len(self.program) - 1 in states:
                return True
            if spend:
                spend(1 + len(states) // 8)
            states = self._after(states, letter, text, at, whole=whole)
            if whole and not states:
                return False
        return len(self.program) - 1 in states

    def _after(self, states: frozenset[int], letter: str, text: str, at: int, *, whole: bool) -> frozenset[int]:
        """Return the states after a letter; kept for the next time where no assertion looks around."""
        if self.anchored:
            return self._moved(states, letter, text, at, whole=whole)
        key = (states, letter, whole)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = self._moved(states, letter, text, at, whole=whole)
            self._size += len(kept) + 1
            if self._size > _MOST_KEPT:
                self._kept.clear()
                self._size = 0
        return kept

    def _moved(self, states: frozenset[int], letter: str, text: str, at: int, *, whole: bool) -> frozenset[int]:
        program = self.program
        after = [state + 1 for state in states if _takes(program[state], letter)]
        return self._closed(after if whole else (*after, 0), text, at + 1)

    def _closed(self, starts: tuple[int, ...] | list[int], text: str, at: int) -> frozenset[int]:
        """Return the states reached without a letter that wait for one, and the end."""
        seen: set[int] = set()
        waiting = list(starts)
        while waiting:
            state = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            waiting.extend(self._free(state, text, at))
        return frozenset(state for state in seen if self.program[state].kind in ("letter", "match"))

    def _free(self, state: int, text: str, at: int) -> tuple[int, ...]:
        step = self.program[state]
        match step.kind:
            case "split":
                return (step.first, step.second)
            case "jump":
                return (step.first,)
            case "save":
                return (state + 1,)
            case "assert":
                return (state + 1,) if _holds(step.anchor, text, at) else ()
        return ()

    def _first(self, text: str, at: int, spend: Spend | None) -> Slots | None:
        """Return the places of the groups in the first match from `at` on; earlier alternatives go first."""
        size = 2 * (max(self.groups.values(), default=0) + 1)
        found: Slots | None = None
        threads: list[tuple[int, Slots]] = []
        for place in range(at, len(text) + 1):
            if found is None:
                threads.append((0, [None] * size))
            elif not threads:
                break
            if spend:
                spend(1 + len(threads))
            found, threads = self._advanced(threads, text, place, found)
        return found

    def _advanced(
        self, threads: list[tuple[int, Slots]], text: str, at: int, found: Slots | None
    ) -> tuple[Slots | None, list[tuple[int, Slots]]]:
        """Move all threads over the letter at `at`; a match ends those after it."""
        letter = text[at] if at < len(text) else None
        after: list[tuple[int, Slots]] = []
        for state, slots in self._waiting(threads, text, at):
            step = self.program[state]
            if step.kind == "match":
                return [slots[0], at, *slots[2:]], after
            if letter is not None and _takes(step, letter):
                after.append((state + 1, slots))
        return found, after

    def _waiting(self, threads: list[tuple[int, Slots]], text: str, at: int) -> Iterator[tuple[int, Slots]]:
        """Yield, best first, the states that wait for a letter or are at the end, with their groups."""
        seen: set[int] = set()
        waiting = threads[::-1]
        while waiting:
            state, slots = waiting.pop()
            if state in seen:
                continue
            seen.add(state)
            step = self.program[state]
            if state == 0 and slots[0] is None:
                slots = [at, *slots[1:]]
            if step.kind in ("letter", "match"):
                yield state, slots
            elif step.kind == "save":
                waiting.append((state + 1, [*slots[: step.first], at, *slots[step.first + 1 :]]))
            else:
                waiting.extend((each, slots) for each in reversed(self._free(state, text, at)))


@lru_cache(maxsize=64)
def compiled(text: str) -> Pattern:
    """Return the program of a regular expression, or raise PatternError."""
    reader = Reader(text)
    program = reader.whole()
    anchored = any(step.kind == "assert" for step in program)
    return Pattern(text, program, reader.groups, anchored)


def _takes(step: Step, letter: str) -> bool:
    return step.letters is not None and step.letters.has(letter)


def _holds(anchor: str, text: str, at: int) -> bool:
    if anchor == "start":
        return at == 0
    if anchor == "end":
        return at == len(text)
    if anchor == "line start":
        return at == 0 or text[at - 1] == "\n"
    if anchor == "line end":
        return at == len(text) or text[at] == "\n"
    word = Letters(WORDS)
    before = at > 0 and word.has(text[at - 1])
    after = at < len(text) and word.has(text[at])
    return (before != after) is (anchor == "word")


def _substituted(substitution: str, groups: dict[str, int], text: str, slots: Slots) -> Iterator[str]:
    """Yield the parts of a substitution; a backslash takes the meaning from the letter after it."""
    at = 0
    while at < len(substitution):
        letter = substitution[at]
        if letter == "\\" and at + 1 < len(substitution):
            yield substitution[at + 1]
            at += 2
            continue
        at += 1
        if letter != "$":
            yield letter
            continue
        name = _group_name(substitution[at:])
        number = 0 if name == "0" else groups.get(name.strip("{}"))
        if number is None:
            yield "$"
            continue
        at += len(name)
        start, end = slots[2 * number], slots[2 * number + 1]
        yield text[start:end] if start is not None and end is not None else ""


def _group_name(text: str) -> str:
    """Return the name of a group after a `$`, in braces or one or two digits."""
    if text.startswith("{"):
        return text[: text.find("}") + 1]
    size = 0
    while size < min(2, len(text)) and text[size].isdigit():
        size += 1
    return text[:size]
