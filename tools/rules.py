"""The reference of all rules in docs/reference/rules.md, made from the registries of the publisher.

`python tools/rules.py` writes it anew; with `--check` it says whether it is stale.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from publisher.rules import FAMILIES
from publisher.validation.findings import RULES as STRUCTURE
from publisher.validation.rule_table import RULES as OF_RESOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.validation.findings import Rule

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "rules.md"
STRUCTURE_CASES = ROOT / "tests" / "spec" / "structure"
RESOURCE_CASES = ROOT / "tests" / "spec" / "validation"
R4 = "https://hl7.org/fhir/R4/"

# Rules whose messages name what is to be written, said without the example's names.
IN_GENERAL = {
    "too-deep": "Nest it less.",
    "display-differs": "Write the display of the code system, or leave it out.",
    "search-outcome": "Correct the mode or the resource.",
    "property-type": "Write the type of the standard property.",
    "answer-type": "Write the value in the type of the item.",
    "response-answer-type": "Write the value in the type of the question.",
    "profile-not-found": "Give the package that defines it.",
    "profile-type": "Claim a profile on the type of the resource.",
    "profile-minimum": "Add what the profile asks for.",
    "profile-maximum": "Take out what is too much.",
    "profile-fixed": "Write the value of the profile.",
    "profile-pattern": "Add what the pattern has.",
    "profile-value-type": "Write the value in a type of the profile.",
    "profile-target": "Point at a type of the profile.",
    "condition-not-boolean": "Name a definition that is true or false.",
    "library-name-differs": "Write the name of the CQL library.",
    "library-cql-untranslatable": "Correct the CQL as the translator says.",
}

INTRODUCTION = """\
# Rules

This page is made by `python tools/rules.py`; do not edit it.

A message reads `file:line:column: severity rule: what is wrong; what to do`.
A fatal issue or an error stops the command with exit status 1, and nothing is written.
A warning or information stops nothing.
Examples with their exact messages are in [bad-inputs.md](bad-inputs.md).
"""


def page() -> str:
    """Return the page of the docs."""
    parts = [INTRODUCTION]
    for name, rules in FAMILIES.items():
        parts.append(f"\n## {name}\n\n| rule | severity | what it checks | what to do |\n|---|---|---|---|\n")
        parts += (f"| `{code}` | {rule.severity} | {rule.checks} | {rule.fix} |\n" for code, rule in rules.items())
    others = {code: rule for code, rule in OF_RESOURCES.items() if code not in STRUCTURE}
    parts += _of_resources("Structure (any R4 resource)", STRUCTURE)
    parts += _of_resources("Whole resources (any R4 resource, `vademecum validate`)", others)
    return "".join(parts)


def _of_resources(title: str, rules: Mapping[str, Rule]) -> Iterator[str]:
    """Yield the table of rules that state a section of the standard; their advice is that of one message."""
    yield f"\n## {title}\n\n| rule | severity | what it checks | what to do | section |\n|---|---|---|---|---|\n"
    advice = _advice()
    for code, rule in rules.items():
        section = f"[{rule.section}]({R4}{rule.section})"
        todo = advice.get(code, "Do as its message says.")
        yield f"| `{code}` | {rule.severity} | {rule.summary} | {todo} | {section} |\n"


def _advice() -> dict[str, str]:
    """Return the advice of the first message of each rule in its cases."""
    found = dict(IN_GENERAL)
    for path in (*sorted(STRUCTURE_CASES.glob("*.yaml")), *sorted(RESOURCE_CASES.glob("*.yaml"))):
        for case in yaml.safe_load(path.read_text("utf-8")):
            for issue in case["issues"] if "issues" in case else [{**case["issue"], "rule": case["rule"]}]:
                if issue["rule"] == case["rule"]:
                    found.setdefault(case["rule"], _sentence(issue["diagnostics"]))
    return found


def _sentence(diagnostics: str) -> str:
    """Return what a message advises, as a sentence of its own."""
    _, sign, advice = diagnostics.rpartition("; ")
    advice = advice if sign else diagnostics.rpartition(", ")[2]
    if advice.startswith("did you mean"):
        return "Correct the name."
    return f"{advice[0].upper()}{advice[1:]}".replace("|", "\\|").replace("<", "\\<")


def main(arguments: list[str]) -> int:
    """Write the page, or check it; return the exit status."""
    is_stale = not PAGE.is_file() or PAGE.read_text("utf-8") != page()
    if is_stale and "--check" not in arguments:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), "utf-8")
        return 0
    sys.stderr.write(f"{PAGE}: stale; run python tools/rules.py\n" if is_stale else "")
    return 1 if is_stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
