"""Changing the facts of a made-up patient in the rows of a form, without JSON."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from server.pages.fact_words import WORDS
from server.pages.facts import MOST_ROWS
from tests.http.test_http_pages import Page
from tests.http.test_http_try import DUST, FEATHER, made, words
from tests.topics.services import request

if TYPE_CHECKING:
    from flask.testing import FlaskClient

CODES = "https://example.org/fhir/CodeSystem/example-sneeze-codes"


@pytest.fixture
def trial(settings: dict[str, Any]) -> FlaskClient:
    return made(settings)


def fields(html: str) -> dict[str, str]:
    """Return what a browser would send of the rows: every control of the form by name."""
    (form,) = re.findall(r'<form id="facts".*?</form>', html, re.DOTALL)
    found = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', form)
    }
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options) or re.findall(
            r'<option value="([^"]*)"', options
        )
        found[name] = unescape(chosen[0])
    return found


def sent(html: str) -> dict[str, Any]:
    """Return the request that the page says was sent."""
    found: dict[str, Any] = json.loads(unescape(re.findall(r"<pre tabindex=\"0\">(.*?)</pre>", html, re.DOTALL)[0]))
    return found


def changed(trial: FlaskClient, address: str, language: str = "en", **more: str) -> str:
    """Return the page after its form was sent with some fields changed."""
    form = fields(trial.get(f"{address}?lang={language}").text) | {
        name.replace("__", "."): value for name, value in more.items()
    }
    return trial.post(f"{address}?lang={language}", data=form).text


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("address", [FEATHER, DUST, "/try/example-sneeze/observations-refused"])
def test_a_form_sent_as_it_is_changes_nothing(trial: FlaskClient, address: str, language: str) -> None:
    assert sent(changed(trial, address, language)) == request(address.rpartition("/")[2])


def test_a_fact_is_changed_and_the_cards_follow(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, observations__0__valueBoolean="false")
    assert sent(page)["prefetch"]["observations"]["entry"][0]["resource"]["valueBoolean"] is False
    assert "Move the feather that is near" not in words(page).split("Why")[0].split("What the record system sends")[0]
    assert "The data have been changed." in words(page)


def test_a_fact_is_removed(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, do="remove observations.0")
    assert sent(page)["prefetch"]["observations"] == {"resourceType": "Bundle", "type": "searchset", "total": 0}


@pytest.mark.parametrize("written", ["Exempelnysning (sneeze)", "sneeze", "(sneeze)", "exempelnysning"])
def test_a_fact_is_added_by_its_code_or_its_name(trial: FlaskClient, written: str) -> None:
    page = changed(trial, FEATHER, "sv", new__conditions=written, do="add conditions")
    (_, added) = sent(page)["prefetch"]["conditions"]["entry"]
    assert added["search"] == {"mode": "match"}
    assert added["resource"]["code"] == {"coding": [{"system": CODES, "code": "sneeze", "display": "Exempelnysning"}]}
    assert added["resource"]["subject"] == {"reference": "Patient/a-feather-is-near"}
    assert sent(page)["prefetch"]["conditions"]["total"] == 2


def test_a_name_that_no_value_set_has_is_sent_as_words(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, new__conditions="Ont någonstans")
    (_, added) = sent(page)["prefetch"]["conditions"]["entry"]
    assert added["resource"]["code"] == {"text": "Ont någonstans"}
    assert words(page).count("Not on the list: sent as words without a code.") == 1


def test_adding_to_a_key_that_is_left_out_sends_it(trial: FlaskClient) -> None:
    form = fields(trial.get(f"{FEATHER}?lang=en").text)
    asked = request("a-feather-is-near")
    del asked["prefetch"]["observations"]
    form |= {"request": json.dumps(asked), "observations": "absent", "new.observations": "feather"}
    page = trial.post(f"{FEATHER}?lang=en", data=form).text
    (entry,) = sent(page)["prefetch"]["observations"]["entry"]
    assert entry["resource"]["effectiveDateTime"] == "2026-01-02"
    assert entry["resource"]["status"] == "final"


def test_a_draft_is_removed_from_the_selections_too_and_another_added(trial: FlaskClient) -> None:
    page = changed(trial, DUST, do="remove drafts.0", new__drafts="pepper-dust")
    context = sent(page)["context"]
    kept, added = (each["resource"] for each in context["draftOrders"]["entry"])
    assert (kept["id"], added["status"]) == ("dust", "draft")
    assert context["selections"] == ["MedicationRequest/dust", f"MedicationRequest/{added['id']}"]


def test_a_long_list_has_so_many_rows_and_the_rest_stays_as_it_is(trial: FlaskClient) -> None:
    asked = request("a-feather-is-near")
    entry = asked["prefetch"]["observations"]["entry"][0]
    some = [{**entry, "resource": {**entry["resource"], "id": str(number)}} for number in range(MOST_ROWS + 7)]
    asked["prefetch"]["observations"] |= {"entry": some, "total": len(some)}
    page = trial.post(f"{FEATHER}?lang=en", data={"request": json.dumps(asked)}).text
    assert "7 more, which are seen and changed as JSON below." in words(page)
    assert f"observations.{MOST_ROWS - 1}.code" in fields(page)
    assert f"observations.{MOST_ROWS}.code" not in fields(page)
    again = trial.post(f"{FEATHER}?lang=en", data=fields(page) | {"observations.0.status": "amended"}).text
    asked["prefetch"]["observations"]["entry"][0]["resource"]["status"] = "amended"
    assert sent(again) == asked


def test_a_form_that_would_make_a_page_without_measure_is_413(trial: FlaskClient) -> None:
    form = {"request": json.dumps({"prefetch": {"observations": "x" * 256 * 1024}})}
    page = trial.post(f"{FEATHER}?lang=en", data=form, headers={"Accept": "text/html"})
    assert page.status_code == 413
    assert "Status 413" in words(page.text)


@pytest.mark.parametrize("state", ["empty", "refused", "absent"])
def test_a_key_may_bring_nothing_while_its_rows_stay(trial: FlaskClient, state: str) -> None:
    page = changed(trial, FEATHER, observations=state)
    assert sent(page)["prefetch"].get("observations", {}).get("entry") is None
    assert "observations.0.code" in fields(page)
    back = trial.post(f"{FEATHER}?lang=en", data=fields(page) | {"observations": "as-is"}).text
    assert sent(back) == request("a-feather-is-near")


def test_what_a_missing_answer_would_change_is_seen_on_the_changed_facts(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, conditions__0__onsetDateTime="2025", do="without conditions")
    assert "conditions" not in sent(page)["prefetch"]
    assert fields(page)["conditions.0.onsetDateTime"] == "2025"
    assert "The service cannot answer: Status 412" in words(page)


@pytest.mark.parametrize(
    ("name", "written", "shown"),
    [
        ("conditions__0__onsetDateTime", "yesterday", "Since: yesterday"),
        ("observations__0__status", "f", "Status: f"),
        ("conditions__0__clinicalStatus", "<b>", "Course: <b>"),
    ],
)
def test_what_cannot_stand_is_told_and_left_as_it_was(trial: FlaskClient, name: str, written: str, shown: str) -> None:
    page = changed(trial, FEATHER, **{name: written})
    assert f"This cannot be sent, and was left as it was: {shown}" in words(page)
    assert sent(page) == request("a-feather-is-near")
    assert "<b>" not in page
    assert f'<a href="#{name.replace("__", ".")}">' in page
    moved = changed(trial, FEATHER, **{name: written, "do": "remove observations.0"})
    assert f"This cannot be sent, and was left as it was: {shown}" in words(moved)
    assert '<a href="#' not in moved.partition('role="alert"')[2].partition("</ul>")[0]


def test_what_cannot_stand_is_told_where_the_reader_is(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, conditions__0__onsetDateTime="soon", do="remove observations.0")
    (section,) = re.findall(r'<fieldset class="key" id="at-observations">.*?</fieldset>', page, re.DOTALL)
    assert 'role="alert"' in section
    assert page.count('role="alert"') == 1


def test_an_element_is_taken_away_by_emptying_its_field(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, conditions__0__clinicalStatus="")
    assert "clinicalStatus" not in sent(page)["prefetch"]["conditions"]["entry"][0]["resource"]


def test_fields_offer_the_codes_of_the_topic_with_the_title_of_their_value_set(trial: FlaskClient) -> None:
    page = trial.get(f"{FEATHER}?lang=sv").text
    (offered,) = re.findall(r'<datalist id="codes-Condition">(.*?)</datalist>', page, re.DOTALL)
    assert '<option value="Exempelnysning (sneeze)">' in offered
    assert "pepper-dust" not in offered


@pytest.mark.parametrize(
    "damaged",
    [
        {"hook": ["x"], "context": [], "prefetch": {"conditions": {"resourceType": "Bundle", "entry": 3}}},
        {"context": {"draftOrders": 3}, "prefetch": {"observations": {"resourceType": "Bundle", "entry": [1, {}]}}},
        {
            "prefetch": {
                "patient": 7,
                "observations": {"resourceType": "Observation", "referenceRange": 4, "valueQuantity": []},
            }
        },
        {"hook": "order-select", "context": {"draftOrders": 3, "selections": 4}, "prefetch": {}},
    ],
)
@pytest.mark.parametrize(
    "do",
    [
        "remove conditions.0",
        "remove drafts.9",
        f"remove drafts.{'9' * 5000}",
        "remove",
        "add drafts",
        "without conditions",
        "x y z",
    ],
)
def test_no_request_breaks_the_page(trial: FlaskClient, damaged: dict[str, Any], do: str) -> None:
    form = {
        "rows": "1",
        "request": json.dumps(damaged),
        "do": do,
        "new.drafts": "x",
        "new.conditions": "y",
        "conditions": "?",
    }
    page = trial.post(f"{DUST}?lang=en", data=form)
    assert page.status_code == 200
    assert Page(page.text).unbalanced == []


def test_facts_that_were_changed_are_there_again_after_a_card_was_accepted(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, conditions__0__onsetDateTime="2025", observations="as-is", answers="absent")
    (form,) = (one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'value="accepted"' in one)
    given = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]+)"', form)}
    told = trial.post(f"{FEATHER}/feedback?lang=en", data=given).text
    (back,) = re.findall(r'<form id="back" method="post" action="([^"]+)"><input[^>]* value="([^"]+)"', told)
    assert back[0] == "../a-feather-is-near?lang=en"
    assert Page(told).unbalanced == []
    again = trial.post(f"{FEATHER}?lang=en", data={"request": unescape(back[1])}).text
    assert sent(again) == sent(page)
    assert fields(again)["conditions.0.onsetDateTime"] == "2025"


def test_the_languages_have_the_same_words() -> None:
    assert WORDS["sv"].keys() == WORDS["en"].keys()


@pytest.mark.parametrize(
    "written", ["2026-13", "2026-02-30", "2026-01-02T10:00Z", "2026-01T10:00:00Z", "\u0662\u0660\u0662\u0666", "26"]
)
def test_a_day_that_there_is_not_is_told_and_left_out(trial: FlaskClient, written: str) -> None:
    page = changed(trial, FEATHER, conditions__0__onsetDateTime=written)
    assert f"left as it was: Since: {written}" in words(page)
    assert sent(page) == request("a-feather-is-near")


@pytest.mark.parametrize("written", ["2026", "2026-02", "2024-02-29", "2026-01-02T10:00:00.5+01:00"])
def test_a_day_a_month_a_year_and_a_moment_can_be_sent(trial: FlaskClient, written: str) -> None:
    page = changed(trial, FEATHER, conditions__0__onsetDateTime=written)
    assert sent(page)["prefetch"]["conditions"]["entry"][0]["resource"]["onsetDateTime"] == written


def with_a_result(trial: FlaskClient, result: dict[str, Any], **written: str) -> str:
    """Return the page after something was written into the row of an observation with another result."""
    asked = request("a-feather-is-near")
    observation = asked["prefetch"]["observations"]["entry"][0]["resource"]
    del observation["valueBoolean"]
    observation |= result
    form = fields(trial.post(f"{FEATHER}?lang=en", data={"request": json.dumps(asked)}).text)
    assert {f"observations.0.{name}" for name in written} <= form.keys()
    return trial.post(
        f"{FEATHER}?lang=en", data=form | {f"observations.0.{name}": each for name, each in written.items()}
    ).text


def observed(page: str) -> dict[str, Any]:
    """Return the first observation that the page says was sent."""
    found: dict[str, Any] = sent(page)["prefetch"]["observations"]["entry"][0]["resource"]
    return found


MEASURED = {"valueQuantity": {"value": 3, "unit": "g"}}


@pytest.mark.parametrize("written", ["1e999999999", "1_000", "9" * 3000, "\u0661\u0662", "Infinity", "1.2.3"])
def test_a_number_that_no_measurement_gives_is_told_and_left_out(trial: FlaskClient, written: str) -> None:
    page = with_a_result(trial, MEASURED, value=written)
    assert f"left as it was: Value: {written}" in words(page)
    assert observed(page)["valueQuantity"]["value"] == 3


@pytest.mark.parametrize(("written", "value"), [("4,5", 4.5), ("\N{MINUS SIGN}2", -2), ("0.50", 0.5)])
def test_a_number_may_be_written_as_people_do(trial: FlaskClient, written: str, value: float) -> None:
    page = with_a_result(trial, MEASURED, value=written)
    assert observed(page)["valueQuantity"]["value"] == value


def test_that_a_value_is_a_limit_only_is_seen_and_can_be_taken_away(trial: FlaskClient) -> None:
    below = {"valueQuantity": {"value": 3, "comparator": "<", "unit": "g"}}
    page = with_a_result(trial, below, value="5")
    assert fields(page)["observations.0.comparator"] == "<"
    assert observed(page)["valueQuantity"] == {"value": 5, "comparator": "<", "unit": "g"}
    page = with_a_result(trial, below, comparator="")
    assert observed(page)["valueQuantity"] == {"value": 3, "unit": "g"}


SNEEZE = {"coding": [{"system": CODES, "code": "sneeze", "display": "Exempelnysning"}]}


@pytest.mark.parametrize("result", [{}, {"valueCodeableConcept": {"text": "Something else"}}])
def test_a_result_may_be_a_code(trial: FlaskClient, result: dict[str, Any]) -> None:
    page = with_a_result(trial, result, valueCodeableConcept="sneeze")
    assert observed(page)["valueCodeableConcept"] == SNEEZE
    assert "observations.0.value" not in fields(page)


def test_a_coded_result_can_be_emptied_and_measured_instead(trial: FlaskClient) -> None:
    page = with_a_result(trial, {"valueCodeableConcept": SNEEZE}, valueCodeableConcept="")
    page = trial.post(f"{FEATHER}?lang=en", data=fields(page) | {"observations.0.value": "4"}).text
    assert observed(page)["valueQuantity"] == {"value": 4}
    assert "valueCodeableConcept" not in observed(page)


def test_spaces_add_no_fact(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, new__conditions="  ", do="add conditions")
    assert sent(page) == request("a-feather-is-near")


def test_words_with_a_bracket_at_their_end_are_told_to_have_no_code(trial: FlaskClient) -> None:
    page = changed(trial, FEATHER, new__conditions="Ache (left)")
    assert words(page).count("Not on the list: sent as words without a code.") == 1


PRESSURE = {
    "code": {"text": "Pressure"},
    "component": [
        {"code": {"text": "Upper"}, "valueQuantity": {"value": 150, "unit": "mmHg"}},
        {"code": {"text": "Lower"}, "valueQuantity": {"value": 90, "unit": "mmHg"}},
    ],
}


def test_a_part_of_a_result_is_changed_under_its_own_name(trial: FlaskClient) -> None:
    page = with_a_result(trial, PRESSURE, **{"component.1.value": "70"})
    assert [part["valueQuantity"]["value"] for part in observed(page)["component"]] == [150, 70]
    legends = re.findall(r"<legend>(.*?)</legend>", page)
    assert legends[legends.index("1. Upper") + 1] == "2. Lower"


def test_a_part_of_a_result_is_added_and_taken_away(trial: FlaskClient) -> None:
    page = with_a_result(trial, PRESSURE, **{"component.0.code": "", "component.new": "feather"})
    lower, added = observed(page)["component"]
    assert lower["code"] == {"text": "Lower"}
    assert added["code"]["coding"][0]["code"] == "feather"


@pytest.mark.parametrize(
    ("result", "name", "written", "becomes"),
    [
        ({"effectivePeriod": {"start": "2025"}}, "effectivePeriod.end", "2026-01", {"start": "2025", "end": "2026-01"}),
        ({"effectivePeriod": {"start": "2025"}}, "effectivePeriod.start", "", None),
        ({"valuePeriod": {"end": "2025"}}, "valuePeriod.start", "2024", {"end": "2025", "start": "2024"}),
        ({"effectiveInstant": "2026-01-01T10:00:00Z"}, "effectiveInstant", "2026-01-01T11:00:00Z", ...),
        ({"valueString": "some"}, "valueString", "many", ...),
        ({"valueInteger": 3}, "valueInteger", "4", 4),
        ({"valueDateTime": "2025"}, "valueDateTime", "2024", ...),
        ({"valueTime": "10:00:00"}, "valueTime", "11:00:00", ...),
    ],
)
def test_a_period_and_other_types_of_a_choice_have_fields(
    trial: FlaskClient, result: dict[str, Any], name: str, written: str, becomes: Any
) -> None:
    (element,) = result
    dated = {} if "effective" in element else {"effectivePeriod": {"start": "2025"}}
    page = with_a_result(trial, {"effectiveDateTime": "2025"} | dated | result, **{name: written})
    assert observed(page).get(element) == (written if becomes is ... else becomes)


@pytest.mark.parametrize(
    ("result", "name", "written"),
    [
        ({"valueInteger": 3}, "valueInteger", "4.5"),
        ({"valueTime": "10:00:00"}, "valueTime", "ten"),
        ({"effectivePeriod": {"start": "2025"}}, "effectivePeriod.end", "soon"),
    ],
)
def test_what_cannot_stand_in_an_element_of_another_type_is_told(
    trial: FlaskClient, result: dict[str, Any], name: str, written: str
) -> None:
    page = with_a_result(trial, result, **{name: written})
    assert f": {written}" in words(page).split("was left as it was")[1][:40]
    assert result.items() <= observed(page).items()


def with_a_fact(trial: FlaskClient, address: str, place: str, fact: dict[str, Any], **written: str) -> dict[str, Any]:
    """Return the first resource of a place after something was written into its row."""
    asked = request(address.rpartition("/")[2])
    holder = asked["context"]["draftOrders"] if place == "drafts" else asked["prefetch"][place]
    holder["entry"][0]["resource"] |= fact
    form = fields(trial.post(f"{address}?lang=en", data={"request": json.dumps(asked)}).text)
    changes = {f"{place}.0.{name}": each for name, each in written.items()}
    assert changes.keys() <= form.keys()
    made = sent(trial.post(f"{address}?lang=en", data=form | changes).text)
    held = made["context"]["draftOrders"] if place == "drafts" else made["prefetch"][place]
    found: dict[str, Any] = held["entry"][0]["resource"]
    return found


def test_a_condition_may_have_lasted_a_period_or_since_an_age(trial: FlaskClient) -> None:
    period = with_a_fact(
        trial, FEATHER, "conditions", {"onsetPeriod": {"start": "2020"}}, **{"onsetPeriod.start": "2021"}
    )
    assert period["onsetPeriod"] == {"start": "2021"}
    age = {"onsetAge": {"value": 40, "unit": "a"}}
    assert with_a_fact(trial, FEATHER, "conditions", age, **{"onsetAge.value": "41"})["onsetAge"]["value"] == 41
    assert with_a_fact(trial, FEATHER, "conditions", {}, recordedDate="2025-02")["recordedDate"] == "2025-02"


def test_a_draft_is_changed_in_all_that_says_what_it_is(trial: FlaskClient) -> None:
    assert with_a_fact(trial, DUST, "drafts", {}, intent="proposal")["intent"] == "proposal"
    kept = {"doNotPerform": True}
    assert with_a_fact(trial, DUST, "drafts", kept, doNotPerform="false")["doNotPerform"] is False
    referred = {"reasonReference": [{"reference": "Condition/a"}, {"display": "Ache"}]}
    made = with_a_fact(trial, DUST, "drafts", referred, reasonReference="Condition/b, Ache")
    assert made["reasonReference"] == [{"reference": "Condition/b"}, {"display": "Ache"}]


def test_a_resource_inside_a_draft_is_changed(trial: FlaskClient) -> None:
    inside = {"contained": [{"resourceType": "Condition", "id": "c", "code": {"text": "Ache"}}]}
    made = with_a_fact(trial, DUST, "drafts", inside, **{"contained.0.code": "sneeze"})
    assert made["contained"] == [{"resourceType": "Condition", "id": "c", "code": SNEEZE}]


def test_of_several_reasons_one_is_changed_and_one_taken_away(trial: FlaskClient) -> None:
    several = {"reasonCode": [{"text": "First"}, SNEEZE, {"text": "Third"}]}
    made = with_a_fact(trial, DUST, "drafts", several, **{"reasonCode": "", "reasonCode.2": "Fourth"})
    assert made["reasonCode"] == [SNEEZE, {"text": "Fourth"}]
