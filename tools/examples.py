"""The requests and answers shown in docs/examples, made by the application that is shipped.

`python tools/examples.py` writes the answers anew; with `--check` it says which of them are stale.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.release import load_release
from server.serve import application
from server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.test import TestResponse

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs" / "examples"
LANGUAGES = ("sv", "en")
BASE_URL = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answers() -> Iterator[tuple[str, str, int, TestResponse]]:
    """Yield (example, language, expected status, answer) for each request in docs/examples."""
    settings = Settings(
        base_url=BASE_URL,
        default_language=LANGUAGES[0],
        languages=LANGUAGES,
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: NOW,
    )
    client = application(load_release(ROOT / "artifacts"), settings).test_client()
    for name, example in json.loads((EXAMPLES / "examples.json").read_text("utf-8")).items():
        body = (EXAMPLES / name / "request.json").read_bytes()
        for language in LANGUAGES:
            headers = {"Accept-Language": language, "Content-Type": "application/json"}
            if example["path"].startswith("/fhir/"):
                headers["Content-Type"] = "application/fhir+json"
            answer = client.post(example["path"], data=body, headers=headers)
            yield name, language, example["status"], answer


def rendered(answer: TestResponse) -> str:
    """Return an answer's body as it stands in the docs."""
    return json.dumps(answer.get_json(force=True), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the answers, or check them; return the exit status."""
    stale = []
    for name, language, status, answer in answers():
        path = EXAMPLES / name / f"answer-{language}.json"
        text = rendered(answer)
        if answer.status_code != status:
            stale.append(f"{path}: expected status {status}, got {answer.status_code}")
        elif "--check" not in arguments:
            path.write_text(text, "utf-8")
        elif not path.is_file() or path.read_text("utf-8") != text:
            stale.append(f"{path}: stale; run python tools/examples.py")
    sys.stderr.write("".join(f"{line}\n" for line in stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
