"""An explanation says in one sentence and as data what decided a definition, and what was missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publisher.explanation import explain, titles_of
from publisher.expression.context import DataContext
from publisher.expression.definition import Outcome
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Library
from publisher.r4.codec import dumps
from tests.topics.sneezes import CODES, KNOWLEDGE, LOGIC, answer, coded, draft, sneeze
from tests.unit.expression.random_patients import SHIPPED, TOPIC
from tests.unit.expression.test_evidence import NOW, OVER, outcome

FEATHER = {**answer(effectiveDateTime="2025-01-01"), "code": coded("feather", display="en fjäder")}


def said(name: str, found: Outcome) -> dict[str, str]:
    return dict(explain(LOGIC, name, found).sentences)


def test_every_definition_of_the_shipped_logic_has_a_title_in_both_languages() -> None:
    logic = SHIPPED.library(f"{TOPIC}/Library/LegCramps")
    assert [name for name in logic.definitions() if sorted(titles_of(logic, name)) != ["en", "sv"]] == []


def test_what_was_found_is_named_with_code_place_and_date() -> None:
    assert said("Feather Is Near", outcome("Feather Is Near", FEATHER)) == {
        "sv": "Fjäder i närheten: ja, enligt en fjäder feather (Observation/o-feather, ja, 2025-01-01).",
        "en": "A feather is nearby: yes, according to en fjäder feather (Observation/o-feather, yes, 2025-01-01).",
    }


def test_several_resources_are_one_list() -> None:
    found = outcome("Dust Drafts", ContextPrescriptions=[draft("d1"), draft("d2")])

    assert said("Dust Drafts", found)["en"] == (
        "Drafts of pepper dust: 2 item(s), according to pepper-dust (MedicationRequest/d1) "
        "and pepper-dust (MedicationRequest/d2)."
    )
    assert (
        "(Observation/o2, yes, 2025-01-01)"
        in said("Feather Is Near", outcome("Feather Is Near", {**FEATHER, "id": "o2"}))["en"]
    )


def test_where_nothing_was_found_the_data_that_were_looked_through_are_named() -> None:
    assert said("Sneeze Is Active", outcome("Sneeze Is Active")) == {
        "sv": "Aktuell exempelnysning: nej, enligt problemlistan.",
        "en": "Current example sneeze: no, according to the problem list.",
    }


def test_what_is_missing_is_said_where_it_could_change_the_answer() -> None:
    found = outcome("Feather Is Near", OVER, closed=False)

    assert said("Feather Is Near", found)["sv"] == (
        "Fjäder i närheten: kan inte avgöras, eftersom provsvaren inte ingick i underlaget."
    )
    explanation = explain(LOGIC, "Feather Is Near", found)
    assert (explanation.state, [each.about for each in explanation.missing]) == ("open", ["Observation"])


def test_an_error_is_said_without_its_inner_words() -> None:
    explanation = explain(LOGIC, "Feather Is Near", Outcome(None, error="x", code="value-set"))

    assert explanation.state == "error"
    assert explanation.sentences["en"].endswith("because its condition could not be computed.")


def test_the_data_say_which_coding_of_which_resource_matched_which_value_set() -> None:
    explanation = explain(LOGIC, "Feather Is Near", outcome("Feather Is Near", FEATHER, sneeze()))

    assert json.loads(dumps(explanation.to_json()))["resources"] == [
        {
            "type": "Observation",
            "id": "o-feather",
            "date": "2025-01-01",
            "codes": [
                {
                    "code": "feather",
                    "system": CODES,
                    "display": "en fjäder",
                    "valueSet": "https://example.org/fhir/ValueSet/example-sneeze-feather",
                }
            ],
            "result": {"sv": "ja", "en": "yes"},
        }
    ]


@pytest.mark.parametrize(
    ("element", "date"),
    [
        ({"onsetDateTime": "2024-02"}, "2024-02"),
        ({"onsetPeriod": {"start": "2023"}}, "2023"),
        ({"recordedDate": "2022-01-01"}, "2022-01-01"),
        ({"birthDate": "1958-02"}, "1958-02"),  # of a Patient
        ({"onsetDateTime": 3}, None),
        ({}, None),
    ],
)
def test_a_resource_is_dated_where_it_says_when(element: dict[str, Any], date: str | None) -> None:
    explanation = explain(LOGIC, "Sneeze Is Active", outcome("Sneeze Is Active", sneeze(**element)))

    assert [each.date for each in explanation.resources] == [date]


def test_a_definition_without_a_title_goes_by_its_name() -> None:
    literal = {"type": "Literal", "valueType": "{urn:hl7-org:elm-types:r1}Integer", "value": "5"}
    statement = {"name": "Five", "context": "Patient", "accessLevel": "Public", "expression": literal}
    library = Library({"identifier": {"id": "L"}, "statements": {"def": [statement]}})
    env = Evaluation(DataContext(), KNOWLEDGE.terminology, now=NOW, explains=True)

    assert explain(library, "Five", library.evaluate("Five", env)).sentences["sv"] == "Five: 5."


def test_a_title_ends_at_its_line() -> None:
    annotation = {"type": "Annotation", "t": [{"name": "title_en", "value": "Two words\n and more"}]}
    statement = {"name": "D", "expression": {"type": "Null"}, "annotation": [annotation]}

    assert titles_of(Library({"statements": {"def": [statement]}}), "D") == {"en": "Two words"}
