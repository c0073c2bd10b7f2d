"""Translate CQL to ELM while authoring, and say when committed ELM is not the translation of its CQL.

The logical specification is https://cql.hl7.org/04-logicalspecification.html. The official translator runs
under Node (`translator/translate.mjs`); the stale check needs neither Node nor a network.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from publisher.elm import HASH_TAG, cql_sha256, text_sha256
from publisher.issue import Issue, IssueError, Report, Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TRANSLATOR: Final = Path(__file__).parent / "translator"
REFERENCE: Final = "https://cql.hl7.org/04-logicalspecification.html"

_SEVERITIES: Final = {"error": "error", "warning": "warning", "info": "information"}
_NOT_THERE: Final = "Could not load source for library"
_NPM_CI: Final = (
    "ci",
    "--ignore-scripts",
    "--legacy-peer-deps",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
)
_GAP: Final = r"(?>\s|//[^\n]*(?:\n|\Z)|/\*.*?\*/)"
_NAME: Final = r'(?:"[^"]*"|`[^`]*`|\w+)'
_LIBRARY: Final = re.compile(
    rf"{_GAP}*library{_GAP}+(?:{_NAME}\.)*(?P<id>{_NAME})(?:{_GAP}+version{_GAP}+'(?P<version>[^']*)')?",
    re.DOTALL,
)


def translate(paths: Sequence[Path], *, cache: Path | None = None) -> tuple[dict[Path, bytes], Report]:
    """Return the ELM of each of `paths` that translates without error, and the translator's issues.

    The translator's packages are kept in `cache`, by default the user's cache folder.
    """
    texts = {path: path.read_bytes() for path in paths}
    try:
        answers = _answers(paths, install(cache or cache_folder())) if paths else {}
    except IssueError as error:
        return {}, error.report
    elms: dict[Path, bytes] = {}
    found: dict[Issue, None] = {}  # an included library reports to each that includes it: say it once
    for path, answer in answers.items():
        issues = list(_issues(path, answer["errors"]))
        found |= dict.fromkeys(issues)
        if not any(issue.is_error for issue in issues):
            elms[path] = _canonical(answer["elm"], text_sha256(texts[path]))
    return elms, Report(list(found))


def translated_texts(texts: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], Report]:
    """Return the ELM library object of each CQL text that translates, and the translator's issues, by library name."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.cql" for name in texts if re.fullmatch(r"\w+", name)}
        for name, path in paths.items():
            path.write_text(texts[name], encoding="utf-8")
        elms, report = translate(list(paths.values()))
        found = {name: json.loads(elms[path])["library"] for name, path in paths.items() if path in elms}
    return found, Report([_in_library(each) for each in report])


def _in_library(issue: Issue) -> Issue:
    """Return an issue at the library that its temporary file was made of."""
    source = issue.source
    return replace(issue, source=replace(source, file=Path(source.file).name)) if source else issue


def translate_libraries(texts: Mapping[str, str]) -> dict[str, dict[str, Any] | list[str]]:
    """Return by library name the ELM library object of each CQL text, or its errors where it does not translate.

    Raises an IssueError where there is no translator.
    """
    named = {name: text for name, text in texts.items() if re.fullmatch(r"\w+", name)}
    elms, report = translated_texts(named)
    if any(issue.severity == "fatal" for issue in report):
        raise IssueError(report)
    errors = [issue for issue in report if issue.is_error]
    return {name: elms.get(name) or _told(errors, f"{name}.cql") for name in named}


def _told(errors: list[Issue], file: str) -> list[str]:
    """Return the errors of a file in words; what follows from an included library that is not there is left out."""
    own = [issue for issue in errors if issue.source and issue.source.file == file]
    missing = [issue for issue in own if issue.diagnostics.startswith(_NOT_THERE)]
    return [_at_line(issue) for issue in missing or own] or ["a library that it includes does not translate"]


def _at_line(issue: Issue) -> str:
    place = f" (line {issue.source.line}, column {issue.source.column})" if issue.source else ""
    return f"{issue.diagnostics.rstrip('.')}{place}"


def stale(cql: Path, elm: Path) -> Issue | None:
    """Return why the file `elm` is not the translation of the file `cql`, if it is not; needs no Node."""
    if not elm.is_file():
        diagnostics = f"{cql.name} has no {elm.name}: run `vademecum compile --cql`."
        return Issue.error("not-found", "elm-missing", diagnostics, source=Source(str(cql)))
    reason = _stale_reason(cql.read_bytes(), elm.read_bytes())
    if reason is None:
        return None
    diagnostics = f"{elm.name} {reason}: run `vademecum compile --cql` to translate {cql.name} again."
    return Issue.error("conflict", "elm-stale", diagnostics, source=Source(str(cql)))


def cache_folder() -> Path:
    """Return the folder of this user for what can be fetched again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vademecum"


def install(cache: Path) -> Path:
    """Return the folder in `cache` that holds the translator's packages; the first time, install them."""
    home = cache / f"cql-translator-{text_sha256((TRANSLATOR / 'package-lock.json').read_bytes())[:12]}"
    if (home / "node_modules").is_dir():
        return home
    npm = _program("npm")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            _move(_npm_ci(npm, Path(folder) / "packages"), home)
    except OSError as error:
        raise IssueError(_install_failed(f"{error}")) from error
    return home


def _npm_ci(npm: str, folder: Path) -> Path:
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(TRANSLATOR / name, folder)
    done = _run([npm, *_NPM_CI], folder)
    if done.returncode:
        raise IssueError(_install_failed(_first_errors(done.stderr)))
    return folder


def _move(folder: Path, home: Path) -> None:
    try:
        folder.rename(home)
    except OSError:
        if not (home / "node_modules").is_dir():  # else another process was first, with the same packages
            raise


def _install_failed(reason: str) -> Issue:
    diagnostics = f"npm could not install the CQL translator ({reason}): can the package registry be reached?"
    return Issue("fatal", "processing", "cql-translator-install", diagnostics)


def _answers(paths: Sequence[Path], packages: Path) -> dict[Path, dict[str, Any]]:
    """Return the translator's answer for each of `paths`."""
    named = {str(path.absolute()): path for path in paths}
    done = _run([_program("node"), str(TRANSLATOR / "translate.mjs"), *named], packages)
    if done.returncode:
        diagnostics = f"The CQL translator stopped ({_first_errors(done.stderr)}): is Node 20 or later?"
        raise IssueError(Issue("fatal", "exception", "cql-translator-failed", diagnostics))
    return {named[name]: answer for name, answer in json.loads(done.stdout).items()}


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        diagnostics = f"Translating CQL needs `{name}`, which is not on the PATH: install Node 20 or later."
        raise IssueError(Issue("fatal", "processing", "cql-translator-missing", diagnostics))
    return program


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # The program is found by name and its arguments are ours or paths: no shell takes part.
    return subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def _first_errors(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    return "; ".join(lines[:3]) or "no reason given"


def _issues(path: Path, errors: list[dict[str, Any]]) -> Iterator[Issue]:
    for error in errors:
        file = _beside(path, error["file"]) if "file" in error else path
        yield Issue(
            _SEVERITIES[error["severity"]],
            "invalid",
            "cql-translation",
            error["message"],
            source=Source(str(file), error["line"], error["column"]),
            reference=REFERENCE,
        )


def _beside(path: Path, included: str) -> Path:
    """Return the path of an included file as one would name it who names the including file `path`."""
    return Path(os.path.normpath(path.parent / os.path.relpath(included, path.absolute().parent)))


def _canonical(elm: dict[str, Any], sha256: str) -> bytes:
    """Return `elm` as it is committed: in the translator's order, annotated with the hash of its CQL."""
    elm["library"].setdefault("annotation", []).append(
        {"type": "Annotation", "t": [{"name": HASH_TAG, "value": sha256}]}
    )
    return (json.dumps(elm, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def _stale_reason(cql: bytes, elm: bytes) -> str | None:
    try:
        translation = json.loads(elm)
        identifier = translation["library"].get("identifier", {})
        translated = (identifier.get("id"), identifier.get("version"))
        sha256 = cql_sha256(translation["library"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is not ELM in JSON"
    if sha256 is None:
        return "does not carry the hash of its CQL"
    if sha256 != text_sha256(cql):
        return "was translated from another text"
    written = _identifier(cql)
    return None if translated == written else f"is library {_label(translated)}, not {_label(written)}"


def _identifier(cql: bytes) -> tuple[str | None, str | None]:
    """Return the library's name and version as `cql` declares them."""
    declared = _LIBRARY.match(cql.decode("utf-8-sig"))
    return (declared["id"].strip('"`'), declared["version"]) if declared else (None, None)


def _label(identifier: tuple[str | None, str | None]) -> str:
    return "|".join(part for part in identifier if part) or "without a name"
