"""The list of what was withdrawn: versions of artifacts that are no longer to be read, found or applied.

A released version never changes (https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html), so that it was withdrawn
stands in a list of its own, to which lines are only ever added: the day, the canonical with its version, and why.
Needs the standard library only, as a server reads it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.issue import Issue, IssueError, Report, Source
from publisher.repository import Canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from publisher.repository import Artifact, Resource

_LINE = re.compile(r"\d{4}-\d\d-\d\d (?P<url>[^\s|#]+)\|(?P<version>[^\s|#]+) \S.*")


def read_withdrawn(path: Path) -> dict[Canonical, Source]:
    """Return what a list withdraws, each with its line; IssueError with all that cannot be read."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        wrong = f"The list of what was withdrawn cannot be read ({type(error).__name__}); put it there as UTF-8."
        raise IssueError(Issue.error("structure", "withdrawn-unreadable", wrong, source=Source(str(path)))) from None
    report, found = Report(), {}
    for number, line in enumerate(lines, start=1):
        place = Source(str(path), number)
        if match := _LINE.fullmatch(line):
            found[Canonical(match["url"], match["version"])] = place
        else:
            wrong = "This line is no day, canonical|version and reason with a space between; correct it."
            report.add(Issue.error("structure", "withdrawn-line", wrong, source=place))
    if report.has_errors:
        raise IssueError(report)
    return found


def withdraw(path: Path, canonical: Canonical, artifacts: Iterable[Artifact], *, day: str, reason: str) -> None:
    """Add the line that withdraws a version, in one piece, unless the list has one.

    IssueError where the version is not held, or the list cannot be read.
    """
    held = {str(artifact.canonical) for artifact in artifacts if artifact.canonical.version}
    if str(canonical) not in held:
        near = sorted(one for one in held if one.startswith(f"{canonical.url}|"))
        known = f"held is {', '.join(near)}" if near else "name it as its url and its version say"
        wrong = f"{canonical} is not held, so it cannot be withdrawn; {known}."
        raise IssueError(Issue.error("not-found", "withdrawal-not-held", wrong))
    text = path.read_bytes() if path.exists() else b""
    if text and canonical in read_withdrawn(path):
        return
    begun = b"\n" if text and not text.endswith(b"\n") else b""
    with path.open("ab", buffering=0) as file:  # a server may read at any time: one write is seen whole
        file.write(begun + f"{day} {canonical} {reason}\n".encode("utf-8", "replace"))


def unknown_withdrawn(withdrawn: Mapping[Canonical, Source], artifacts: Iterable[Artifact]) -> Report:
    """Return a warning for each line that names nothing held: it may be misspelt, and what it means still served."""
    held = {artifact.canonical for artifact in artifacts}
    told = "{} is not among what is served; correct the name if it should be."
    return Report(
        [
            Issue.warning("not-found", "withdrawn-unknown", told.format(canonical), source=place)
            for canonical, place in withdrawn.items()
            if canonical not in held
        ]
    )


def evaluable(left: Iterable[Artifact], withdrawn: Collection[Canonical]) -> list[Artifact]:
    """Return the artifacts that are left as they may be applied.

    Logic that rests on withdrawn logic or terminology is not among them, so that no plan can be decided by it; an
    action that leads to a withdrawn definition is taken out of its plan, as others of the plan still hold.
    """
    kept, gone = list(left), set(withdrawn)
    while resting := {one.canonical for one in kept if one.type == "Library" and _rests_on(one.resource, kept, gone)}:
        gone |= resting
        kept = [one for one in kept if one.canonical not in resting]
    is_gone = _named_among(gone, kept)
    return [
        replace(one, resource=_pruned(one.resource, is_gone)) if one.type == "PlanDefinition" else one for one in kept
    ]


def _rests_on(library: Resource, kept: Iterable[Artifact], gone: Collection[Canonical]) -> bool:
    is_gone = _named_among(gone, kept)
    related = library.get("relatedArtifact", ())
    return any(is_gone(str(each.get("resource"))) for each in related if each.get("type") == "depends-on")


def _named_among(gone: Collection[Canonical], kept: Iterable[Artifact]) -> Callable[[str], bool]:
    """Return what tells whether a canonical names what is gone; without version, where no version is left."""
    urls = {one.url for one in gone} - {one.canonical.url for one in kept}

    def is_gone(text: str) -> bool:
        canonical = Canonical.parse(text)
        return canonical in gone or (canonical.version is None and canonical.url in urls)

    return is_gone


def _pruned(parent: Resource, is_gone: Callable[[str], bool]) -> Resource:
    """Return a plan or an action without the actions below it that lead to what is gone."""
    if "action" not in parent:
        return parent
    kept = [one for one in parent["action"] if not is_gone(str(one.get("definitionCanonical")))]
    return {**parent, "action": [_pruned(one, is_gone) for one in kept]}
