"""Value sets say whose their codes are, as publisher.yaml has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from publisher.issue import IssueError
from publisher.language import text

if TYPE_CHECKING:
    from tests.unit.conftest import Authoring

NOTICES = {
    "atc": 'copyright: {sv: "ATC: ett centrum.", en: "ATC: a centre."}',
    "icd": 'copyright: {sv: "ICD: ett organ.", en: "ICD: a body."}',
}


def note(authoring: Authoring, *names: str) -> None:
    path = authoring.root / "publisher.yaml"
    written = path.read_text(encoding="utf-8")
    for name in names:
        written = written.replace(f"  {name}:\n", f"  {name}:\n    {NOTICES[name]}\n")
    path.write_text(written, encoding="utf-8")


def test_the_notices_of_the_systems_stand_in_the_order_of_the_codes(authoring: Authoring) -> None:
    note(authoring, "atc", "icd")
    value_set = authoring.resource("ValueSet", "nail-conditions")
    assert value_set["copyright"] == "ICD: ett organ. ATC: ett centrum."
    assert text(value_set, "copyright", "en") == "ICD: a body. ATC: a centre."


def test_a_system_without_a_notice_adds_none(authoring: Authoring) -> None:
    assert "copyright" not in authoring.resource("ValueSet", "nail-conditions")
    note(authoring, "atc")
    assert authoring.resource("ValueSet", "nail-conditions")["copyright"] == "ATC: ett centrum."


def test_a_notice_of_the_value_sets_own_is_kept(authoring: Authoring) -> None:
    note(authoring, "atc", "icd")
    own = "copyright: {sv: Vår egen., en: Our own.}\ncompose:"
    authoring.change("terminology/nail-conditions.yaml", "compose:", own)
    assert authoring.resource("ValueSet", "nail-conditions")["copyright"] == "Vår egen."


def test_a_notice_in_one_language_only_is_refused(authoring: Authoring) -> None:
    path = authoring.root / "publisher.yaml"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace("  atc:\n", "  atc:\n    copyright: {sv: Text.}\n"), encoding="utf-8")
    with pytest.raises(IssueError) as raised:
        authoring.compile()
    assert [(one.rule, one.diagnostics) for one in raised.value.report] == [
        ("key-missing", "The key 'en' is missing; add a text (quote it).")
    ]
