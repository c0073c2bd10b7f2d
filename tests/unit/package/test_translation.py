"""CQL of a package becomes ELM once: kept by its text, and what does not translate is named with its first error."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from publisher.apply.knowledge import Knowledge
from publisher.issue import Issue, Report, Source
from publisher.package.loading import Loaded, load_packages
from publisher.repository import Repository
from publisher.source import cql
from tests.unit.apply import asking
from tests.unit.apply.builders import activity, apply, bundle, plan
from tests.unit.package.archives import package_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ELM = json.loads(asking.ELM.read_text("utf-8"))["library"]


def library(name: str, text: str) -> dict[str, Any]:
    """Return a Library that holds only CQL."""
    content = [{"contentType": "text/cql", "data": base64.b64encode(text.encode()).decode()}]
    identity = {"id": name, "name": name, "url": f"http://example.org/Library/{name}", "version": "1.0.0"}
    return {**asking.LIBRARY, **identity, "content": content}


WEATHER = library("Weather", "library Weather version '1.0.0'\ndefine X: 1\n")
BROKEN = library("Broken", "library Broken\ndefine X: Y\n")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Return the texts that the translator, which is not run, was asked for: it knows Weather and refuses Broken."""
    calls: list[list[str]] = []

    def translated(texts: Mapping[str, str]) -> tuple[dict[str, Any], Report]:
        calls.append(sorted(texts))
        place = Source("Broken.cql", 2, 11)
        found = [Issue.error("invalid", "cql-translation", f"Y {each}", source=place) for each in ("is unknown", "too")]
        return {"Weather": ELM}, Report(found if "Broken" in texts else [])

    monkeypatch.setattr(cql, "translated_texts", translated)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return calls


def loaded(tmp_path: Path, *resources: dict[str, Any], translate: bool = True) -> Loaded:
    return load_packages([], [package_of(tmp_path / "a.tgz", *resources)], translate=translate)


def test_a_plan_is_applied_with_the_elm_of_its_library(asked: list[list[str]], tmp_path: Path) -> None:
    rules = plan(asking.helps(), library=["http://example.org/Library/Weather"])
    found = loaded(tmp_path, rules, activity(), WEATHER)
    knowledge = Knowledge(Repository(found.artifacts), translated=found.translated)
    data = [bundle(asking.PATIENT, asking.response(rain=True, wind=False))]
    assert "activity" in apply("PlanDefinition/apply", knowledge, "plan", data=data)
    assert "activity" not in apply("PlanDefinition/apply", knowledge, "plan", data=[bundle(asking.PATIENT)])
    assert asked == [["Weather"]]


def test_a_text_is_translated_once(asked: list[list[str]], tmp_path: Path) -> None:
    assert loaded(tmp_path, WEATHER).translated == loaded(tmp_path, WEATHER).translated
    assert len(asked) == 1
    loaded(tmp_path, library("Weather", "library Weather\ndefine Another: 1\n"))
    assert len(asked) == 2


def test_a_translation_that_was_kept_in_part_is_made_again(asked: list[list[str]], tmp_path: Path) -> None:
    loaded(tmp_path, WEATHER)
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_text(kept.read_text("utf-8")[:20], "utf-8")
    assert loaded(tmp_path, WEATHER).translated == {"Weather": ELM}
    assert len(asked) == 2


def test_a_library_that_does_not_translate_is_named_with_its_first_error(
    asked: list[list[str]], tmp_path: Path
) -> None:
    found = loaded(tmp_path, WEATHER, BROKEN)
    assert [str(each) for each in found.report] == [
        "warning cql-translation: The CQL of Broken does not translate (2 errors; the first: "
        "Broken.cql:2:11: Y is unknown)"
    ]
    assert list(found.translated or {}) == ["Weather"]
    assert asked == [["Broken", "Weather"]]


def test_a_package_with_elm_asks_for_no_translator(asked: list[list[str]], tmp_path: Path) -> None:
    assert loaded(tmp_path, asking.LIBRARY).report.to_text() == ""
    assert asked == []


def test_nothing_is_translated_unless_it_is_asked_for(asked: list[list[str]], tmp_path: Path) -> None:
    assert loaded(tmp_path, WEATHER, translate=False).translated == {}
    assert asked == []


def test_elm_that_cannot_be_read_is_no_elm(asked: list[list[str]], tmp_path: Path) -> None:
    broken = {"contentType": "application/elm+json", "data": "no base64"}
    found = loaded(tmp_path, {**WEATHER, "content": [*WEATHER["content"], broken]})
    assert asked == [["Weather"]]
    assert found.translated == {"Weather": ELM}
