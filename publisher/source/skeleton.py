"""Make a topic folder that compiles at once and teaches: the template beside this module under a name of its own.

The template is a whole topic (`templates/example-topic`), with ELM by the official translator; what differs between
topics are names and addresses, which stand where https://cql.hl7.org/04-logicalspecification.html lets us replace them.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from publisher.issue import Issue, IssueError, Source
from publisher.source.artifact_schemas import schemas, written
from publisher.source.folder import TOPIC_FILES
from publisher.source.metadata import artifact_name
from publisher.source.own_schemas import KEBAB_CASE
from publisher.source.strength import read_strengths
from publisher.source.topic import publisher_from
from publisher.source.yaml import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.topic import Publisher

TEMPLATES: Final = Path(__file__).parent / "templates"
TEMPLATE: Final = TEMPLATES / "example-topic"
SHARED: Final = "foundation"
SHIPPED: Final = Path(__file__).parents[2] / "artifacts"  # in a checkout and in an installation alike
FOUNDATION: Final = SHIPPED / SHARED
LONGEST: Final = 40  # the longest id of the template has 13 signs more, and FHIR allows 64

_BASE: Final = "https://example.org/fhir"
_DATE: Final = "2026-01-01"
_SHARED_FILES: Final = ("publisher.yaml", "strength.yaml", "terminology.csv")
_STRENGTHS: Final = ("stated", "consider")
_SAFE_BASE: Final = re.compile(r"[\w./:~%+-]+")
_LANGUAGES: Final = re.compile(
    r"^(?P<indent> *)sv: (?P<sv>.*(\n(?P=indent) .*)*)\n(?P=indent)en: (?P<en>.*(\n(?P=indent) .*)*)\n", re.MULTILINE
)
_TITLED: Final = frozenset({"sv", "en"})
_TITLE_TAG: Final = re.compile(r'\{"name":"title_\w+","value":"[^"]*"\},?')
_RESOURCE_TYPE: Final = re.compile(r"^resourceType: (\w+)$", re.MULTILINE)


def new_topic(root: Path, topic: str, *, date: str) -> list[Path]:
    """Write the folder of a new topic below `root` and return its files; raise an IssueError instead of harming any.

    What every topic needs is written where it is missing: the settings, the tables of strengths and of codes, and the
    logic and the extensions of the topic that all share, `foundation`.
    """
    folder = root / topic
    if topic == SHARED:
        wrong = f"'{SHARED}' is the topic that holds what all share, and comes with the first one; choose another id."
        raise IssueError(Issue.error("value", "topic-id", wrong))
    if not KEBAB_CASE.fullmatch(topic) or len(topic) > LONGEST:
        wrong = f"'{topic}' is no id of a topic; write at most {LONGEST} signs in kebab-case, such as example-topic."
        raise IssueError(Issue.error("value", "topic-id", wrong))
    if folder.exists():
        wrong = f"{folder} is there already; choose another id, or remove it."
        raise IssueError(Issue.error("duplicate", "topic-exists", wrong, source=Source(str(folder))))
    missing = {root / name: _shared(name) for name in _SHARED_FILES if not (root / name).exists()}
    settings = root / "publisher.yaml"
    publisher = publisher_from(read(TEMPLATES / "publisher.yaml" if settings in missing else settings))
    _check(publisher, root)
    texts = dict(_topic_texts(folder, topic, publisher, date))
    if not (root / SHARED).exists():
        missing |= _foundation_texts(root)
    others = {
        path: _in_languages(text, publisher) if path.suffix == ".yaml" else text for path, text in missing.items()
    }
    addressed = _with_schema_addresses({**others, **texts}, root)
    for path, text in addressed.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(addressed)


def _shared(name: str) -> str:
    """Return the text of a file beside the topics; the code systems in the settings are those that are known here."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    if name != "publisher.yaml":
        return text
    _, systems, rest = (SHIPPED / name).read_text(encoding="utf-8").partition("codeSystems:\n")
    return text + systems + rest


def _foundation_texts(root: Path) -> dict[Path, str]:
    """Return what topics share of `foundation`; its code lists are bound to a table of verified codes."""
    own = (FOUNDATION / "topic.yaml", FOUNDATION / "proof.yaml")
    shared = (*own, *(FOUNDATION / "logic").iterdir(), *(FOUNDATION / "extensions").iterdir())
    return {
        root / SHARED / path.relative_to(FOUNDATION): path.read_text(encoding="utf-8")
        for path in sorted(shared)
        if path.is_file()
    }


def _check(publisher: Publisher, root: Path) -> None:
    """Raise an IssueError where the settings below `root` are such that the template would not compile."""
    if not _SAFE_BASE.fullmatch(publisher.canonical_base):
        wrong = f"The canonicalBase {publisher.canonical_base} has signs that CQL would have to escape; correct it."
        raise IssueError(Issue.error("value", "base-form", wrong, source=Source(str(root / "publisher.yaml"))))
    table = root / "strength.yaml"
    missing = [one for one in _STRENGTHS if one not in read_strengths(table, publisher)] if table.exists() else []
    if missing:
        wrong = f"A new topic uses the strength {' and '.join(missing)}, which is not here; add it first."
        raise IssueError(Issue.error("not-found", "strength-unknown", wrong, source=Source(str(table))))


def _topic_texts(folder: Path, topic: str, publisher: Publisher, date: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of the template with its name and text for `topic`."""
    names = {
        "ExampleTopic": artifact_name("", topic),
        "example-topic": topic,
        "Example topic": topic.replace("-", " ").capitalize(),
        _BASE: publisher.canonical_base,
        _DATE: date,
    }
    for path in sorted(one for one in TEMPLATE.rglob("*") if one.is_file()):
        text = _written(path, publisher)
        if path.name.endswith(".elm.json"):
            cql = path.with_name("ExampleTopic.cql")
            text = _elm(text, cql.read_text(encoding="utf-8"), _replaced(_written(cql, publisher), names))
        text = _replaced(text, names)
        if path.suffix == ".yaml":
            text = _in_languages(text, publisher)
        yield folder / _replaced(path.relative_to(TEMPLATE).as_posix(), names), text


def _written(path: Path, publisher: Publisher) -> str:
    """Return the text of a file of the template; titles in logic are tags only where there is one in every language."""
    text = path.read_text(encoding="utf-8")
    if path.parent.name == "logic" and not _TITLED.issuperset(publisher.languages):
        return _TITLE_TAG.sub("", text).replace("// @title_", "// title_")
    return text


def _replaced(text: str, names: dict[str, str]) -> str:
    return re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], text)


def _elm(elm: str, cql: str, renamed: str) -> str:
    """Return the template's ELM with the hash of the new CQL, and the ends of the lines whose length differs."""
    for number, (old, new) in enumerate(zip(cql.splitlines(), renamed.splitlines(), strict=True), 1):
        elm = elm.replace(f'"{number}:1-{number}:{len(old)}"', f'"{number}:1-{number}:{len(new)}"')
    old_hash, new_hash = (hashlib.sha256(text.encode()).hexdigest() for text in (cql, renamed))
    return elm.replace(old_hash, new_hash)


def _in_languages(text: str, publisher: Publisher) -> str:
    """Return a text with an entry in each language of `publisher`; those that nobody wrote are left to translate."""

    def entries(match: re.Match[str]) -> str:
        first, end, rest = match["en"].partition("\n")
        written = {"sv": match["sv"], "en": match["en"]}
        untranslated = f"{first} # translate this{end}{rest}"
        return "".join(f"{match['indent']}{one}: {written.get(one, untranslated)}\n" for one in publisher.languages)

    return _LANGUAGES.sub(entries, text)


def _with_schema_addresses(texts: dict[Path, str], root: Path) -> dict[Path, str]:
    """Return `texts` with the line by which an editor finds the schema of each file, and the schemas if need be."""
    folder = root.parent / "docs" / "schemas"
    shipped: dict[Path, str] = {}
    if not (folder / "topic.json").is_file():
        folder = root / ".schemas"
        shipped = {folder / name: written(schema) for name, schema in schemas().items()}
    found: dict[Path, str] = {}
    for path, text in texts.items():
        if name := _schema_name(path, text):
            address = Path(os.path.relpath(folder / name, path.parent)).as_posix()
            found[path] = f"# yaml-language-server: $schema={address}\n{text}"
        else:
            found[path] = text
    return {**found, **shipped}


def _schema_name(path: Path, text: str) -> str | None:
    if path.suffix != ".yaml":
        return None
    if path.parent.name == "cases":
        return "cases.json"
    if path.name in (*TOPIC_FILES, "publisher.yaml", "strength.yaml"):
        return f"{path.stem}.json"
    kind = _RESOURCE_TYPE.search(text)
    return f"{kind[1]}.json" if kind else None
