"""What the reader refuses, seen by an author: `vademecum compile` on a topic with one thing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.cli import main
from publisher.source.yaml import MAX_ALIASES

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

PLAN = "plans/nail-care.yaml"
FORM = """\
resourceType: Questionnaire
id: nail-form
title: {sv: Fråga, en: Question}
derivedFrom: [BN-TRT-01]
item:
  - linkId: length
    text: {sv: Längd, en: Length}
    type: decimal
    initial:
      - valueDecimal: VALUE
"""


def told(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what compile says, with paths relative to the topic; nothing may be written."""
    assert main(["compile", str(authoring.root)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert not (authoring.topic / "fhir").exists()
    return err.replace(f"{authoring.topic}/", "")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "type: plan-definition-type#eca-rule\n",
            "type: plan-definition-type#eca-rule\ntype: plan-definition-type#order-set\n",
            "7:1: error yaml-repeated-key: The key 'type' is repeated, line 6 has it already; keep one of them.",
        ),
        (
            "  sv: Nagelvård\n",
            "  sv: Nagelvård\n  sv: Vård\n",
            "5:3: error yaml-repeated-key: The key 'sv' is repeated, line 4 has it already; keep one of them.",
        ),
        (
            "library:",
            "experimental: no\nlibrary:",
            "7:15: error implicit-boolean: no may be read as a truth value; write true, false, or quote it to mean "
            "the word.",
        ),
        (
            "library:",
            "experimental: True\nlibrary:",
            "7:15: error implicit-boolean: True may be read as a truth value; write true or false, or quote it to "
            "mean the word.",
        ),
    ],
)
def test_repeated_keys_and_implicit_booleans_are_errors(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    authoring.change(PLAN, old, new)
    assert told(authoring, capsys) == f"{PLAN}:{message}\n"


def test_an_element_that_fhir_does_not_define_is_an_error(
    authoring: Authoring, capsys: pytest.CaptureFixture[str]
) -> None:
    authoring.change(PLAN, "    condition:", "    conditions:")
    assert told(authoring, capsys) == (
        f"{PLAN}:14:5: error element-unknown: PlanDefinition.action[0].conditions is not defined for "
        "PlanDefinition.action; did you mean condition?\n"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("topic.yaml", "status: draft", "staus: draft"),
            "topic.yaml:1:1: error key-missing: The key 'status' is missing; add a text (quote it).\n"
            "topic.yaml:4:1: error key-unknown: The key 'staus' is not known here; did you mean status?\n",
        ),
        (
            ("statements.yaml", "strength: consider", "strenght: consider"),
            "statements.yaml:1:3: error key-missing: The key 'strength' is missing; add a text (quote it).\n"
            "statements.yaml:3:3: error key-unknown: The key 'strenght' is not known here; did you mean strength?\n",
        ),
        (
            ("topic.yaml", "version: 0.1.0", "version: 0.1"),
            "topic.yaml:2:1: error key-wrong: 'version' must be a text (quote it); correct it.\n",
        ),
        (
            ("topic.yaml", "date: 2026-01-02", "date: 2026-1-2"),
            "topic.yaml:3:1: error key-wrong: 'date' has the form \\d{4}-\\d{2}-\\d{2}, and '2026-1-2' does not fit; "
            "correct it.\n",
        ),
    ],
)
def test_keys_of_our_own_files_are_held_to_their_form(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], change: tuple[str, str, str], message: str
) -> None:
    authoring.change(*change)
    assert told(authoring, capsys) == message


def test_aliases_are_bounded(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    aliases = ", ".join(["*id"] * (MAX_ALIASES + 1))
    authoring.change(PLAN, "derivedFrom: [BN-TRT-01]\naction", f"derivedFrom: [&id BN-TRT-01, {aliases}]\naction")
    assert told(authoring, capsys) == (
        f"{PLAN}:8:130: error yaml-alias: More than 20 aliases are used from here; write the values out.\n"
    )


def test_an_anchor_does_not_hold_aliases(authoring: Authoring, capsys: pytest.CaptureFixture[str]) -> None:
    authoring.change(PLAN, "derivedFrom: [BN-TRT-01]\naction", "derivedFrom: &all [*all]\naction")
    assert told(authoring, capsys) == (
        f"{PLAN}:8:20: error yaml-alias: The alias *all stands inside an anchor; write it out.\n"
    )


@pytest.mark.parametrize("written", ["1e3", "1.0E-2", ".5", "1.", "+1.5", "007.5", "1_000.5", "0x1F", ".inf", ".NaN"])
def test_a_number_that_readers_take_differently_is_an_error(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    authoring.write("forms/nail-form.yaml", FORM.replace("VALUE", written))
    assert told(authoring, capsys) == (
        f"forms/nail-form.yaml:10:23: error implicit-number: {written} may be read as a number; "
        "write its digits out, or quote it to mean the text.\n"
    )


@pytest.mark.parametrize(
    "written",
    ["0.50", "-0.0", "-0", "5", "12345678901234567890.123456789", "0.00000000000000000000001", "100000000000000000000"],
)
def test_a_decimal_keeps_every_digit(authoring: Authoring, written: str) -> None:
    authoring.write("forms/nail-form.yaml", FORM.replace("VALUE", written))
    assert main(["compile", str(authoring.root)]) == 0
    lines = (authoring.topic / "fhir/Questionnaire-nail-form.json").read_text("utf-8").splitlines()
    assert f'          "valueDecimal": {written}' in lines


@pytest.mark.parametrize(
    ("element", "written"),
    [
        ("valueDate: 2026-01-02", '"valueDate": "2026-01-02"'),
        ("valueDate: 2026-01", '"valueDate": "2026-01"'),
        ("valueDateTime: 2026-01-02T10:00:00+01:00", '"valueDateTime": "2026-01-02T10:00:00+01:00"'),
        ("valueTime: 12:30:00", '"valueTime": "12:30:00"'),
    ],
)
def test_an_unquoted_date_or_time_is_the_text_that_is_written(authoring: Authoring, element: str, written: str) -> None:
    kind = element.partition(":")[0].removeprefix("value")
    form = FORM.replace("type: decimal", f"type: {kind[0].lower()}{kind[1:]}").replace("valueDecimal: VALUE", element)
    authoring.write("forms/nail-form.yaml", form)
    assert main(["compile", str(authoring.root)]) == 0
    assert written in (authoring.topic / "fhir/Questionnaire-nail-form.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("Date: 2026-1-2", "value-invalid: ofType(date) '2026-1-2' is not a date; write YYYY, YYYY-MM or YYYY-MM-DD."),
        (
            "Date: 2026-02-30",
            "value-invalid: ofType(date) '2026-02-30' is a day that no calendar has; correct the date.",
        ),
        ("Date: 2026", "value-json-type: ofType(date) 2026 is a number; write a string in quotes."),
        (
            "DateTime: 2026-01-02 10:00:00",
            "value-invalid: ofType(dateTime) '2026-01-02 10:00:00' is not a dateTime; "
            "write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss and a time zone.",
        ),
    ],
)
def test_what_only_looks_like_a_date_is_an_error(
    authoring: Authoring, capsys: pytest.CaptureFixture[str], element: str, message: str
) -> None:
    authoring.write("forms/nail-form.yaml", FORM.replace("Decimal: VALUE", element))
    found = told(authoring, capsys).replace("Questionnaire.item[0].initial[0].value.", "")
    assert found == f"forms/nail-form.yaml:10:9: error {message}\n"
