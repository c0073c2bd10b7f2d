"""`vademecum serve`: its options, and what an operator decides by them."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.apply_command import package_arguments
from publisher.feedback_command import hook_arguments, hook_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How to serve, as `vademecum serve` was told."""

    host: str
    port: int
    base_url: str | None
    evaluate_drafts: bool
    evaluator: bool
    inline_content: bool
    packages: Sequence[Path]
    translate: bool
    cors_origins: tuple[str, ...]
    hooks: Mapping[str, Any]
    withdrawn: Path | None
    limit: int | None
    workers: int
    now: Callable[[], datetime]


def serve_arguments(parser: argparse.ArgumentParser, moment: Callable[[str], datetime]) -> None:
    """Add the options of `vademecum serve`, the folder apart."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    reached = "the address that clients use (default: that of host and port)"
    parser.add_argument("--base-url", type=_address, metavar="URL", help=reached)
    parser.add_argument("--evaluate-drafts", action="store_true", help="evaluate drafts, and say so")
    parser.add_argument("--no-evaluator", action="store_true", help="serve the library only: no $apply, no CDS Hooks")
    laboratory = "laboratory: take definitions and Libraries out of requests to $apply"
    parser.add_argument("--inline-content", action="store_true", help=laboratory)
    package_arguments(parser)
    hook_arguments(parser)
    gone = "list of what was withdrawn, a line each: day, canonical|version, reason; changes hold at the next request"
    parser.add_argument("--withdrawn", type=Path, metavar="FILE", help=gone)
    often = "requests a minute that one client may make (default: as many as it likes)"
    parser.add_argument("--limit", type=_positive, metavar="N", help=often)
    each = "processes that answer, as many as the machine has processors for them (default: 1)"
    parser.add_argument("--workers", type=_positive, default=1, metavar="N", help=each)
    parser.add_argument("--now", type=moment, metavar="DATE", help="fix the clock (for tests)")


def serve_settings(arguments: argparse.Namespace, clock: Callable[[], datetime]) -> ServeSettings:
    """Return what the operator decided."""
    return ServeSettings(
        host=arguments.host,
        port=arguments.port,
        base_url=arguments.base_url,
        evaluate_drafts=arguments.evaluate_drafts,
        evaluator=not arguments.no_evaluator,
        inline_content=arguments.inline_content,
        packages=arguments.packages,
        translate=arguments.translate,
        cors_origins=tuple(arguments.allow_origin),
        hooks=hook_settings(arguments),
        withdrawn=arguments.withdrawn,
        limit=arguments.limit,
        workers=arguments.workers,
        now=(lambda: arguments.now) if arguments.now else clock,
    )


def _address(text: str) -> str:
    """Return an address that clients can use, or raise ArgumentTypeError."""
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as https://cds.example")
    return text


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)
