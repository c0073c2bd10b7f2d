"""Compare `$apply` with a bare Flask route that parses the same body: `python tests/benchmarks/apply.py [ROOT]`.

Both are called in this process, in rounds that alternate, so that whatever else the machine does falls on both; a row
prints the median of the rounds' ratios with their range. That the time grows as the body does is told by the ratios of
1 MB and of 5 MB: they are alike.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY))

from flask import Flask, Response, request  # noqa: E402

from publisher.release import load_release  # noqa: E402
from server.log import RequestLog  # noqa: E402
from server.serve import application, languages_of  # noqa: E402
from server.settings import Settings  # noqa: E402
from tests.benchmarks.calls import parameters  # noqa: E402

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ROUNDS, MEGABYTE = 25, 1_000_000
SIZES = (("32 kB", 32_000, 20), ("1 MB", MEGABYTE, 2), ("5 MB", 5 * MEGABYTE, 1))


def ours(root: Path) -> FlaskClient:
    """Return a client of the server over the artifacts below `root`."""
    artifacts = load_release(root)
    settings = Settings(
        base_url="http://127.0.0.1",
        default_language="sv",
        languages=languages_of(artifacts),
        evaluate_drafts=True,
        evaluator=True,
        now=lambda: datetime.now(UTC),
    )
    app = application(artifacts, settings)
    if isinstance(app.wsgi_app, RequestLog):
        app.wsgi_app.write = lambda _line: None  # type: ignore[attr-defined]
    return app.test_client()


def bare() -> FlaskClient:
    """Return a client of a route that parses the body and answers it was an object."""
    app = Flask("bare")

    @app.post("/")
    def parse() -> Response:
        found = json.loads(request.get_data())
        return Response(json.dumps({"is": type(found).__name__}), content_type="application/json")

    return app.test_client()


def seconds(client: FlaskClient, path: str, body: bytes, times: int) -> float:
    """Return the time of one call, from several in a row."""
    start = time.perf_counter()
    for _ in range(times):
        answer = client.post(path, data=body, content_type="application/fhir+json")
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}: {answer.text[:300]}")
    return (time.perf_counter() - start) / times


def row(name: str, ratios: list[float]) -> None:
    """Print a name and the median of ratios with their range."""
    low, high = min(ratios), max(ratios)
    sys.stdout.write(f"{name:<36} {statistics.median(ratios):6.2f}   ({low:.2f} to {high:.2f})\n")


def main(arguments: list[str]) -> int:
    """Print the ratios."""
    root = Path(arguments[0]) if arguments else REPOSITORY / "artifacts"
    server, route = ours(root), bare()
    for name, size, repeats in SIZES:
        path, body = parameters(str(root), size)
        seconds(server, path, body, 2)
        rounds = ROUNDS if size < MEGABYTE else ROUNDS // 3
        row(
            f"$apply {name} / parsing it",
            [seconds(server, path, body, repeats) / seconds(route, "/", body, repeats) for _ in range(rounds)],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
