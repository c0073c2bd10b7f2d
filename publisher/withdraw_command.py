"""`vademecum withdraw`: adds a version of an artifact to the list that `vademecum serve --withdrawn` honours.

https://hl7.org/fhir/uv/crmi/artifact-lifecycle.html: a released version never changes, so the list says it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.apply_command import package_arguments

if TYPE_CHECKING:
    import argparse
    from datetime import date

CLEAN, USAGE = 0, 2


def withdraw_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `vademecum withdraw`."""
    listed = "the list that vademecum serve --withdrawn honours; made where it is not there"
    parser.add_argument("file", type=Path, metavar="FILE", help=listed)
    parser.add_argument("artifact", metavar="CANONICAL", help="what to withdraw: url|version")
    parser.add_argument("reason", metavar="REASON", help="why, in a line")
    parser.add_argument("--root", type=Path, help="the folder that holds publisher.yaml (default: ./artifacts)")
    package_arguments(parser)


def withdraw_command(arguments: argparse.Namespace, root: Path, day: date) -> int:
    """Add the line, unless the version is withdrawn already; IssueError where it is not held."""
    from publisher.package.loading import load_packages
    from publisher.release import load_release
    from publisher.repository import Canonical
    from publisher.withdrawal import withdraw

    reason = " ".join(arguments.reason.split())
    if not reason:
        sys.stderr.write("vademecum: say in a word or more why the artifact is withdrawn.\n")
        return USAGE
    held = load_packages(load_release(root), arguments.packages, translate=arguments.translate).artifacts
    withdraw(arguments.file, Canonical.parse(arguments.artifact), held, day=day.isoformat(), reason=reason)
    return CLEAN
