"""A topic that only tests use, on an invented and harmless condition; see README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent
EXAMPLE: Final = ROOT / "example-sneeze"
