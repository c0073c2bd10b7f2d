"""Evidence: the resources, and the codes found in value sets, that a value rests on.

Collected only where an explanation is asked for (`Evaluation.explains`): a bit for each piece rides in the mask of a
tracked value beside the causes, so that what decided a value follows from the rules of the operators themselves.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from publisher.expression.values import Code, ValueSet, codes_of
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.causes import Tracked
    from publisher.expression.evaluation import Evaluation

Resource = dict[str, Any]


@record
class Consulted:
    """A resource that was read, by identity."""

    key: int
    resource: Resource = field(compare=False, repr=False)


@record
class Matched:
    """A code that was found among those asked for: of a value set, or named one by one."""

    code: Code
    value_set: str | None = None


def traced(env: Evaluation, value: Any, also: Callable[[Resource], int] = lambda _resource: 0) -> Tracked:
    """Return a resource or a list of them with the evidence of each; `also` gives more bits for one."""
    if isinstance(value, list):
        return value, 0, [(0, traced(env, each, also)) for each in value]
    if not isinstance(value, dict) or "resourceType" not in value:
        return value, 0, None
    return value, env.causes.trace(Consulted(id(value), value)) | also(value), None


def matched(env: Evaluation, tested: Any, wanted: Any) -> int:
    """Return the bits of the codes of `tested` that are in a value set, or among the codes wanted."""
    codes = codes_of(tested)
    if isinstance(wanted, ValueSet):
        holds = env.terminology.expansion(wanted).holds
        found = [Matched(code, wanted.id) for code in codes if holds(code)]
    else:
        among = {(code.system, code.code) for code in codes_of(wanted)}
        found = [Matched(code) for code in codes if (code.system, code.code) in among]
    mask = 0
    for each in found:
        mask |= env.causes.trace(each)
    return mask
