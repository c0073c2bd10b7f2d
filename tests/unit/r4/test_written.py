"""JSON that is written already: https://hl7.org/fhir/R4/json.html."""

from __future__ import annotations

from decimal import Decimal

import pytest

from publisher.r4.codec import dumps, parse
from publisher.r4.written import Form, Place, Written

TASK = Written.of({"resourceType": "Task", "note": [{"text": "100 % “sure”\n"}]})


def test_what_is_written_is_joined_and_not_written_again() -> None:
    joined = Written.of({"resourceType": "Bundle", "entry": [{"resource": TASK}]})
    assert joined.text == f'{{"resourceType":"Bundle","entry":[{{"resource":{TASK.text}}}]}}'
    assert dumps(joined) == joined.text.encode()


def test_members_stand_in_the_order_in_which_they_are_put_beside_each_other() -> None:
    nothing = Written.of({})
    assert (TASK + Written.of({"id": "1"})).text == f'{TASK.text[:-1]},"id":"1"}}'
    assert (TASK + nothing).text == (nothing + TASK).text == TASK.text
    assert (nothing + nothing).text == "{}"


def test_what_is_written_is_read_as_it_was_decimals_as_their_author_wrote_them() -> None:
    value = {"value": parse(b"1.50", file="").value, "rate": parse(b"1e2", file="").value, "many": [True, None, 3]}
    written = Written.of(value)
    assert written.text == '{"value":1.50,"rate":1e2,"many":[true,null,3]}'
    assert written.value == value
    assert Written.of(written.value).text == written.text


def test_indented_it_is_as_any_other_object() -> None:
    assert dumps(TASK, pretty=True) == dumps(TASK.value, pretty=True)


def test_a_form_is_filled_in_where_it_has_places() -> None:
    form = Form({"intent": "option", "for": Place("subject"), "note": "100 %", "when": Place("moment")})
    filled = form.filled({"subject": '{"reference":"Patient/%s"}', "moment": '"2026"', "other": "null"})
    assert filled.text == '{"intent":"option","for":{"reference":"Patient/%s"},"note":"100 %","when":"2026"}'


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), object()])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        Written.of({"value": value})
