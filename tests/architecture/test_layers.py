"""The layers of the design hold over the whole repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.architecture import layer_rules
from tests.architecture.import_graph import Import, imports, imports_in, modules

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
MODULES = modules(ROOT, layer_rules.OURS)
IMPORTS = imports(MODULES, ROOT)


def broken(sentences: Iterable[str]) -> str:
    """Return the sentences of a rule as pytest shows them."""
    return "\n".join(["", *sentences])


def test_there_is_something_to_check() -> None:
    assert {"publisher.issue", "publisher.r4.codec", "server.app", "server.rest.search"} <= set(MODULES)
    assert len(IMPORTS) > 100


def test_every_module_stands_in_a_layer() -> None:
    found = list(layer_rules.unplaced(MODULES))
    assert not found, broken(found)


@pytest.mark.parametrize(
    "rule",
    [
        layer_rules.upward,
        layer_rules.package_root,
        layer_rules.server_from_publisher,
        layer_rules.publisher_from_server,
        layer_rules.confined,
        layer_rules.relative,
    ],
    ids=lambda rule: rule.__name__,
)
def test_imports_keep_the_rule(rule: object) -> None:
    assert callable(rule)
    found = list(rule(IMPORTS))
    assert not found, broken([str(rule.__doc__), *found])


def test_there_is_no_import_cycle() -> None:
    found = list(layer_rules.cyclic(IMPORTS, MODULES))
    assert not found, broken(found)


def of(importer: str, source: str) -> list[Import]:
    """Return the imports of one made-up module."""
    return list(imports_in(source, importer, f"{importer.replace('.', '/')}.py", MODULES))


@pytest.mark.parametrize(
    ("rule", "importer", "source", "sentence"),
    [
        (
            layer_rules.upward,
            "publisher.issue",
            "from publisher import repository",
            "publisher/issue.py:1: publisher.issue (layer 0) imports publisher.repository (layer 2)",
        ),
        (layer_rules.upward, "publisher.topic", "import publisher.repository", "only lower layers may be imported"),
        (layer_rules.upward, "publisher.r4.codec", "def f():\n    import publisher.cli", "codec.py:2: "),
        (layer_rules.package_root, "publisher.cards", "from publisher import validate", "import the module"),
        (layer_rules.package_root, "publisher", "from publisher.issue import Issue", "inside a function"),
        (layer_rules.server_from_publisher, "publisher.cards", "import server.app", "only a function of"),
        (layer_rules.server_from_publisher, "publisher.cli", "import server.app", "only a function of"),
        (layer_rules.publisher_from_server, "server.app", "import publisher.pipeline", "stands above"),
        (layer_rules.confined, "publisher.cards", "import flask", "only server may"),
        (layer_rules.confined, "publisher.r4.codec", "from fhir.resources import x", "only publisher.r4.models may"),
        (layer_rules.confined, "server.app", "import yaml", "only publisher.source.yaml may"),
        (layer_rules.confined, "server.app", "import numpy", "it is no dependency of this project"),
        (layer_rules.relative, "server.app", "from . import log", "write the whole name"),
    ],
)
def test_rule_finds_what_breaks_it(rule: object, importer: str, source: str, sentence: str) -> None:
    assert callable(rule)
    (found,) = rule(of(importer, source))
    assert sentence in found


@pytest.mark.parametrize(
    ("rule", "importer", "source"),
    [
        (layer_rules.upward, "publisher.cards", "from publisher import issue"),
        (layer_rules.upward, "publisher.r4.codec", "from publisher.r4 import json_scan"),
        (
            layer_rules.upward,
            "publisher.issue",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import publisher.cli",
        ),
        (layer_rules.package_root, "server.app", "from publisher import __version__"),
        (layer_rules.package_root, "publisher", "def f():\n    import publisher.validation"),
        (layer_rules.server_from_publisher, "publisher.cli", "def f():\n    import server.app"),
        (layer_rules.confined, "server.pages", "import flask, json"),
    ],
)
def test_rule_lets_pass_what_keeps_it(rule: object, importer: str, source: str) -> None:
    assert callable(rule)
    assert list(rule(of(importer, source))) == []


def test_unit_without_a_layer_is_named() -> None:
    (found,) = layer_rules.unplaced(["publisher.issue", "publisher.helpers", "publisher.helpers.more", "server.x"])
    assert found.startswith("publisher/helpers stands in no layer; add it to LAYERS in ")


def test_cycle_is_named_once_with_its_way() -> None:
    found = [
        *of("server.app", "import server.log"),
        *of("server.log", "def f():\n    import server.outcome"),
        *of("server.outcome", "import server.app"),
    ]
    (sentence,) = layer_rules.cyclic(found, MODULES)
    assert sentence.startswith("server.app -> server.log -> server.outcome -> server.app is a cycle")
