"""The definitions that a definition rests on, with what each came to in one evaluation.

https://cql.hl7.org/04-logicalspecification.html#expressionref. A reader follows a decision from its name to the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.expression.compiler import depth
from publisher.expression.requirements import Walk

if TYPE_CHECKING:
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.library import Library


@dataclass(frozen=True, slots=True)
class Step:
    """A definition that was evaluated on the way: its library and name, its value, and whether that could change."""

    library: str
    name: str
    value: Any
    is_open: bool = False


def trace_of(library: Library, name: str, env: Evaluation) -> tuple[Step, ...]:
    """Return the definitions below a definition that the evaluation came to, in the order it came to them."""
    walk = Walk()
    walk.definition(library, name)
    below = walk.seen - {(library.id, name)}
    steps = {
        key: Step(*key, value[0], env.causes.is_open(depth(value)))
        for key, value in env.tracked.items()
        if key in below
    }
    steps |= {key: Step(*key, value) for key, value in env.plain.items() if key in below and key not in steps}
    return tuple(steps.values())
