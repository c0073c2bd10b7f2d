"""What a topic declares of its proof: proof.yaml and approval.yaml, whose schemas are checked where topics compile.

docs/reference/source-files.md. Where a file is missing nothing is declared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.source.skeleton import SHIPPED
from publisher.source.yaml import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from publisher.issue import Source


@dataclass(frozen=True, slots=True)
class Gate:
    """A definition that, when it is true, leaves only its own action."""

    definition: str
    action: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """Something that cannot be reached, by its id in the report, and why."""

    id: str
    reason: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What a topic says of its proof, and what it lays before those who approve."""

    gate: Gate | None = None
    exclusive: tuple[tuple[str, ...], ...] = ()
    excuses: tuple[Excuse, ...] = ()
    approval: tuple[Mapping[str, Any], ...] = field(default=())
    proved_by: str | None = None

    def excused(self, name: str) -> str | None:
        """Return the reason for which `name` need not be reached, if there is one."""
        return next((one.reason for one in self.excuses if one.id == name), None)

    def unused(self, prefixes: tuple[str, ...], missing: Collection[str]) -> Iterator[Issue]:
        """Yield an issue for each excuse of these kinds that is of nothing missing."""
        for one in self.excuses:
            if one.id.startswith(prefixes) and one.id not in missing:
                text = f"'{one.id}' is excused, and it is reached or not known; take the excuse out."
                yield Issue.error("conflict", "excuse-needless", text, source=one.source)


def declared(folder: Path) -> Declared:
    """Return what the topic in `folder` declares."""
    approval = folder / "approval.yaml"
    entries = tuple(read(approval).value) if approval.is_file() else ()
    proof = folder / "proof.yaml"
    if not proof.is_file():
        return Declared(approval=entries)
    document = read(proof)
    value = document.value
    gate = value.get("gate")
    return Declared(
        Gate(gate["definition"], gate["action"]) if gate else None,
        tuple(tuple(each) for each in value.get("exclusive", ())),
        tuple(
            Excuse(each["id"], each["reason"], document.locate(f"excused[{index}].id"))
            for index, each in enumerate(value.get("excused", ()))
        ),
        entries,
        value.get("provedBy"),
    )


def provers(root: Path) -> dict[str, str]:
    """Return the topics below `root` whose logic another one proves, with that one.

    A topic names it in proof.yaml (`provedBy`). Where it is not at hand, it has proved only what is as it was shipped.
    """
    named = {file.parent.name: declared(file.parent).proved_by for file in sorted(root.glob("*/proof.yaml"))}
    return {
        topic: prover
        for topic, prover in named.items()
        if prover and ((root / prover / "topic.yaml").is_file() or _logic(root / topic) == _logic(SHIPPED / topic))
    }


def _logic(topic: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in topic.glob("logic/*.cql")}
