"""A worked patient as mutants are put to it: what decided its answer, and whether a change decides it otherwise.

To answer in full takes longer than to decide, so that a patient is answered again only where a decision differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.apply.knowledge import actions_of, names_of
from publisher.apply.plan import apply_plan
from publisher.expression.evaluation import Evaluation
from publisher.expression.requirements import Walk
from publisher.issue import IssueError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import AppliedPlan
    from publisher.cases.request import Prepared
    from publisher.cases.suite import Result
    from publisher.repository import Artifact

Key = tuple[str, str]


@dataclass(slots=True)
class Patient:
    """A worked patient with the tree behind its answer.

    `named` are the definitions that plans name and that were evaluated, each with all that it comes to; `plans` the
    ids of the plans in the tree.
    """

    prepared: Prepared
    tree: AppliedPlan
    named: Mapping[tuple[str, str], frozenset[Key]]
    plans: frozenset[str]
    _decided: dict[Key, Any] = field(default_factory=dict)
    _signature: Any = None

    @classmethod
    def of(cls, result: Result, knowledge: Knowledge, below: dict[Key, frozenset[Key]]) -> Patient:
        """Return the patient of a result that has a tree; `below` keeps what each definition comes to."""
        tree = result.found.applied if result.found else None
        if tree is None or tree.evaluation is None:
            raise ValueError("the result has no tree")
        plans = {plan.id: plan for plan in _plans(tree)}
        evaluated = {*tree.evaluation.plain, *tree.evaluation.tracked}
        named: dict[tuple[str, str], frozenset[Key]] = {}
        for plan in plans.values():
            for library in knowledge.libraries_of(plan):
                canonical = next(one for one in plan.resource["library"] if knowledge.library(one) is library)
                for name in (name for action in actions_of(plan.resource) for name in names_of(action)):
                    if (library.id, name) in evaluated and (canonical, name) not in named:
                        if (library.id, name) not in below:
                            walk = Walk()
                            walk.definition(library, name)
                            below[library.id, name] = frozenset(walk.seen)
                        named[canonical, name] = below[library.id, name]
        return cls(result.prepared, tree, named, frozenset(plans))

    def is_decided_otherwise(self, changed: Knowledge, original: Knowledge, owner: Key) -> bool:
        """Return whether a definition that comes to `owner` has another outcome with changed logic."""
        if owner not in self._decided:
            self._decided.clear()  # mutants come owner by owner
            self._decided[owner] = self._outcomes(original, owner)
        return bool(self._outcomes(changed, owner) != self._decided[owner])

    def is_applied_otherwise(self, changed: Knowledge) -> bool:
        """Return whether the tree is another one with changed plans."""
        env = self._evaluation()
        plan = changed.repository.get("PlanDefinition", self.tree.artifact.id)
        if plan is None:
            return True
        if self._signature is None:
            self._signature = _signature(self.tree)
        try:
            tree = apply_plan(changed, plan, env.context, parameters=env.parameters, now=env.now)
        except IssueError:
            return True
        return bool(_signature(tree) != self._signature)

    def _outcomes(self, knowledge: Knowledge, owner: Key) -> Any:
        env = self._evaluation()
        found = [
            knowledge.library(library).evaluate(name, env, tracked=True)
            for (library, name), below in self.named.items()
            if owner in below
        ]
        return found, {url: len(concepts) for url, concepts in env.unrecognised.items()}

    def _evaluation(self) -> Evaluation:
        """Return an evaluation of its own on the patient's data; the time that one may take runs from its making."""
        env = self.tree.evaluation
        if env is None:
            raise ValueError("the tree does not hold the evaluation that decided it")
        return Evaluation(env.context, env.terminology, parameters=env.parameters, now=env.now)


def _plans(tree: AppliedPlan) -> Iterator[Artifact]:
    yield tree.artifact
    for action in tree.walk():
        if action.plan is not None:
            yield action.plan.artifact


def _signature(tree: AppliedPlan) -> list[Any]:
    """Return what an answer is made of: each action with its state, and what it says unless it does not apply."""
    return [_action(one) for one in tree.walk()]


def _action(one: Any) -> tuple[Any, ...]:
    if one.decision.state == "not-applied":
        return one.id, one.decision.state
    said = {key: part for key, part in one.action.items() if key not in ("action", "condition", "dynamicValue")}
    return one.id, one.decision, said, one.values, one.target
