"""All worked patients of some topics, run one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.apply.knowledge import actions_of
from publisher.cases.case import repeated_issues
from publisher.cases.comparison import differences
from publisher.cases.request import prepared
from publisher.issue import Issue, IssueError
from publisher.topic import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.cases.case import Case
    from publisher.cases.finding import Found, Runner
    from publisher.cases.request import Prepared
    from publisher.source.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Result:
    """A case with its request, what came of it (None where it could not be run), and what is wrong."""

    prepared: Prepared
    found: Found | None
    issues: tuple[Issue, ...]

    @property
    def case(self) -> Case:
        """Return the case."""
        return self.prepared.case


def results(cases: Sequence[Case], runner: Runner, catalogue: Catalogue) -> Iterator[Result]:
    """Yield the result of each case, in their order."""
    repeated = {str(issue.source): issue for issue in repeated_issues(cases)}
    actions = _actions(runner)
    for case in cases:
        request = prepared(case, catalogue, runner.knowledge.repository)
        twin = repeated.get(str(case.at("id")))
        issues = [*([twin] if twin else []), *request.issues, *_unknown_actions(case, actions)]
        yield Result(request, None, tuple(issues)) if issues else _run(request, runner)


def _run(request: Prepared, runner: Runner) -> Result:
    try:
        found = runner.run(request)
    except IssueError as error:
        place = request.case.at("")
        return Result(request, None, tuple(issue.at(place) for issue in error.report))
    return Result(request, found, tuple(differences(found)))


def _actions(runner: Runner) -> set[str]:
    plans = runner.knowledge.repository.of_type("PlanDefinition")
    return {str(action.get("id")) for plan in plans for action in actions_of(plan.resource)}


def _unknown_actions(case: Case, known: set[str]) -> Iterator[Issue]:
    """Yield an issue for each action that a case names and no plan has: that it is absent proves nothing."""
    expect = case.expect
    named = [
        (f"expect.{kind}[{index}].action", one["action"])
        for kind in ("cards", "actions", "undecided")
        for index, one in enumerate(expect.get(kind, ()))
    ]
    named += [
        (f"expect.absent.actions[{index}]", one)
        for index, one in enumerate(expect.get("absent", {}).get("actions", ()))
    ]
    for path, action in named:
        if action not in known:
            hint = did_you_mean(action, known) or "; correct the name."
            text = f"{case.id}: no plan has an action '{action}'{hint}"
            yield Issue.error("not-found", "case-action-unknown", text, source=case.at(path))
