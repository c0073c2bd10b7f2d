"""Validate FHIR R4 JSON with the HAPI FHIR validator, the reference that our own validator is held against.

usage: validate.py [--package FILE.tgz]... [--context PATH]... PATH...

See README.md for the output and the exit status.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the validator and return its exit status."""
    from java_program import command

    try:
        return subprocess.run(command("Validate", arguments), check=False).returncode
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"validate: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
