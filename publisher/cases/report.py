"""The report of a run: text for people, JSON for programs, JUnit XML for build servers.

JUnit has no standard; this is the part that its readers agree on: testsuites, testsuite, testcase, failure.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.cases.suite import Result
    from publisher.issue import Issue


def text(results: Sequence[Result], *, verbose: bool) -> Iterator[str]:
    """Yield a line for each case that fails; with `verbose`, one for each that passes and for each difference."""
    for one in results:
        if verbose:
            yield from (f"{issue}\n" for issue in one.issues)
            if not one.issues:
                yield f"{one.case.at('')}: ok {one.case.topic} {one.case.id}\n"
        elif one.issues:
            more = len(one.issues) - 1
            yield f"{one.issues[0]}{f' ({more} more; --verbose shows all)' if more else ''}\n"


def summary(results: Sequence[Result]) -> str:
    """Return one sentence on the whole run."""
    failed = sum(bool(one.issues) for one in results)
    return f"{len(results)} worked patients, {failed} failed.\n"


def as_json(results: Sequence[Result]) -> str:
    """Return the results as a JSON array, an object a case."""
    return json.dumps([_object(one) for one in results], ensure_ascii=False, indent=2) + "\n"


def as_junit(results: Sequence[Result]) -> str:
    """Return the results as JUnit XML, a suite a topic."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n']
    for topic in dict.fromkeys(one.case.topic for one in results):
        own = [one for one in results if one.case.topic == topic]
        failed = sum(bool(one.issues) for one in own)
        lines.append(f'  <testsuite name={quoteattr(topic)} tests="{len(own)}" failures="{failed}" errors="0">\n')
        lines.extend(_test_case(one) for one in own)
        lines.append("  </testsuite>\n")
    return "".join([*lines, "</testsuites>\n"])


def _object(result: Result) -> dict[str, Any]:
    place = result.case.at("")
    issues = [
        {"rule": issue.rule, "diagnostics": issue.diagnostics, "place": str(issue.source or place)}
        for issue in result.issues
    ]
    about = {"topic": result.case.topic, "case": result.case.id, "place": str(place)}
    return {**about, "status": "failed" if issues else "passed", "issues": issues}


def _test_case(result: Result) -> str:
    place = result.case.at("")
    names = f"classname={quoteattr(result.case.topic)} name={quoteattr(result.case.id)}"
    head = f'    <testcase {names} file={quoteattr(place.file)} line="{place.line}"'
    if not result.issues:
        return f"{head}/>\n"
    failures = "".join(map(_failure, result.issues))
    return f"{head}>\n{failures}    </testcase>\n"


def _failure(issue: Issue) -> str:
    return f"      <failure type={quoteattr(issue.rule)} message={quoteattr(str(issue))}/>\n"
