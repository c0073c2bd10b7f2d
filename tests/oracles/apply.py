"""Run PlanDefinition/$apply with the CQF clinical reasoning engine, and read its result.

usage: apply.py [--package DIR]... --plan ID_OR_CANONICAL --subject Patient/ID --data BUNDLE.json
                [--parameters PARAMETERS.json] [--encounter Encounter/ID] [--practitioner Practitioner/ID]
                [--now 2026-11-22] [--form careplan|bundle]
       apply.py [--package DIR]... --cases FILE.json [--now 2026-11-22] [--form careplan|bundle]

See README.md for the cases file, the output and the exit status.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def applicable_actions(result: dict[str, Any]) -> list[str]:
    """Return the sorted ids of the RequestGroup actions in a result, at whatever depth they stand."""
    groups = (found for found in resources(result) if found["resourceType"] == "RequestGroup")
    return sorted(action["id"] for group in groups for action in actions(group) if "id" in action)


def problems(result: dict[str, Any]) -> list[str]:
    """Return the sorted diagnostics in a result: all that is left of an action whose condition failed."""
    outcomes = (found for found in resources(result) if found["resourceType"] == "OperationOutcome")
    return sorted(issue.get("diagnostics", "") for outcome in outcomes for issue in outcome["issue"])


def resources(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every resource in `node`: itself, contained ones, and those of Bundle and Parameters."""
    if isinstance(node, dict):
        if "resourceType" in node:
            yield node
        for child in node.values():
            yield from resources(child)
    elif isinstance(node, list):
        for child in node:
            yield from resources(child)


def actions(parent: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the actions of a RequestGroup or of an action, each before its own."""
    for action in parent.get("action", []):
        yield action
        yield from actions(action)


def main(arguments: Sequence[str]) -> int:
    """Run the engine and return its exit status."""
    from java_program import command

    try:
        return subprocess.run(command("Apply", arguments), check=False).returncode
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"apply: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
