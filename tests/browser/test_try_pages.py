"""The small record system in a real browser: by keyboard, in both languages, on a narrow screen, without script."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from publisher.cli import main
from publisher.feedback import FeedbackStore, Outcome, Shown
from tests.browser.webdriver import BROWSER, DRIVER, ENTER, SPACE, TAB, Browser, await_port, browser, free_port
from tests.topics import ROOT
from tests.topics.services import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="NOT RUN: there is no chromium with chromedriver (Debian: chromium-driver)"
)
FEATHER, DUST = "try/example-sneeze/a-feather-is-near", "try/example-sneeze/dust-for-sneeze"
MOST_STOPS = 100


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("try")


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    """Start a real server of the topic that only tests use, which counts feedback."""
    root = folder / "topics"
    subprocess.run(["cp", "-r", str(ROOT), str(root)], check=True)
    assert main(["compile", str(root)]) == 0
    port = free_port()
    command = [sys.executable, "-c", "from publisher.cli import entry_point; entry_point()", "serve", str(root)]
    options = ["--port", str(port), "--evaluate-drafts", "--now", "2026-01-02", "--feedback", str(folder / "f.sqlite")]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL, env=environment)
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def window(folder: Path) -> Iterator[Browser]:
    with browser(folder / "profile") as opened:
        yield opened


def focused(window: Browser) -> str:
    """Return the words of the element that has the focus."""
    return str(
        window.run(
            "const e = document.activeElement, by = n => (e.getAttribute(n) || '').split(' ').filter(Boolean)"
            ".map(i => document.getElementById(i).textContent.trim()).join(' ');"
            "const label = e.labels && e.labels[0] ? e.labels[0].textContent.trim() : '';"
            "return [e.tagName, e.getAttribute('aria-label') || by('aria-labelledby') || label ||"
            " e.textContent.trim().slice(0, 40),"
            " by('aria-describedby')].join('|')"
        )
    )


def tab_to(window: Browser, words: str) -> list[str]:
    """Press Tab until an element with these words has the focus, and return all that had it."""
    stops: list[str] = []
    while len(stops) < MOST_STOPS:
        window.press(TAB)
        stops.append(focused(window))
        if words in stops[-1]:
            return stops
    raise AssertionError(stops)


def test_a_person_with_a_keyboard_gets_from_the_start_page_to_an_answer(window: Browser, base: str) -> None:
    window.go(f"{base}?lang=en")
    tab_to(window, "Try the services")
    window.press(ENTER)
    tab_to(window, "A feather is near")
    window.press(ENTER)
    assert window.reads("h1", "A feather is near")
    assert "Move the feather that is near" in window.text("article h3")


def test_every_control_of_a_patient_is_reached_in_order_and_has_a_name(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    stops = tab_to(window, "Call the service")
    names = [stop.split("|") for stop in stops]
    assert names[0][1] == "Skip to the contents"
    assert [name for _, name, _ in names if not name] == []
    accept = next(name for name in names if name[1] == "Accept")
    assert accept[0] == "BUTTON"
    assert accept[2]
    assert ["SELECT", "The record system sends", ""] in names
    assert ["INPUT", "Code or name", ""] in names
    assert ["BUTTON", "Remove: A sneeze 1", ""] in names or any(name[1].startswith("Remove: ") for name in names)
    assert window.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_a_key_is_refused_with_the_keyboard(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    tab_to(window, "SELECT|The record system sends")
    assert window.run("return document.activeElement.name") == "conditions"
    window.press("n")  # a letter chooses the option that begins with it: nothing is sent
    assert window.run("return document.querySelector('select[name=conditions]').value") == "absent"
    tab_to(window, "Call the service")
    window.press(SPACE)
    assert window.reads(".refusal", "Status 412")


def test_a_fact_is_removed_and_added_with_the_keyboard(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    tab_to(window, "BUTTON|Remove: Fj")
    window.press(ENTER)
    assert window.reads("main", "The data have been changed.")
    assert window.url().endswith("#at-observations")
    assert "Consider a striped handkerchief" in window.text("article h3")
    tab_to(window, "INPUT|New: code or name")
    while window.run("return document.activeElement.name") != "new.observations":
        tab_to(window, "INPUT|New: code or name")
    window.press(*"feather")
    tab_to(window, "BUTTON|Add: Test results")
    window.press(ENTER)
    assert window.reads("#at-observations", "Remove")
    assert window.run("return document.getElementById('observations.0.code').value") == "Fjäder i närheten (feather)"


@pytest.mark.parametrize(
    ("language", "new", "part", "value", "sent"),
    [
        ("en", "New: code or name", "Another part: code or name", "Value", "Request (JSON)"),
        ("sv", "Ny uppgift: kod eller namn", "En del till: kod eller namn", "Värde", "Anrop (JSON)"),
    ],
)
def test_a_result_in_parts_is_written_with_the_keyboard(  # noqa: PLR0913, PLR0917  the words of each language
    window: Browser, base: str, folder: Path, language: str, new: str, part: str, value: str, sent: str
) -> None:
    window.go(f"{base}{FEATHER}?lang={language}")
    while window.run("return document.activeElement.name") != "new.observations":
        tab_to(window, f"INPUT|{new}")
    window.press(*"Pressure")
    window.press(ENTER)
    for index, name in enumerate(("Upper", "Lower")):
        while window.run("return document.activeElement.name") != "observations.1.component.new":
            tab_to(window, f"INPUT|{part}")
        window.press(*name)
        window.press(ENTER)
        assert window.reads("#at-observations", f"{index + 1}. {name}")
        while window.run("return document.activeElement.name") != f"observations.1.component.{index}.value":
            tab_to(window, f"INPUT|{value}")
        legend = "return document.activeElement.closest('fieldset').querySelector('legend').textContent"
        assert window.run(legend) == f"{index + 1}. {name}"
        window.press(*"120")
    window.shot(Path(os.environ.get("VADEMECUM_PICTURES") or folder) / f"try-parts-{language}.png")
    window.press(ENTER)
    tab_to(window, f"SUMMARY|{sent}")
    window.press(ENTER)
    assert window.reads("#exchange ~ details[open] pre", '"value": 120')


def test_enter_in_a_field_calls_the_service_and_removes_nothing(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    for written in ("2025-02", "2025-03"):  # after the first, the languages are buttons too
        window.write("[id='conditions.0.onsetDateTime']", written)
        window.press(ENTER)
        assert window.reads("main", "The data have been changed.")
    assert window.url().endswith("?lang=en#answer")
    assert window.run("return document.getElementById('conditions.0.onsetDateTime').value") == "2025-03"
    assert "Move the feather that is near" in window.text("article h3")


def test_what_cannot_be_sent_is_seen_where_the_page_opens_and_leads_to_its_field(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    window.write("[id='conditions.0.onsetDateTime']", "31/12/2025")
    window.press(ENTER)
    assert window.reads(".refusal", "This cannot be sent, and was left as it was:\nSince: 31/12/2025")
    place = (
        "const r = document.querySelector('.refusal').getBoundingClientRect(); return [r.top, r.bottom, innerHeight]"
    )
    top, bottom, height = window.run(place)
    assert 0 <= top < bottom <= height
    window.click(".refusal a")
    window.press(TAB)  # from the field that the link leads to
    assert focused(window).startswith("INPUT|Recorded on|")


def test_the_language_can_be_changed_without_losing_what_was_changed(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=en")
    window.write("[id='conditions.0.onsetDateTime']", "2025-03")
    window.press(ENTER)
    assert window.reads("main", "The data have been changed.")
    window.click("nav button")
    assert window.reads("main", "Uppgifterna är ändrade.")
    assert window.run("return document.getElementById('conditions.0.onsetDateTime').value") == "2025-03"


def test_the_request_can_be_edited_as_json_and_is_called(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=sv")
    window.run("document.getElementById('request').closest('details').open = true")
    written = json.loads(str(window.run("return document.getElementById('request').value")))
    written["prefetch"]["observations"] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    window.run(f"document.getElementById('request').value = {json.dumps(json.dumps(written))}")
    window.click("#exchange ~ details form button")
    assert window.reads("#contents section h3", "Överväg en randig näsduk")


def test_a_suggestion_is_accepted_and_not_counted(window: Browser, base: str, folder: Path) -> None:
    window.go(f"{base}{DUST}?lang=sv")
    window.click(".choices button")
    assert window.reads("main", "Tjänsten tar emot det")
    for words in ("The service takes it", "Tjänsten tar emot det"):
        window.click("nav button:not([aria-current])")
        assert window.reads("main", words)
    window.click("header a")
    assert window.reads("h1", "Pepparstoft för exempelnysning")
    window.click("article > form button")
    assert window.reads("main", "Tjänsten tar emot det")
    assert FeedbackStore(folder / "f.sqlite").rates() == []
    window.go(f"{base}feedback?lang=sv")
    assert window.reads("main", "Inget har räknats än.")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_language_is_kept_from_page_to_page(window: Browser, base: str, language: str) -> None:
    window.go(f"{base}try?lang={language}")
    for _ in range(2):
        assert window.run("return document.documentElement.lang") == language
        window.click("main a")


def test_nothing_scrolls_sideways_on_a_narrow_screen(window: Browser, base: str) -> None:
    for address in ("try", FEATHER, DUST):
        window.go(f"{base}{address}?lang=sv")
        window.run("document.body.style.width = '288px'")
        wide = window.run(
            "return [...document.body.querySelectorAll('main *')].filter(e => e.offsetWidth > 300"
            " && !e.closest('table, pre')).map(e => e.tagName)"
        )
        assert wide == []


def test_the_rates_are_seen_without_scrolling_sideways(window: Browser, base: str, folder: Path) -> None:
    told = Outcome(uuid4(), 7, "accepted")
    store = FeedbackStore(folder / "f.sqlite")
    store.register(
        [Shown(7, "https://example.org/fhir/PlanDefinition/of-a-long-name|0.1.0", "a-rule", "a-service", "")]
    )
    store.add("a-service-of-a-long-name", [told, replace(told, outcome="overridden", reason="unlisted")], NOW)
    try:
        window.go(f"{base}feedback?lang=sv")
        assert "1 av 2 (50 %)" in window.text("main").replace("\n", " ")
        assert window.run("const t = document.querySelector('table'); return t.scrollWidth - t.clientWidth") == 0
        window.shot(Path(os.environ.get("VADEMECUM_PICTURES") or folder) / "rates.png")
    finally:
        with sqlite3.connect(folder / "f.sqlite") as database:
            database.execute("DELETE FROM count")


def test_no_script_runs_and_nothing_is_fetched_from_elsewhere(window: Browser, base: str) -> None:
    window.go(f"{base}{FEATHER}?lang=sv")
    window.run("const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)")
    assert window.run("return window.ran === undefined")
    names = window.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert [name for name in names if not name.startswith(base)] == []


def test_a_picture_of_each_page_can_be_taken(window: Browser, base: str, folder: Path) -> None:
    pictures = Path(os.environ.get("VADEMECUM_PICTURES") or folder)
    for number, address in enumerate((f"{base}try?lang=sv", f"{base}{FEATHER}?lang=sv", f"{base}{DUST}?lang=en")):
        window.go(address)
        window.shot(pictures / f"try-{number}.png")
        assert (pictures / f"try-{number}.png").stat().st_size > 10_000
