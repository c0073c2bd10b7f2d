"""One evaluation: a patient's data, the parameters, and what has been worked out so far.

Lives for one request; the compiled libraries that it reads live as long as the process.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from publisher.expression.causes import CauseTable
from publisher.expression.limits import DEFAULT, Limits
from publisher.expression.temporal import DateTime, from_datetime, with_offset
from publisher.expression.values import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from publisher.expression.causes import Tracked
    from publisher.expression.context import DataContext
    from publisher.expression.terminology import Terminology

T = TypeVar("T")

# Steps between two looks at the clock.
_STRIDE = 256


class Evaluation:
    """What closures read while they run; results of named definitions are kept, by library and name."""

    __slots__ = (
        "_deadline",
        "_left",
        "_missing",
        "_next_look",
        "_open",
        "called",
        "causes",
        "coded",
        "context",
        "depth",
        "explains",
        "idle",
        "limits",
        "messages",
        "now",
        "offset",
        "parameters",
        "plain",
        "retrieved",
        "terminology",
        "times",
        "traces",
        "tracked",
        "unrecognised",
    )

    def __init__(  # noqa: PLR0913  what an evaluation needs, by keyword
        self,
        context: DataContext,
        terminology: Terminology,
        *,
        parameters: Mapping[str, Any] | None = None,
        now: datetime | None = None,
        limits: Limits = DEFAULT,
        explains: bool = False,
        traces: bool = False,
    ) -> None:
        """Hold what an evaluation needs; `now` must have a time zone, which times without one are taken to be in.

        With `explains` every value is tracked together with what it rests on (see `evidence`). With `traces` tracked
        evaluation follows each definition to those below it, also where it finds nothing and its value is known.
        """
        self.explains = explains
        self.traces = traces
        self.context = context
        self.terminology = terminology
        self.parameters = parameters or {}
        self.now = now
        zone = now.utcoffset() if now else None
        self.offset = int(zone.total_seconds() // 60) if zone else 0
        self.limits = limits
        self.causes = CauseTable()
        # types, and the bit of the cause for which more of one may come (0: none)
        self._missing: dict[str, int] = {}
        # sets of types, and those of them that may be missing
        self._open: dict[frozenset[str], frozenset[str]] = {}
        self.plain: dict[tuple[str, str], Any] = {}
        self.tracked: dict[tuple[str, str], Tracked] = {}
        # value set -> concepts that no code system of it could tell, by identity
        self.unrecognised: dict[str, dict[int, Any]] = {}
        # resources by type and coded element, and those of them that are in given codes
        self.coded: dict[tuple[str, str], Any] = {}
        self.retrieved: dict[Any, Any] = {}
        # requirements by identity, and whether nothing that arrived answers one
        self.idle: dict[int, bool] = {}
        # texts of the record that were read as a DateTime
        self.times: dict[str, DateTime | None] = {}
        # what functions of one FHIR element came to, with that element
        self.called: dict[Any, tuple[Any, Any]] = {}
        # what the logic said with Message, as (severity, code, text)
        self.messages: list[tuple[str, str | None, str | None]] = []
        self.depth = 0
        self._left = limits.steps
        self._next_look = limits.steps - _STRIDE
        self._deadline = monotonic() + limits.seconds

    def open_types(self, types: frozenset[str]) -> frozenset[str]:
        """Return those of these types of which something may be missing."""
        found = self._open.get(types)
        if found is None:
            is_closed = self.context.is_closed
            found = self._open[types] = frozenset(each for each in types if not is_closed(each))
        return found

    def missing(self, kind: str) -> int:
        """Return the bit of the cause for which there may be more of a type, or 0."""
        bit = self._missing.get(kind)
        if bit is None:
            cause = self.context.supply(kind).cause
            bit = self._missing[kind] = self.causes.bit(cause) if cause else 0
        return bit

    def charge(self, steps: int) -> None:
        """Count `steps` of work; EvaluationError when the evaluation has used up its steps or its time."""
        self._left -= steps
        if self._left < self._next_look:
            self._look()

    def alone(self, evaluate: Callable[[Evaluation], T]) -> tuple[T, CauseTable]:
        """Return what `evaluate` comes to in an evaluation of the same data that knows nothing yet, and its causes.

        It gets no parameters, and what it takes is taken from the steps and the time of this one.
        """
        other = Evaluation(self.context, self.terminology, now=self.now, limits=self.limits)
        other.depth, other._deadline = self.depth, self._deadline
        other._left, other._next_look = self._left, self._next_look
        try:
            return evaluate(other), other.causes
        finally:
            self._left, self._next_look = other._left, other._next_look

    def _look(self) -> None:
        if self._left < 0:
            raise EvaluationError(f"the logic takes more than {self.limits.steps} steps", "limit")
        if monotonic() > self._deadline:
            raise EvaluationError(f"the logic takes longer than {self.limits.seconds} seconds", "limit")
        self._next_look = self._left - _STRIDE

    def sized(self, value: Any) -> Any:
        """Return a list or text that was built, or raise EvaluationError where it is too large."""
        if len(value) > self.limits.size:
            raise EvaluationError(f"a value has more than {self.limits.size} items or letters", "limit")
        return value

    def enter(self) -> None:
        """Go one call deeper; the caller takes one from `depth` when it comes back."""
        self._left -= 1
        if self._left < self._next_look:
            self._look()
        self.depth += 1
        if self.depth > self.limits.depth:
            raise EvaluationError(f"calls go deeper than {self.limits.depth}", "limit")

    @property
    def moment(self) -> DateTime:
        """Return the time of the evaluation; EvaluationError without one."""
        if self.now is None:
            raise EvaluationError("the logic asks for the time of the evaluation, which was not given", "clock")
        return with_offset(from_datetime(self.now), self.offset)
