"""What one evaluation is given, and what it may use up.

Environment variables: https://hl7.org/fhirpath/N1/#environment-variables. What reaches outside the data (references,
profiles, terminology, narrative, the clock) is passed in as `Services`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import monotonic
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue, IssueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.element import Items
    from publisher.expression.limits import Limits

_CHUNK = 20_000
_HEAVY = 100
_LIGHT = (str, int, bool, Decimal)


@dataclass(frozen=True, slots=True)
class Services:
    """What an expression may ask of the rest of the world; a function that is not given is refused when used.

    `resolve` takes a reference or canonical and returns a resource or None; for `resolve() is Patient` a resource with
    its resourceType is enough. `conforms_to` takes a resource and a profile's url, `member_of` a code, Coding or
    CodeableConcept and a value set's url, `html_checks` the text of a narrative; these three answer None where they
    cannot tell. `now` has a time zone; without it the system's clock is read.
    """

    resolve: Callable[[str], dict[str, Any] | None] | None = None
    conforms_to: Callable[[Any, str], bool | None] | None = None
    member_of: Callable[[Any, str], bool | None] | None = None
    html_checks: Callable[[str], bool | None] | None = None
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """What `trace()` was told: a name and the items at that moment."""

    name: str
    items: tuple[Any, ...]


class Environment:
    """What the closures of one evaluation read and count down."""

    __slots__ = (
        "context",
        "deadline",
        "defined",
        "index",
        "left",
        "limits",
        "now",
        "services",
        "spent",
        "total",
        "trace",
        "variables",
    )

    def __init__(self, context: Any, variables: dict[str, Items], services: Services, limits: Limits) -> None:
        self.context = context
        self.variables = variables
        self.services = services
        self.limits = limits
        self.now = services.now
        self.trace: list[Traced] = []
        self.defined: dict[int, Items] = {}
        self.index = 0
        self.total: Items = []
        self.spent = 0
        self.left = _CHUNK
        self.deadline = 0.0

    def spend(self, steps: int) -> None:
        """Count `steps`, and refuse to go on beyond what the limits allow."""
        self.left -= steps
        if self.left < 0:
            self.refill()

    def refill(self) -> None:
        """Grant another part of the steps; here, not at every step, the clock is looked at."""
        self.spent += _CHUNK - self.left
        self.left = _CHUNK
        moment = monotonic()
        if not self.deadline:
            self.deadline = moment + self.limits.seconds
        if self.spent > self.limits.steps:
            raise too_costly(f"takes more than {self.limits.steps} steps")
        if moment > self.deadline:
            raise too_costly(f"takes more than {self.limits.seconds} seconds")

    def clock(self) -> datetime:
        """Return the moment of this evaluation, the same at every call."""
        if self.now is None:
            self.now = datetime.now(UTC)
        return self.now

    def sized(self, items: Items) -> Items:
        """Return `items`, counted, or refuse a collection that is too large."""
        size = len(items)
        if size > self.limits.size:
            raise too_costly(f"makes a collection of more than {self.limits.size} items")
        self.left -= size
        if self.left < 0:
            self.refill()
        return items

    def weighed(self, items: Items) -> Items:
        """Return `items`, counted as what comparing them costs: an object by its depth, unseen, far more."""
        if items and items[0].__class__ not in _LIGHT:
            self.spend(_HEAVY * len(items))
        return self.sized(items)

    def string(self, text: str) -> str:
        """Return `text`, or refuse one that is too long."""
        if len(text) > self.limits.size:
            raise too_costly(f"makes a string of more than {self.limits.size} letters")
        self.spend(len(text) >> 6)
        return text


def too_costly(sentence: str) -> IssueError:
    """Return the error that an evaluation goes beyond its limits."""
    diagnostics = f"The FHIRPath expression {sentence}; make it simpler or evaluate it on less."
    return IssueError(Issue.error("too-costly", "fhirpath-limit", diagnostics))
