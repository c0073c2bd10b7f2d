"""The trace: why each action applies, does not apply or cannot be decided."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from publisher.apply.call import Caller
from publisher.apply.operation import OPERATIONS
from publisher.apply.trace import parts_json, trace_text
from publisher.extension import EVALUATION_MODE
from tests.unit.apply.builders import activity, apply, bundle, does, knowledge, plan, when
from tests.unit.apply.sneeze import KNOWLEDGE, VIEW, answered, condition


def traced(language: str, **elements: Any) -> list[dict[str, Any]]:
    caller = Caller(language, ("sv", "en"), evaluate_drafts=True, now=datetime(2026, 11, 22, tzinfo=UTC))
    values = {"subject": ["Patient/1"], "data": [bundle({**condition(), **elements})], "trace": [True]}
    found = OPERATIONS["PlanDefinition/apply"](KNOWLEDGE, VIEW, values, caller).value
    assert [each["name"] for each in found["parameter"]] == ["return", "trace"]
    return parts_json(found["parameter"][1])


def test_each_action_is_told_with_condition_data_and_statements() -> None:
    scope, *_, last = traced("en", onsetDateTime="2026-10-01")
    assert (scope["state"], last["state"]) == ("applied", "undetermined")
    assert scope["conditions"] == [{"words": "Current example sneeze", "value": "true"}]
    assert scope["used"] == [{"reference": "Condition/c-sneeze", "display": "sneeze", "date": "2026-10-01"}]
    assert last["conditions"][0]["value"] == "open"
    assert len(last["missing"]) == 1
    assert last["statements"][0].startswith("SNZ-")


@pytest.mark.parametrize(
    ("language", "titles", "missing"),
    [
        ("sv", ["Patient med exempelnysning", "Visselton hörs"], "ingick i underlaget"),
        ("en", ["Patient with example sneeze", "A whistle is heard"], "the data supplied did not include"),
    ],
)
def test_the_json_of_a_trace_is_in_the_language_asked_for(language: str, titles: list[str], missing: str) -> None:
    trace = traced(language)
    assert [each["title"] for each in trace[:2]] == titles
    assert trace[1]["conditions"] == [{"words": titles[1], "value": "open"}]
    assert missing in trace[1]["missing"][0]
    assert [each["state"] for each in trace] == ["applied", "undetermined", "applied", *["undetermined"] * 3]


def test_the_text_of_a_trace_is_in_the_language_asked_for() -> None:
    english, swedish = trace_text(traced("en"), "en"), trace_text(traced("sv"), "sv")
    assert "CANNOT BE DECIDED: A whistle is heard" in english
    assert "  because: " in english
    assert "  based on: SNZ-STO-01\n" in english
    assert "  bygger på: SNZ-STO-01\n" in swedish
    assert "KAN INTE AVGÖRAS: Visselton hörs" in swedish
    assert not set("åäöÅÄÖ") & set(english)


def test_an_action_that_does_not_apply_and_one_that_failed_are_told_too() -> None:
    held = knowledge(plan(does(**when("false")), does(id="b", **when("1 +"))), activity())
    found = apply("PlanDefinition/r5.apply", held, "plan", trace=[True])
    first, second = parts_json(found["parameter"][1])
    assert (first["state"], second["state"]) == ("not-applied", "undetermined")
    assert second["conditions"][0]["error"]
    assert "DOES NOT APPLY: A [a]" in trace_text([first, second], "en")


@pytest.mark.parametrize(
    ("expression", "state", "said"),
    [
        ("Patient.gender.empty()", "applied", "APPLIES: A [a]"),
        ("Patient.gender = 'female'", "not-applied", "DOES NOT APPLY: A [a]"),
    ],
)
def test_an_action_that_goes_by_what_is_there_says_so_of_an_open_condition(
    expression: str, state: str, said: str
) -> None:
    plain = {"extension": [{"url": EVALUATION_MODE, "valueCode": "plain"}]}
    held = knowledge(plan(does(**when(expression), **plain), does(id="b", **when(expression))), activity())
    found = apply("PlanDefinition/r5.apply", held, "plan", trace=[True], evaluationMode=["tracked"], data=None)
    first, second = parts_json(found["parameter"][1])
    assert (first["state"], second["state"]) == (state, "undetermined")
    assert first["conditions"] == [{"words": expression, "value": "open", "mode": "plain"}]
    assert second["conditions"] == [{"words": expression, "value": "open"}]
    text = trace_text([first, second], "en")
    assert text.startswith(f"{said}\n  condition: {expression} = open; the action goes by what is there\n")
    assert "= öppet; åtgärden går här efter det som finns\n" in trace_text([first], "sv")


def test_what_a_result_says_stands_beside_its_name() -> None:
    result = {**answered("feather", value=True), "effectiveDateTime": "2026-11-20"}
    caller = Caller("sv", ("sv", "en"), evaluate_drafts=True, now=datetime(2026, 11, 22, tzinfo=UTC))
    values = {"subject": ["Patient/1"], "data": [bundle(condition(), result)], "trace": [True]}
    trace = parts_json(OPERATIONS["PlanDefinition/apply"](KNOWLEDGE, VIEW, values, caller).value["parameter"][1])
    found = [
        each for action in trace for each in action.get("used", ()) if each["reference"].startswith("Observation/")
    ]
    assert {(each["result"], each["date"]) for each in found} == {("ja", "2026-11-20")}
    assert ", ja, 2026-11-20)" in trace_text(trace, "sv")
