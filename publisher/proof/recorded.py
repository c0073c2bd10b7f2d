"""What conditions and their atoms came to in the worked patients: a row for each that a condition decided on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.expression.evaluation import Evaluation
from publisher.proof.substitution import decided, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publisher.apply.tree import AppliedPlan
    from publisher.cases.suite import Result
    from publisher.proof.atoms import Condition, Definition
    from publisher.proof.rules import Rule

RULE_STATES = ("applied", "undetermined", "not-applied")


@dataclass(frozen=True, slots=True)
class Row:
    """A condition in one case: its state, and those of its atoms in their order."""

    case: str
    state: str
    atoms: tuple[str, ...]

    @property
    def decided(self) -> str:
        """Return what the condition came to: true, false or undetermined."""
        return decided(self.state)


def rows_of(conditions: Sequence[Condition], results: Iterable[Result]) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of each condition, by its key."""
    rows: dict[tuple[str, str], list[Row]] = {one.definition.key: [] for one in conditions}
    for result in results:
        if result.found is None or result.found.applied is None:
            continue
        applied = result.found.applied
        states = _States(applied)
        judged = set(_judged(applied))
        for one in conditions:
            if one.name in judged:
                row = Row(result.case.id, states[one.definition], tuple(states[atom] for atom in one.atoms))
                rows[one.definition.key].append(row)
    return rows


def by_state(rows: Iterable[Row], states: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the cases by what the condition came to in them."""
    listed = list(rows)
    return {state: tuple(dict.fromkeys(row.case for row in listed if row.decided == state)) for state in states}


def rule_states(rules: Sequence[Rule], results: Iterable[Result]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return for each rule with a condition of its own the cases in which it applied, did not, and was undetermined."""
    listed = [one for one in results if one.found and one.found.applied]
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for rule in (one for one in rules if one.decides):
        cases: dict[str, dict[str, None]] = {state: {} for state in RULE_STATES}
        for one in listed:
            applied = one.found.applied if one.found else None
            if applied is not None and applied.artifact.id == rule.plan:
                states = {each.decision.state for each in applied.walk() if each.id == rule.action}
                state = next((each for each in RULE_STATES if each in states), "not-applied")
                cases[state][one.case.id] = None
        found[rule.name] = {state: tuple(names) for state, names in cases.items()}
    return found


class _States:
    """The states of definitions on the data of one case, each evaluated once."""

    def __init__(self, applied: AppliedPlan) -> None:
        self._states: dict[tuple[str, str], str] = {}
        env = applied.evaluation
        if env is None:
            raise ValueError("the tree does not hold the evaluation that decided it")
        # The time that an evaluation may take runs from its making, so this is one of its own.
        self._env = Evaluation(env.context, env.terminology, parameters=env.parameters, now=env.now)

    def __getitem__(self, definition: Definition) -> str:
        if definition.key not in self._states:
            outcome = definition.library.evaluate(definition.name, self._env)
            self._states[definition.key] = state_of(outcome)
        return self._states[definition.key]


def _judged(applied: AppliedPlan) -> Iterator[str]:
    for action in applied.walk():
        for each in action.decision.conditions:
            yield str(each.expression.get("expression")).strip('"')
