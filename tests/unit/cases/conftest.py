"""A topic as `vademecum new` makes it, whose worked patients a test changes and runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from publisher.cases_command import compiled_suite
from publisher.source.skeleton import new_topic

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.cases.suite import Result


@dataclass
class Patients:
    """The worked patients of a topic on disk."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "knee-pain/cases/knee-pain.yaml"

    def change(self, old: str, new: str) -> None:
        """Replace the first `old` in the file of cases."""
        text = self.file.read_text("utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def results(self) -> list[Result]:
        suite, report = compiled_suite(self.root)
        assert suite is not None, report.to_text()
        return suite.results()

    def issues(self) -> list[str]:
        """Return the issues of all cases, without the folder of the test."""
        found = [str(issue) for result in self.results() for issue in result.issues]
        return [one.removeprefix(f"{self.root}/knee-pain/cases/") for one in found]

    def request(self, supplied: str) -> Any:
        """Return the prepared request of the first case with another `supplied`."""
        self.change("supplied:\n", f"supplied:\n    {supplied}\n")
        return self.results()[0].prepared


@pytest.fixture
def patients(tmp_path: Path) -> Patients:
    root = tmp_path / "artifacts"
    new_topic(root, "knee-pain", date="2026-01-01")
    return Patients(root)
