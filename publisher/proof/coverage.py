"""What is known of one topic's rules: what is carried, what the worked patients reach, what the truth tables show.

Each thing that was to be reached or shown has an id; `missing` are those that were not, without an excuse in
proof.yaml.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.cases.reached import reached
from publisher.issue import Issue
from publisher.proof.atoms import conditions_of
from publisher.proof.independence import independence
from publisher.proof.recorded import by_state, rows_of, rule_states
from publisher.proof.rules import rules_of
from publisher.proof.substitution import FALSE, TRUE, UNDETERMINED
from publisher.proof.terms import UNKNOWN, terms_of
from publisher.proof.truth_tables import truth_tables
from publisher.validation.coverage import coverage as carried_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publisher.apply.knowledge import Knowledge
    from publisher.cases.reached import Reach
    from publisher.cases.suite import Result
    from publisher.proof.declared import Declared
    from publisher.proof.independence import Independence
    from publisher.proof.terms import Term
    from publisher.proof.truth_tables import Finding
    from publisher.source.catalogue import Catalogue
    from publisher.topic import Topic

VALUES = (TRUE, FALSE, UNDETERMINED)
JUDGED = ("value/", "rule/", "mcdc/", "reachable/", "both-values/", "contradiction/", "gate/", "code/", "statement/")


@dataclass(frozen=True, slots=True)
class Decided:
    """A condition: the cases by what it came to, and what each atom is shown to decide."""

    name: str
    cases: Mapping[str, tuple[str, ...]]
    atoms: tuple[Independence, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """All that is known of one topic's rules."""

    topic: Topic
    carried: Mapping[str, tuple[str, ...]]
    conditions: tuple[Decided, ...]
    others: tuple[Reach, ...]
    rules: Mapping[str, Mapping[str, tuple[str, ...]]]
    tables: tuple[Finding, ...]
    terms: tuple[Term, ...]
    declared: Declared

    def unmet(self) -> Iterator[str]:
        """Yield the ids of all that was not reached or shown, excused or not."""
        waived = {one.statement for one in self.topic.waivers}
        yield from (f"statement/{name}" for name, paths in self.carried.items() if not paths and name not in waived)
        for one in self.conditions:
            yield from (f"value/{one.name}/{value}" for value, cases in one.cases.items() if not cases)
            for atom in one.atoms:
                yield from atom.missing()
        for reach in self.others:
            yield from (f"value/{reach.name}/{value}" for value in reach.missing)
        for name, states in self.rules.items():
            yield from (f"rule/{name}/{state}" for state in ("applied", "not-applied") if not states[state])
        yield from (one.id for one in self.tables if not one.holds)
        yield from (f"code/{one.system}#{one.code}" for one in self.terms if one.status == UNKNOWN)

    @property
    def missing(self) -> list[str]:
        """Return the ids of all that was not reached or shown, and is not excused."""
        return [name for name in dict.fromkeys(self.unmet()) if self.declared.excused(name) is None]

    def issues(self) -> Iterator[Issue]:
        """Yield what is wrong with what the topic declares."""
        yield from self.declared.unused(JUDGED, set(self.unmet()))
        yield from _approval_issues(self.declared, self.topic)

    def to_approve(self) -> list[dict[str, Any]]:
        """Return what people have to approve: flagged codes, derived rules, and what approval.yaml lists."""
        entries = [dict(one) for one in self.declared.approval]
        decided = {one["id"] for one in entries}
        derived = [
            {"kind": "derived-rule", "id": one.id, "statements": list(one.derives_from), **one.text}
            for one in self.topic.statements.values()
            if one.awaits_clinician and one.id not in decided
        ]
        flagged = [
            {"kind": "flagged-code", "id": f"{one.system}#{one.code}", "display": one.display}
            for one in self.terms
            if one.status == "flagged"
        ]
        return [*entries, *derived, *flagged]


def coverage_of(
    topic: Topic, results: Sequence[Result], knowledge: Knowledge, catalogue: Catalogue, declared: Declared
) -> Coverage:
    """Return what is known of the rules of `topic`, whose worked patients came to `results`."""
    own = [one for one in results if one.case.topic == topic.id]
    artifacts = [one for one in knowledge.repository if one.topic == topic.id]
    conditions = conditions_of(knowledge, topic.id)
    rows = rows_of(conditions, own)
    found = tuple(
        Decided(
            one.name,
            by_state(rows[one.definition.key], VALUES),
            tuple(independence(one, rows[one.definition.key], knowledge.terminology)),
        )
        for one in conditions
    )
    named = {one.name for one in conditions}
    reach = reached(own, knowledge, [topic.id])
    others = tuple(one for one in reach if one.kind == "condition" and one.name not in named)
    rules = rule_states(rules_of(knowledge, topic.id), own)
    tables = tuple(truth_tables(knowledge, topic.id, declared))
    terms = tuple(terms_of(artifacts, catalogue))
    carried = {name: paths for name, paths in carried_by(topic, artifacts).items() if name in topic.statements}
    return Coverage(topic, carried, found, others, rules, tables, terms, declared)


def _approval_issues(declared: Declared, topic: Topic) -> Iterator[Issue]:
    seen: set[str] = set()
    for entry in declared.approval:
        named = [*entry.get("statements", ()), *([entry["id"]] if entry["kind"] == "derived-rule" else ())]
        for name in named:
            if name not in topic.statements:
                text = f"approval.yaml of {topic.id} names {name}, which no statement is; correct it."
                yield Issue.error("not-found", "approval-statement", text)
        if entry["id"] in seen:
            text = f"approval.yaml of {topic.id} has {entry['id']} twice; give one of them another id."
            yield Issue.error("duplicate", "approval-repeated", text)
        seen.add(entry["id"])
