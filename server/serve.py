"""Serve a compiled release: load it, build the application, and answer until told to stop."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import sys
from collections import Counter
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from publisher import __version__
from publisher.issue import Issue, IssueError, Source
from publisher.release import load_release
from publisher.repository import Repository
from server.app import create_app
from server.apply import apply_operations
from server.evaluator import Evaluator
from server.limit import ClientLimit
from server.settings import HookSettings, Settings
from server.validate import validate_operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from wsgiref.types import WSGIApplication

    from flask import Flask

    from publisher.repository import Artifact
    from server.cds_hooks import Gate

THREADS = 32


def serve(  # noqa: PLR0913  one argument for each decision of the operator
    root: Path,
    *,
    host: str,
    port: int,
    base_url: str | None,
    evaluate_drafts: bool,
    evaluator: bool,
    workers: int,
    now: Callable[[], datetime],
    cors_origins: tuple[str, ...] = (),
    inline_content: bool = False,
    packages: Sequence[Path] = (),
    translate: bool = False,
    hooks: Mapping[str, Any] | None = None,
    patients: Callable[[Sequence[Artifact]], Sequence[Any]] | None = None,
    withdrawn: Path | None = None,
    limit: int | None = None,
) -> int:
    """Serve the release below `root`, and packages of others, until a signal ends it; return the exit status.

    `hooks` are settings of the hook services by name; `patients` makes the worked patients that /try shows.
    `base_url` is how clients reach it, by default where it listens; `withdrawn` is the list of what was withdrawn;
    `limit` is how many requests a minute one client may make.
    """
    place = _at(host, port)
    try:
        own = load_release(root)
        artifacts, brought = _with_packages(own, packages, translate=translate)
        settings = Settings(
            base_url=base_url or f"http://{place}",
            default_language=languages_of(own)[0],
            languages=languages_of(own),
            evaluate_drafts=evaluate_drafts,
            evaluator=evaluator,
            now=now,
            cors_origins=cors_origins,
            software_version=__version__,
            inline_content=inline_content,
            translate=_translated if inline_content else None,
            hooks=HookSettings(**(hooks or {})),
            patients=partial(patients, own) if patients else None,
            wait=ClientLimit(limit).wait if limit else None,
            **brought,
        )
        if settings.hooks.feedback:
            _open_feedback(settings.hooks.feedback)
        if taken := _unavailable(host, port):
            sys.stderr.write(f"vademecum: {place} cannot be listened on ({taken}); choose another with --port.\n")
            return 1
        with _folder() as folder:
            make = partial(application, settings=settings, gate=_gate(settings, folder))
            app = _watching(withdrawn, artifacts, settings, make) if withdrawn else make(artifacts)
            return run(app, settings, bind=place, workers=workers, greeting=_greeting(artifacts, settings))
    except IssueError as error:
        sys.stderr.write(error.report.to_text())
        return 1


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that is there as long as this process; one that answers for it and ends takes nothing away."""
    try:
        folder, maker = Path(mkdtemp(prefix="vademecum-")), os.getpid()
    except OSError as error:
        wrong = f"There is no folder for temporary files ({error.strerror}); name one by TMPDIR, such as /dev/shm."
        raise IssueError(Issue.error("no-store", "file-unreadable", wrong)) from None
    try:
        yield folder
    finally:
        if os.getpid() == maker:
            shutil.rmtree(folder)


def _open_feedback(path: Path) -> None:
    """Make the file of the counts where there is none; IssueError where it cannot be used."""
    from publisher.feedback import FeedbackStore

    try:
        FeedbackStore(path)
    except IssueError as error:
        wrong = f"Feedback cannot be counted in this file ({error.__cause__}), which must be one of its own; "
        wrong += "choose another with --feedback."
        raise IssueError(Issue.error("no-store", "feedback-file", wrong, source=Source(str(path)))) from None


def _gate(settings: Settings, folder: Path) -> Gate | None:
    """Return what lets callers in, or None where everybody may call; used tokens are kept in `folder` by default."""
    clients = settings.hooks.clients
    if clients is None and settings.hooks.tokens:
        wrong = "--tokens keeps tokens of known clients, and none are known: name them by --clients, or leave it out."
        raise IssueError(Issue.error("required", "clients-file", wrong))
    if clients is None:
        return None
    try:
        from server.trust import Trust
    except ImportError:
        wrong = f"Signed tokens need PyJWT: `{sys.executable} -m pip install 'PyJWT[crypto]'`, or leave --clients out."
        raise IssueError(Issue.error("not-supported", "clients-file", wrong)) from None
    from server.replay import ReplayStore

    return Trust(clients, ReplayStore(settings.hooks.tokens or folder / "tokens.sqlite"), settings.now)


def _with_packages(
    own: Sequence[Artifact], packages: Sequence[Path], *, translate: bool
) -> tuple[Sequence[Artifact], dict[str, Any]]:
    """Return all artifacts, and the settings that packages of others bring; what is to tell goes to standard error."""
    if not packages:
        return own, {}
    from publisher.package.loading import load_packages

    loaded = load_packages(own, packages, translate=translate)
    sys.stderr.write(loaded.report.to_text())
    return loaded.artifacts, {"packages": loaded.packages, "translated": loaded.translated}


def _at(host: str, port: int) -> str:
    """Return host and port as an address names them, IPv6 in brackets: https://www.rfc-editor.org/rfc/rfc3986."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unavailable(host: str, port: int) -> str | None:
    """Return why an address cannot be listened on, or None."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family):
            return None
    except (OSError, OverflowError) as error:
        return str(error)


def _watching(
    withdrawn: Path, artifacts: Sequence[Artifact], settings: Settings, make: Callable[..., Flask]
) -> WSGIApplication:
    """Return the application over what a list of what was withdrawn leaves, by the list as it is at each request."""
    from server.withdrawal import Withdrawals

    return Withdrawals(withdrawn, artifacts, settings, lambda left, gone: make(left, withdrawn=gone))


def application(
    artifacts: Sequence[Artifact],
    settings: Settings,
    *,
    gate: Gate | None = None,
    withdrawn: Sequence[Artifact] = (),
) -> Flask:
    """Return the application that serves `artifacts`, and applies them where the evaluator is on.

    `withdrawn` are artifacts that were held before, which readers of them are told.
    """
    repository = Repository(artifacts, drafts=settings.evaluate_drafts)
    if not settings.evaluator:
        return create_app(repository, settings, operations=[validate_operation(repository)], withdrawn=withdrawn)
    evaluator = Evaluator(_to_apply(artifacts, withdrawn, settings) if withdrawn else repository, settings)
    operations = [validate_operation(repository), *apply_operations(evaluator.apply, repository)]
    return create_app(repository, settings, operations=operations, hooks=evaluator, gate=gate, withdrawn=withdrawn)


def _to_apply(artifacts: Sequence[Artifact], withdrawn: Sequence[Artifact], settings: Settings) -> Repository:
    """Return what may be applied of what is served, now that some of it was withdrawn."""
    from publisher.withdrawal import evaluable

    left = evaluable(artifacts, [one.canonical for one in withdrawn])
    return Repository(left, drafts=settings.evaluate_drafts)


def _translated(texts: Mapping[str, str]) -> Mapping[str, dict[str, Any] | list[str]]:
    """Return what CQL that comes with a request translates to; nothing where there is no translator."""
    from publisher.issue import IssueError
    from publisher.source.cql import translate_libraries

    try:
        return translate_libraries(texts)
    except IssueError:
        return {}


def languages_of(artifacts: Sequence[Artifact]) -> tuple[str, ...]:
    """Return the languages that the artifacts are rendered in, first the one that most are written in."""
    written = Counter(str(artifact.resource.get("language", "")) for artifact in artifacts)
    default = written.most_common(1)[0][0] if written else "en"
    return (default, *sorted({one for artifact in artifacts for one in artifact.renditions} - {default}))


def _greeting(artifacts: Sequence[Artifact], settings: Settings) -> str:
    evaluator = "evaluator on" if settings.evaluator else "evaluator off"
    drafts = "drafts evaluated" if settings.evaluate_drafts else "drafts not evaluated"
    trust = "open: no sign-in is asked for"
    if settings.hooks.clients:
        trust = "hook services are for signed tokens of known clients"
    packages = f"; packages: {', '.join(settings.packages)}" if settings.packages else ""
    return (
        f"Vademecum {__version__} serves {len(artifacts)} artifacts at {settings.base_url}/ "
        f"({evaluator}, {drafts}; {trust}{packages})"
    )


def run(app: WSGIApplication, settings: Settings, *, bind: str, workers: int, greeting: str) -> int:
    """Answer requests in `workers` processes until a signal ends them; return the exit status."""
    from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

    from server.worker import Worker, WorkerLog

    def greet(_arbiter: Any) -> None:
        sys.stderr.write(f"{greeting}\n")
        sys.stderr.flush()

    def quieten(_arbiter: Any, worker: Any) -> None:
        worker.log.in_worker = True

    options: dict[str, Any] = {
        "bind": bind,
        "workers": workers,
        "worker_class": Worker,
        "threads": THREADS,
        "preload_app": True,
        "timeout": 30,
        "graceful_timeout": 10,
        "keepalive": 5,
        "limit_request_line": 8190,
        "limit_request_fields": 64,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "",
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": WorkerLog,
        "control_socket_disable": True,
        "when_ready": greet,
        "post_fork": quieten,
    }

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with these options and no other source of them."""

        def __init__(self) -> None:
            self.settings = settings
            super().__init__()

        def load_config(self) -> None:
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> WSGIApplication:
            return app

    gc.freeze()  # what is loaded so far stays, and is shared by the processes
    try:
        Server().run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    return 0
