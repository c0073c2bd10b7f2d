"""A card says what it rests on in the record, and what the record says does no harm."""

from __future__ import annotations

from typing import Any

import pytest

from publisher.card_rules import ruling_of
from publisher.expression.context import DataContext
from publisher.expression.evaluation import Evaluation
from publisher.expression.evidence import Matched
from publisher.expression.values import Code
from publisher.grounds import MOST_DATA, Grounds, escaped, explaining, said
from tests.topics.services import request, service_of, services, suite


def details(asked: dict[str, Any], language: str = "en") -> list[str]:
    answer = services().call(service_of(asked), asked, language)
    assert answer.status == 200, answer.body
    return [card["detail"] for card in answer.body["cards"]]


def grounds(asked: dict[str, Any], language: str = "en") -> str:
    begins = {"en": "Based on the data: ", "sv": "Bygger på uppgifter: "}[language]
    (found,) = (one for one in details(asked, language)[0].split("\n\n") if one.startswith(begins))
    return found.removeprefix(begins)


def observations(asked: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["resource"] for each in asked["prefetch"]["observations"]["entry"]]


def test_a_card_names_the_data_that_decided_it_and_their_dates() -> None:
    asked = request("a-feather-is-near")
    (feather,) = (each for each in observations(asked) if each["valueBoolean"])
    feather["effectiveDateTime"] = "2025-12-30T08:00:00+01:00"
    feather["code"]["coding"][0]["display"] = "Plume"
    assert grounds(asked).startswith("Plume (yes, 2025-12-30)")


def test_without_words_in_the_record_those_of_the_value_set_are_used_in_the_language_of_the_card() -> None:
    asked = request("a-feather-is-near")
    for each in observations(asked):
        del each["code"]["coding"][0]["display"]
    assert "A feather is nearby" in grounds(asked) or "Feather" in grounds(asked)
    assert grounds(asked) != grounds(asked, "sv")


def test_a_result_is_told_with_its_value_and_unit() -> None:
    knowledge = suite().runner.knowledge
    env = Evaluation(DataContext(), knowledge.terminology, explains=True)
    quantity = {"value": 12, "comparator": "<", "unit": "µg/L"}
    result = {"resourceType": "Observation", "code": {"text": "X"}, "valueQuantity": quantity, "issued": "2025-01-02"}
    assert Grounds(knowledge, env, "en").name(result, []) == "X (&lt; 12 µg/L, 2025-01-02)"
    assert Grounds(knowledge, env, "en").name({"resourceType": "Patient", "id": "1"}, []) == "the patient's particulars"


def test_a_prescription_is_called_by_its_medicine_also_where_its_reason_is_written_first() -> None:
    knowledge = suite().runner.knowledge
    env = Evaluation(DataContext(), knowledge.terminology, explains=True)
    matched = [Matched(Code("a", "http://x"), None), Matched(Code("b", "http://x"), None)]
    reason = {"coding": [{"system": "http://x", "code": "a", "display": "Sneeze"}]}
    medicine = {"coding": [{"system": "http://x", "code": "b", "display": "Pepper"}]}
    order = {"resourceType": "MedicationRequest", "reasonCode": [reason]}
    assert Grounds(knowledge, env, "en").name({**order, "medicationCodeableConcept": medicine}, matched) == "Pepper"
    assert Grounds(knowledge, env, "en").name(order, matched) == "Sneeze"


def test_no_more_data_are_named_than_a_reader_takes_in() -> None:
    assert said(["a", "b"], "sv") == "Bygger på uppgifter: a; b."
    names = [str(number) for number in range(MOST_DATA + 2)]
    assert said(names, "en") == "Based on the data: 0; 1; 2; 3; 4; 5; 6; 7 and 2 more."


def test_who_the_patient_is_and_the_ids_of_records_stand_on_no_card() -> None:
    for name in ("a-feather-is-near", "dust-for-sneeze"):
        asked = request(name)
        detail = "".join(details(asked))
        assert asked["context"]["patientId"] not in detail
        assert "observation-" not in detail


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Simple 20 mg (x)", "Simple 20 mg (x)"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[click](http://x.example)", r"\[click\](http\://x.example)"),
        ("www.x.example a@b.example", r"www\.x.example a\@b.example"),
        ("a*b_c`d~e|f\\g", r"a\*b\_c\`d\~e\|f\\g"),
        ("line\n\n# heading\r\x1b[31m\u202e", r"line # heading \[31m"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("x" * 70, "x" * 59 + "…"),
    ],
)
def test_what_a_record_says_is_shown_as_it_stands(said: str, written: str) -> None:
    assert escaped(said) == written


def test_a_record_cannot_write_on_a_card() -> None:
    asked = request("a-feather-is-near")
    for each in observations(asked):
        each["code"]["text"] = each["code"]["coding"][0]["display"] = "<img src=x onerror=1>\n\n**Give it at once**"
        each["effectiveDateTime"] = "2025-12-30"
    detail = details(asked)[0]
    assert "<img" not in detail
    assert "\n\n**Give" not in detail
    assert r"\*\*Give it at once\*\*" in detail


def test_what_was_found_already_is_not_looked_for_again_and_says_the_same() -> None:
    knowledge, told = suite().runner.knowledge, 0
    for case in (one for one in suite().cases if one.hook):
        asked = request(case.id)
        applied = services().call(service_of(asked), asked, "en").applied
        assert applied is not None
        env = applied.evaluation
        assert env is not None
        anew = Evaluation(env.context, env.terminology, parameters=env.parameters, now=env.now, explains=True)
        for rule in ruling_of(applied).firing:
            sentences = [Grounds(knowledge, each, "en").sentence(rule) for each in (explaining(env), anew)]
            assert sentences[0] == sentences[1]
            told += sentences[0] is not None
    assert told > 2
