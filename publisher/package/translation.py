"""The ELM of Libraries in packages that hold only CQL, made once before anything is evaluated.

https://cql.hl7.org/04-logicalspecification.html. The translator runs under Node (`publisher.source.cql`); a Library
that it refuses stays without ELM, and what needs it says so when it is used.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from publisher.elm import CQL, elm_of
from publisher.issue import Issue, IssueError, Report

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from publisher.repository import Artifact

# ELM by library name, and the errors of each library that has some
Translation = tuple[dict[str, dict[str, Any]], dict[str, list[str]]]


def without_elm(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Return the Libraries that hold CQL and no ELM, but for those whose functions are native here."""
    libraries = [each for each in artifacts if each.type == "Library" and each.resource.get("name") != "FHIRHelpers"]
    return [each for each in libraries if _holds_cql(each) and elm_of(each.resource) is None]


def _holds_cql(library: Artifact) -> bool:
    return any(each.get("contentType") == CQL and "data" in each for each in library.resource.get("content", ()))


def untranslated(artifacts: Iterable[Artifact]) -> Report:
    """Return a warning that names the Libraries that cannot be evaluated without translating their CQL."""
    names = [f"{each.id}" for each in without_elm(artifacts)]
    if not names:
        return Report()
    said = "1 Library holds" if len(names) == 1 else f"{len(names)} Libraries hold"
    text = f"{said} CQL and no ELM: {', '.join(names)}. None of it is evaluated; add --translate."
    return Report([Issue.warning("not-supported", "library-without-elm", text)])


def translated(artifacts: Iterable[Artifact]) -> tuple[dict[str, dict[str, Any]], Report]:
    """Return the ELM of the Libraries that hold only CQL, by name, and a warning for each that does not translate."""
    from publisher.apply.knowledge import cql_sources

    held = list(artifacts)
    wanted = {each.resource.get("name"): each for each in without_elm(held)}
    if not wanted:
        return {}, Report()
    elms, errors = _kept(cql_sources(held))
    failed = (name for name in errors if name in wanted)
    return elms, Report([_warning(name, errors[name]) for name in sorted(failed)])


def _kept(texts: Mapping[str, str]) -> Translation:
    """Return the translation of these texts, kept in the user's cache: translating takes seconds to minutes."""
    from publisher.source.cql import TRANSLATOR, cache_folder, translated_texts

    program = b"".join(path.read_bytes() for path in sorted(TRANSLATOR.glob("*.*js*")))
    key = hashlib.sha256(program + json.dumps(sorted(texts.items())).encode()).hexdigest()
    file = cache_folder() / "packages" / f"{key}.json"
    with suppress(OSError, ValueError):  # not there yet, or cut short
        elms, errors = json.loads(file.read_text("utf-8"))
        return elms, errors
    elms, report = translated_texts(texts)
    errors = {}
    for each in report:
        if not each.is_error:
            continue
        if each.source is None:  # of the translator itself, not of a text: nothing to keep
            raise IssueError(report)
        name = each.source.file.removesuffix(".cql")
        errors.setdefault(name, []).append(f"{each.source}: {each.diagnostics}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([elms, errors]), "utf-8")
    return elms, errors


def _warning(name: str, errors: list[str]) -> Issue:
    """Return the warning for a Library that does not translate, with its first error."""
    text = f"The CQL of {name} does not translate ({len(errors)} errors; the first: {errors[0]})"
    return Issue.warning("invalid", "cql-translation", text)
