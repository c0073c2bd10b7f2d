"""What `$apply` leaves out is told in the language asked for: in a CarePlan, a Bundle, a request and a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publisher.issue import IssueError
from tests.unit.apply.builders import activity, apply, caller, contained, does, knowledge, plan, value

NOWHERE = {"id": "b", "title": "B", "definitionCanonical": "http://example.org/ActivityDefinition/none"}
MAPPED = does(id="c", transform="http://example.org/StructureMap/m")
SAID = {
    "sv": [
        "action[1] leder till http://example.org/ActivityDefinition/none, som inte finns här, så inget föreslogs.",
        "action[2] behöver StructureMap http://example.org/StructureMap/m; omvandlingar körs inte här.",
        "Det dynamiska värdet för no.such togs inte med: sökvägen leder till no, som ServiceRequest inte har.",
        "Det dynamiska värdet för status togs inte med: resultat är utkast till förslag, vad en definition än säger.",
    ],
    "en": [
        "action[1] leads to http://example.org/ActivityDefinition/none, which is not held here, so nothing was proposed "
        "for it.",
        "action[2] needs the StructureMap http://example.org/StructureMap/m; transforms are not run here.",
        "The dynamic value for no.such was left out: the path leads to no, which ServiceRequest does not have.",
        "The dynamic value for status was left out: results are draft proposals, whatever a definition says.",
    ],
}
VALUES = [value("no.such", "'x'"), value("status", "'active'")]
HELD = knowledge(plan(does(), NOWHERE, MAPPED), activity(dynamicValue=VALUES))


def words(resource: Any) -> list[str]:
    """Return the diagnostics of every OperationOutcome in a result."""
    inner = [*contained(resource, "OperationOutcome"), *(each["resource"] for each in resource.get("entry", ()))]
    return [
        text
        for each in inner
        for text in (words(each) if "issue" not in each else [i["diagnostics"] for i in each["issue"]])
    ]


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("operation", ["apply", "r5.apply"])
def test_what_a_plan_leaves_out(operation: str, language: str) -> None:
    result = apply(f"PlanDefinition/{operation}", HELD, "plan", who=caller(language))
    assert set(words(result)) == set(SAID[language])


@pytest.mark.parametrize("language", SAID)
def test_what_an_activity_leaves_out(language: str) -> None:
    result = apply("ActivityDefinition/apply", HELD, "act", who=caller(language))
    assert set(words(result)) == set(SAID[language][2:])


@pytest.mark.parametrize("language", SAID)
def test_what_a_trace_tells(language: str) -> None:
    result = apply("PlanDefinition/apply", HELD, "plan", who=caller(language), trace=[True])
    trace = json.dumps(result["parameter"][1], ensure_ascii=False)
    for sentence in SAID[language][:2]:
        assert sentence in trace


@pytest.mark.parametrize(("language", "said"), [("sv", "som inte är en begäran"), ("en", "which is no request")])
def test_an_activity_that_is_no_request(language: str, said: str) -> None:
    with pytest.raises(IssueError) as error:
        apply("ActivityDefinition/apply", knowledge(activity("Encounter")), "act", who=caller(language))
    (issue,) = error.value.report.in_language(language)
    assert (issue.code, issue.rule) == ("not-supported", "activity-kind")
    assert said in issue.diagnostics
