"""Options of `vademecum serve` for the hook services, and `vademecum feedback`, which prints what was counted."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

CLEAN, USAGE = 0, 2


def hook_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what an operator decides about the hook services."""
    by = "how the record system searches by patient (default: patient)"
    parser.add_argument("--prefetch-by", choices=("patient", "subject"), default="patient", help=by)
    parser.add_argument("--no-prefetch-include", action="store_true", help="prefetch without _include")
    told = "the release that discovery follows (default: 2.0)"
    parser.add_argument("--cds-hooks", choices=("2.0", "3.0"), default="2.0", help=told)
    allowed = "the origin of web pages that may call the hook services and $apply; may be repeated"
    parser.add_argument("--allow-origin", type=_origin, action="append", default=[], metavar="ORIGIN", help=allowed)
    parser.add_argument("--feedback", type=Path, metavar="FILE", help="count outcomes of cards in this SQLite file")
    clients = "JSON file of the clients that may call the hook services, with their keys (needs PyJWT[crypto])"
    parser.add_argument("--clients", type=Path, metavar="FILE", help=clients)
    tokens = "SQLite file of used tokens, to share between servers or keep over a restart"
    parser.add_argument("--tokens", type=Path, metavar="FILE", help=tokens)


def hook_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of the hook services by name."""
    return {
        "patient_parameter": arguments.prefetch_by,
        "include_medication": not arguments.no_prefetch_include,
        "release": arguments.cds_hooks,
        "feedback": arguments.feedback,
        "clients": arguments.clients,
        "tokens": arguments.tokens,
    }


def _origin(text: str) -> str:
    """Return an origin as browsers send it (https://www.rfc-editor.org/rfc/rfc6454#section-7), or `*`, else raise."""
    if text != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^\s/?#@A-Z]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no origin such as https://ehr.example, in small letters")
    return text


def feedback_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `vademecum feedback`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="the file that vademecum serve --feedback counts in")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def feedback_command(arguments: argparse.Namespace) -> int:
    """Print how often the cards of each rule were accepted and overridden."""
    if not arguments.file.is_file():
        sys.stderr.write(f"vademecum: {arguments.file} is not there; vademecum serve --feedback makes it.\n")
        return USAGE
    from sqlite3 import DatabaseError

    from publisher.feedback import read_rates, table
    from publisher.r4.codec import dumps

    try:
        rates = read_rates(arguments.file)
    except DatabaseError as error:
        sys.stderr.write(f"vademecum: {arguments.file} cannot be read as counts of feedback ({error}).\n")
        return USAGE
    if arguments.format == "json":
        sys.stdout.write(dumps([rate.to_json() for rate in rates], pretty=True).decode())
    else:
        sys.stdout.write(table(rates))
    return CLEAN
