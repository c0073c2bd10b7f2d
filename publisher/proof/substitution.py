"""What a definition comes to when some definitions below it are given values instead of being evaluated.

The values are those of three-valued evaluation: true, false, null (the record leaves it open) and open (it was not
supplied). The definition runs as in any evaluation; only what it refers to is settled beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from publisher.expression.causes import Cause
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.expression.definition import Outcome
    from publisher.expression.terminology import Terminology
    from publisher.proof.atoms import Definition

TRUE, FALSE, NULL, OPEN, ERROR = "true", "false", "null", "open", "error"
STATES: Final = (TRUE, FALSE, NULL, OPEN)
UNDETERMINED: Final = "undetermined"
PLAIN: Final[Mapping[str, bool | None]] = {TRUE: True, FALSE: False, NULL: None, OPEN: None}
NOT_KNOWN: Final = Cause("not-supplied", "Basic")
NOTHING: Final = DataContext(closed=True)


def substituted(definition: Definition, values: Mapping[tuple[str, str], str], terminology: Terminology) -> str:
    """Return the state of a definition where each definition in `values` has the state given there."""
    env = Evaluation(NOTHING, terminology, traces=True)
    unknown = env.causes.bit(NOT_KNOWN)
    for key, state in values.items():
        env.plain[key] = PLAIN[state]
        env.tracked[key] = (PLAIN[state], unknown if state == OPEN else 0, None)
    return state_of(definition.library.evaluate(definition.name, env, tracked=True))


def state_of(outcome: Outcome) -> str:
    """Return the state of an outcome."""
    if outcome.error is not None:
        return ERROR
    if outcome.is_open:
        return OPEN
    return NULL if outcome.value is None else str(outcome.value).lower()


def decided(state: str) -> str:
    """Return a state as a decision has it: what the record leaves open and what was not supplied are one."""
    return state if state in (TRUE, FALSE) else UNDETERMINED
