"""The words and ids that belong to a topic, and the words that code is written in."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import pydoc_data.topics
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.source.yaml import read

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 4
CODE = (".py", ".html", ".css", ".mjs", ".cql", ".yaml")
# Keys of source files whose values are the words for things, folders of such files, and keys whose values are names of the topic's own.
TEXTS = frozenset({"title", "text", "display"})
TERMS = ("terminology", "medications", "activities")
NAMES = frozenset({"id", "code", "linkId", "action", "statement", "derivedFrom", "concept", "from"})
_WORD = re.compile(r"[A-ZÅÄÖ]?[a-zà-öø-ÿ]+|[A-ZÅÄÖ]+(?![a-z])")
_SPECIFIC = re.compile(r"[A-Za-z0-9.]+(?:-[A-Za-z0-9]+)+|[A-Z]\d[\w.]{2,}|\d{4,}")


def words(text: str) -> set[str]:
    """Return the words of a text in lower case, those of compound names one by one."""
    return {word.lower() for word in _WORD.findall(text) if len(word) >= SHORTEST}


def words_of_topic(folder: Path) -> set[str]:
    """Return the words that a topic has for conditions, tests, medicines and measures: its terminology, products and activities."""
    files = (path for path in _files(folder) if path.parent.name in TERMS)
    return {word for path in files for text in _values(read(path).value, TEXTS) for word in words(text)}


def names_of_topic(folder: Path) -> set[str]:
    """Return the statement ids, ids and codes of a topic, those with a hyphen or digits; a case is no part of it."""
    files = (path for path in _files(folder) if path.parent.name != "cases")
    names = {name for path in files for name in _values(read(path).value, NAMES)}
    return {name for name in names if _SPECIFIC.fullmatch(name)} | {folder.name}


def code_files(*folders: Path) -> list[Path]:
    """Return the files of `folders` that hold code or words of ours; FHIR's own definitions are none."""
    found = (path for folder in folders for path in folder.rglob("*") if path.suffix in CODE)
    return sorted(path for path in found if "definitions" not in path.parts and "node_modules" not in path.parts)


@cache
def ordinary_words() -> frozenset[str]:
    """Return words that are of no condition.

    They are those of two large texts, Python's reference and FHIR's own prose, and those that people read through.
    """
    reviewed = Path(__file__).with_name("ordinary-words.txt").read_text("utf-8")
    texts = (*pydoc_data.topics.topics.values(), *_fhir_prose(), reviewed)
    return frozenset(word for text in texts for word in words(text))


def _fhir_prose() -> Iterator[str]:
    package = importlib.import_module("fhir.resources.R4B")
    for each in pkgutil.iter_modules(package.__path__):
        if not each.ispkg and not each.name.startswith("_"):
            spec = importlib.util.find_spec(f"fhir.resources.R4B.{each.name}")
            if spec and spec.origin:
                with open(spec.origin, encoding="utf-8") as file:  # noqa: PTH123  a module's own file
                    yield file.read()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.yaml") if "fhir" not in path.relative_to(folder).parts)


def _values(value: Any, keys: frozenset[str]) -> Iterator[str]:
    """Yield every text below one of `keys`."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(part) if key in keys else _values(part, keys)
    elif isinstance(value, list):
        for part in value:
            yield from _values(part, keys)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
