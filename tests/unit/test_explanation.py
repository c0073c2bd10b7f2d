"""An explanation says in one sentence and as data what decided a definition, and what was missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from publisher.explanation import explain, titles_of
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.library import Library, Outcome
from publisher.r4.codec import dumps
from tests.unit.expression.test_evidence import CRAMP, NOW, RESOLVED, TERMINOLOGY, outcome, prescription
from tests.unit.expression.test_soundness import LIBRARIES

LOGIC = LIBRARIES["LegCramps"]
STATIN = prescription("m1", "C10AA01", authoredOn="2025-01-01")
STATIN["medicationCodeableConcept"]["coding"][0]["display"] = "simvastatin"


def said(name: str, found: Outcome) -> dict[str, str]:
    return dict(explain(LOGIC, name, found).sentences)


def test_every_definition_of_the_shipped_logic_has_a_title_in_both_languages() -> None:
    assert [name for name in LOGIC.definitions() if sorted(titles_of(LOGIC, name)) != ["en", "sv"]] == []


def test_what_was_found_is_named_with_code_place_and_date() -> None:
    assert said("Statin Is Taken", outcome("Statin Is Taken", STATIN)) == {
        "sv": "Statin i läkemedelslistan: ja, enligt simvastatin C10AA01 (MedicationRequest/m1, 2025-01-01).",
        "en": "Statin on the medication list: yes, "
        "according to simvastatin C10AA01 (MedicationRequest/m1, 2025-01-01).",
    }


def test_several_resources_are_one_list() -> None:
    second = {**STATIN, "id": "m2", "authoredOn": "2026"}

    found = outcome(
        "Quinine Drafts", ContextPrescriptions=[prescription("d1", "P01BC01"), prescription("d2", "P01BC01")]
    )

    assert said("Quinine Drafts", found)["en"] == (
        "Drafts of quinine: 2 item(s), according to P01BC01 (MedicationRequest/d1) and P01BC01 (MedicationRequest/d2)."
    )
    assert "m2" in said("Statin Is Taken", outcome("Statin Is Taken", second))["en"]


def test_where_nothing_was_found_the_data_that_were_looked_through_are_named() -> None:
    assert said("Leg Cramp Is Active", outcome("Leg Cramp Is Active")) == {
        "sv": "Aktuell benkramp: nej, enligt problemlistan.",
        "en": "Current leg cramp: no, according to the problem list.",
    }


def test_what_is_missing_is_said_where_it_could_change_the_answer() -> None:
    found = outcome("Statin Is Taken", RESOLVED, closed=False)

    assert said("Statin Is Taken", found)["sv"] == (
        "Statin i läkemedelslistan: kan inte avgöras, eftersom läkemedelslistan inte ingick i underlaget."
    )
    explanation = explain(LOGIC, "Statin Is Taken", found)
    assert (explanation.state, [each.about for each in explanation.missing]) == ("open", ["MedicationRequest"])


def test_an_error_is_said_without_its_inner_words() -> None:
    explanation = explain(LOGIC, "Statin Is Taken", Outcome(None, error="x", code="value-set"))

    assert explanation.state == "error"
    assert explanation.sentences["en"].endswith("because its condition could not be computed.")


def test_the_data_say_which_coding_of_which_resource_matched_which_value_set() -> None:
    explanation = explain(LOGIC, "Statin Is Taken", outcome("Statin Is Taken", STATIN, CRAMP))

    assert json.loads(dumps(explanation.to_json()))["resources"] == [
        {
            "type": "MedicationRequest",
            "id": "m1",
            "date": "2025-01-01",
            "codes": [
                {
                    "code": "C10AA01",
                    "system": "http://www.whocc.no/atc",
                    "display": "simvastatin",
                    "valueSet": "https://vademecum.example/fhir/ValueSet/statins",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("element", "date"),
    [
        ({"onsetDateTime": "2024-02"}, "2024-02"),
        ({"onsetPeriod": {"start": "2023"}}, "2023"),
        ({"recordedDate": "2022-01-01"}, "2022-01-01"),
        ({"onsetDateTime": 3}, None),
        ({}, None),
    ],
)
def test_a_resource_is_dated_where_it_says_when(element: dict[str, Any], date: str | None) -> None:
    explanation = explain(LOGIC, "Leg Cramp Is Active", outcome("Leg Cramp Is Active", {**CRAMP, **element}))

    assert [each.date for each in explanation.resources] == [date]


def test_a_definition_without_a_title_goes_by_its_name() -> None:
    literal = {"type": "Literal", "valueType": "{urn:hl7-org:elm-types:r1}Integer", "value": "5"}
    statement = {"name": "Five", "context": "Patient", "accessLevel": "Public", "expression": literal}
    library = Library({"identifier": {"id": "L"}, "statements": {"def": [statement]}})
    env = Evaluation(DataContext(), TERMINOLOGY, now=NOW, explains=True)

    assert explain(library, "Five", library.evaluate("Five", env)).sentences["sv"] == "Five: 5."


def test_a_title_ends_at_its_line() -> None:
    annotation = {"type": "Annotation", "t": [{"name": "title_en", "value": "Two words\n and more"}]}
    statement = {"name": "D", "expression": {"type": "Null"}, "annotation": [annotation]}

    assert titles_of(Library({"statements": {"def": [statement]}}), "D") == {"en": "Two words"}
