"""Truth tables of the rules: every value of every atom, and what must hold whatever they are.

For each action, its own conditions and those of the actions above it are put to every assignment of true, false, null
and open to their atoms. Shown is that some assignment lets the action apply, that no two actions apply together that
contradict each other, and that the gate, where it is true, adds nothing but its own action. Two actions contradict
where proof.yaml calls them exclusive, and where under one plan one proposes what another proposes not to do. Where the
atoms are too many for every assignment, the definitions nearer to the condition stand for those below them, and have
a table of their own. How each result was come to stands in the report; nothing is sampled in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, Final

from publisher.proof.atoms import parts_of, referred_to
from publisher.proof.rules import rules_of
from publisher.proof.substitution import FALSE, NULL, OPEN, STATES, TRUE, substituted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from publisher.apply.knowledge import Knowledge
    from publisher.proof.atoms import Definition
    from publisher.proof.declared import Declared
    from publisher.proof.rules import Rule, Step

MOST: Final = 20_000
KEPT: Final = 5  # results are kept of definitions with no more below them: others hardly come again
THREE: Final = (TRUE, FALSE, OPEN)

BESIDE_DATA: Final = "not shown: a condition refers to the gate and reads data itself; name what it reads"

Key = tuple[str, str]
States = dict[Key, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was to be shown: its id, whether it holds, and how that was come to."""

    id: str
    holds: bool
    how: str
    counterexample: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Space:
    """The assignments over which something is shown: the definitions that vary, their values, how that is called."""

    varied: tuple[Definition, ...]
    values: tuple[str, ...]
    how: str
    whole: bool = True

    def __iter__(self) -> Iterator[States]:
        keys = [one.key for one in self.varied]
        for states in product(self.values, repeat=len(keys)) if self.whole else ():
            yield dict(zip(keys, states, strict=True))
        for most, one in permutations(self.values, 2) if not self.whole else ():
            alike = dict.fromkeys(keys, most)
            yield alike
            yield from ({**alike, key: one} for key in keys)

    @classmethod
    def over(cls, varied: tuple[Definition, ...], about: str) -> Space | None:
        """Return the space of all assignments with as many values as are not too many, if there is one."""
        for values in (STATES, THREE):
            if len(values) ** len(varied) <= MOST:
                return cls(varied, values, f"every assignment of {about}, {len(values)} values")
        return None


@dataclass(slots=True)
class Tables:
    """The tables of the rules of one topic."""

    knowledge: Knowledge
    rules: Sequence[Rule]
    declared: Declared
    _under: dict[Key, tuple[Key, ...]] = field(default_factory=dict)
    _known: dict[tuple[Key, tuple[tuple[Key, str], ...]], str] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Yield what was to be shown, rule by rule, pair by pair, then the gate."""
        for steps, rules in _by_steps(self.rules).items():
            reached = self._reached(steps)
            yield from (Finding(f"reachable/{rule.name}", *reached) for rule in rules)
        for one in self._standing_for():
            yield self._both_values(one)
        for first, second in _contradictory(self.rules, self.declared):
            yield self._never_both(first, second)
        yield from self._gate()

    def _reached(self, steps: tuple[Step, ...]) -> tuple[bool, str]:
        space = self._space(steps)
        return any(self._applies(steps, states) for states in space), space.how

    def _never_both(self, first: Rule, second: Rule) -> Finding:
        steps = (*first.steps, *second.steps)
        space = self._space(steps)
        found = next((states for states in space if self._applies(steps, states)), None)
        name = f"contradiction/{first.plan}/{first.action}/{second.action}"
        return Finding(name, found is None, space.how, _told(found))

    def _gate(self) -> Iterator[Finding]:
        """Yield for each action beside the gate's own that it does not apply because the gate is true."""
        gate = self.declared.gate
        plans = {rule.plan for rule in self.rules if gate and rule.action == gate.action}
        leading = {name for rule in self.rules if gate and rule.action == gate.action for name in rule.above}
        for rule in self.rules if gate else ():
            own = gate is not None and gate.action in (rule.action, *rule.above)
            if gate and rule.plan in plans and not own and rule.action not in leading:
                yield self._monotone(rule, gate.definition)

    def _monotone(self, rule: Rule, gate: str) -> Finding:
        space = self._toward(rule.steps, gate)
        keys = [one.key for one in space.varied if one.name == gate]
        found = None
        for states in space if keys else ():
            if states[keys[0]] == TRUE and self._applies(rule.steps, states):
                others = ({**states, keys[0]: other} for other in space.values if other != TRUE)
                if any(not self._applies(rule.steps, each) for each in others):
                    found = states
                    break
        hidden = not keys and any(self._leads(step.definition, gate) for step in rule.steps)
        how = space.how if keys else BESIDE_DATA if hidden else "no condition refers to the gate"
        return Finding(f"gate/{rule.name}", found is None and not hidden, how, _told(found))

    def _both_values(self, definition: Definition) -> Finding:
        """Return whether a definition that stands for its atoms elsewhere can be true, and false."""
        space = self._space_of([definition], deeper=True)
        found = {self._state(definition, states) for states in space}
        return Finding(f"both-values/{definition.name}", {TRUE, FALSE} <= found, space.how)

    def _standing_for(self) -> list[Definition]:
        """Return the definitions that vary in some table, and refer to others."""
        found = {one.key: one for rule in self.rules for one in self._space(rule.steps).varied if parts_of(one)}
        gate = self.declared.gate
        return [one for one in found.values() if gate is None or one.name != gate.definition]

    def _applies(self, steps: Iterable[Step], states: States) -> bool:
        plain = {key: NULL if state == OPEN else state for key, state in states.items()}
        return all(self._state(step.definition, states if step.tracked else plain) == TRUE for step in steps)

    def _state(self, definition: Definition, states: States) -> str:
        """Return what a definition comes to; of the assignment only what is below it counts."""
        below = tuple((key, states[key]) for key in self._below(definition) if key in states)
        known = self._known.get((definition.key, below))
        if known is None:
            known = substituted(definition, dict(below), self.knowledge.terminology)
            if len(below) <= KEPT:
                self._known[definition.key, below] = known
        return known

    def _below(self, definition: Definition) -> tuple[Key, ...]:
        if definition.key in self._under:
            return self._under[definition.key]
        keys: dict[Key, None] = {}
        pending = [definition]
        while pending:
            here = pending.pop()
            if here.key not in keys:
                keys[here.key] = None
                pending.extend(referred_to(here))
        self._under[definition.key] = tuple(keys)
        return tuple(keys)

    def _space(self, steps: Iterable[Step]) -> Space:
        return self._space_of([step.definition for step in steps])

    def _space_of(self, definitions: Sequence[Definition], *, deeper: bool = False) -> Space:
        """Return the deepest assignments that are not too many, at least one level down where `deeper`."""
        levels = [self._unfolded(definitions)] if deeper else [tuple(definitions)]
        while (level := self._unfolded(levels[-1])) != levels[-1]:
            levels.append(level)
        for depth, level in enumerate(reversed(levels)):
            about = f"{len(level)} atoms" if depth == 0 else f"{len(level)} definitions that stand for their atoms"
            if space := Space.over(level, about):
                return space
        how = f"not every assignment: {len(levels[0])} definitions alike, and each apart from the others"
        return Space(levels[0], THREE, how, whole=False)

    def _toward(self, steps: Sequence[Step], gate: str) -> Space:
        """Return assignments in which the gate varies, where some condition refers to it."""
        space = self._space(steps)
        if any(one.name == gate for one in space.varied):
            return space
        level: dict[Key, Definition] = {step.definition.key: step.definition for step in steps}
        while found := next((one for one in level.values() if parts_of(one) and self._leads(one, gate)), None):
            del level[found.key]
            level |= {each.key: each for each in parts_of(found)}
        varied = tuple(level.values())
        if not any(one.name == gate for one in varied):
            return space
        about = f"{len(varied)} definitions, those beside the gate standing for their atoms"
        how = f"not every assignment: {len(varied)} definitions alike, and each apart from the others"
        return Space.over(varied, about) or Space(varied, THREE, how, whole=False)

    def _leads(self, definition: Definition, gate: str) -> bool:
        """Return whether a definition refers to the gate somewhere below itself."""
        return definition.name != gate and any(name == gate for _, name in self._below(definition))

    def _unfolded(self, definitions: Iterable[Definition]) -> tuple[Definition, ...]:
        """Return what definitions refer to one level below; the gate stays whole."""
        gate = self.declared.gate.definition if self.declared.gate else None
        found: dict[Key, Definition] = {}
        for one in definitions:
            parts = [] if one.name == gate else parts_of(one)
            found |= {each.key: each for each in parts or [one]}
        return tuple(found.values())


def truth_tables(knowledge: Knowledge, topic: str, declared: Declared) -> list[Finding]:
    """Return what the truth tables of a topic show."""
    return list(Tables(knowledge, rules_of(knowledge, topic), declared).findings())


def _by_steps(rules: Iterable[Rule]) -> dict[tuple[Step, ...], list[Rule]]:
    found: dict[tuple[Step, ...], list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.steps, []).append(rule)
    return found


def _contradictory(rules: Sequence[Rule], declared: Declared) -> Iterator[tuple[Rule, Rule]]:
    """Yield the pairs of rules under one plan that must never both apply."""
    for first, second in combinations(rules, 2):
        exclusive = any(first.action in each and second.action in each for each in declared.exclusive)
        opposed = any(
            one.do_not_perform != other.do_not_perform and (one.system, one.code) == (other.system, other.code)
            for one in first.proposals
            for other in second.proposals
        )
        if first.plan == second.plan and first.action != second.action and (exclusive or opposed):
            yield first, second


def _told(states: States | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, state) for (_, name), state in (states or {}).items())
