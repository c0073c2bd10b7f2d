"""Limits of one evaluation, so that no expression, however it was written, can hold up the process.

A step is a row of a query, an item compared, or a call; it is counted where work is repeated, not at every node.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one evaluation may use: steps, calls within calls, items or letters of one value, and seconds."""

    steps: int = 5_000_000
    depth: int = 100
    size: int = 1_000_000
    seconds: float = 10.0


DEFAULT = Limits()
