"""What is held with packages of others beside our own topics: artifacts, their translated logic, and what to tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue, IssueError, Report
from publisher.package.artifacts import read_package, with_packages
from publisher.package.translation import translated, untranslated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from publisher.repository import Artifact


@dataclass(frozen=True, slots=True)
class Loaded:
    """All artifacts, the names of the packages among them, the ELM made of their CQL, and what to tell a person."""

    artifacts: Sequence[Artifact]
    packages: tuple[str, ...] = ()
    translated: Mapping[str, dict[str, Any]] | None = None
    report: Report = field(default_factory=Report)


def load_packages(own: Sequence[Artifact], paths: Sequence[Path], *, translate: bool) -> Loaded:
    """Return our own artifacts with those of packages; IssueError where a package is refused.

    With `translate`, the CQL of Libraries without ELM is translated; where that cannot be done at all, a warning says
    why, and the rest is held all the same.
    """
    packages = [read_package(path) for path in paths]
    artifacts = with_packages(own, packages)
    report = Report([issue for package in packages for issue in package.report])
    names = tuple(package.name for package in packages)
    elms: Mapping[str, dict[str, Any]] = {}
    if translate:
        try:
            elms, found = translated(artifacts)
        except IssueError as error:
            found = Report([Issue.warning(each.code, each.rule, each.diagnostics) for each in error.report])
    else:
        found = untranslated(artifacts)
    report.extend(found)
    return Loaded(artifacts, names, elms, report)
