"""The registry of rules holds every rule code that the code speaks, and none that it does not."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.r4.definitions import code_system
from publisher.rules import FAMILIES
from publisher.validation.rule_table import RULES
from tools.rules import PAGE, main, page

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2] / "publisher"
FILES = [*ROOT.glob("source/**/*.py"), *ROOT.glob("validation/**/*.py"), *ROOT.glob("r4/*.py"), ROOT / "release.py"]
FILES += [ROOT / "archive.py", ROOT / "withdrawal.py", ROOT / "pipeline.py", *ROOT.glob("cases/*.py")]
ISSUES = ("error", "warning", "information", "Issue")
OF_OUR_OWN = ("_issue", "_error", "_refuse", "refused", "_report")
KEBAB_CASE = re.compile(r"[a-z]+(?:-[a-z]+)+")


def spoken() -> Iterator[str]:
    """Yield the rule codes that the calls which make an issue are given as constants."""
    types = code_system("http://hl7.org/fhir/issue-type")
    assert types is not None
    for path in FILES:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and _name(call.func) in (*ISSUES, *OF_OUR_OWN):
                texts = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                yield from (one for one in texts if KEBAB_CASE.fullmatch(one) and one not in types.displays)


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


REGISTERED = {code: rule for family in FAMILIES.values() for code, rule in family.items()}


def test_every_rule_that_is_spoken_is_registered() -> None:
    assert {*spoken()} - REGISTERED.keys() - RULES.keys() == set()


def test_every_registered_rule_is_a_word_of_the_code() -> None:
    texts = "".join(path.read_text("utf-8") for path in FILES)
    assert [code for code in REGISTERED if f'"{code}"' not in texts] == []


def test_no_rule_is_registered_in_two_families() -> None:
    assert len(REGISTERED) == sum(len(family) for family in FAMILIES.values())


def test_what_a_rule_checks_and_what_to_do_are_sentences() -> None:
    for rule in REGISTERED.values():
        for sentence in (rule.checks, rule.fix):
            assert sentence[0].isupper() or sentence.startswith(("derivedFrom", "terminology.csv"))
            assert sentence.endswith(".")


def test_the_page_of_rules_is_not_stale() -> None:
    assert main(["--check"]) == 0
    assert PAGE.read_text("utf-8") == page()
