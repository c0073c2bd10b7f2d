"""The layers, and the rules that imports are held to: sentences that say what is wrong and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.architecture.import_graph import Import, cycles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# Units of `publisher`, lowest layer first. A unit is a module or a package directly below `publisher`.
LAYERS = (
    (
        "issue",
        "elm",
        "extension",
        "language",
        "narrative_labels",
        "rules",
        "wording",
        "xhtml",
        "card_ids",
        "record",
        "progress",
    ),
    ("r4",),
    ("archive", "hook_refusals", "topic", "repository", "subject"),
    ("versions",),
    ("expression", "narrative", "intake", "withdrawal", "results"),
    ("prefetch", "explanation", "hook_request"),
    ("source", "validation", "apply"),
    ("card_rules",),
    ("card_faces",),
    ("grounds", "hook_discovery", "feedback", "unjudged"),
    ("cards", "feedback_reading", "index"),
    ("hooks", "diff", "store", "release", "package", "push"),
    ("cases",),
    ("pipeline", "evaluation_inputs"),
    ("evaluation_results", "proof"),
    ("apply_command", "evaluate_command", "validate_command", "cases_command", "feedback_command"),
    ("serve_command", "withdraw_command"),
    ("cli",),
)
RANK = {unit: rank for rank, layer in enumerate(LAYERS) for unit in layer}
HIGHEST_FOR_SERVER = RANK["hooks"]

# What comes from outside, and the only places that may import it.
CONFINED = {
    "flask": ("server",),
    "werkzeug": ("server",),
    "markupsafe": ("server.pages.markdown",),
    "gunicorn": ("server.serve", "server.worker"),
    "fhir": ("publisher.r4.models",),
    "jsonschema": ("publisher.source.schema",),
    "referencing": ("publisher.source.schema",),
    "jwt": ("server.trust",),
    "cryptography": ("server.trust",),
    "requests": ("publisher.push",),
    "yaml": ("publisher.source.yaml",),
}
OURS = ("publisher", "server")


def unplaced(modules: Iterable[str]) -> Iterator[str]:
    """Yield the units of `publisher` that stand in no layer."""
    for unit in sorted({_unit(module) for module in modules if module.startswith("publisher.")}):
        if unit not in RANK:
            yield f"publisher/{unit} stands in no layer; add it to LAYERS in {__file__}, as low as its imports allow."


def upward(imports: Iterable[Import]) -> Iterator[str]:
    """Yield what modules of `publisher` import from elsewhere than their own package and lower layers."""
    for one in imports:
        if not _is_within(one, "publisher", "publisher"):
            continue
        importer, imported = _unit(one.importer), _unit(one.imported)
        if importer == imported or importer not in RANK or imported not in RANK:
            continue
        if RANK[imported] >= RANK[importer]:
            yield (
                f"{one.place}: {one.importer} (layer {RANK[importer]}) imports {one.imported} (layer "
                f"{RANK[imported]}); "
                "only lower layers may be imported: pass in what is needed, or move it down."
            )


def package_root(imports: Iterable[Import]) -> Iterator[str]:
    """Yield what is taken from the root of `publisher` besides its version, and what the root imports at once."""
    for one in imports:
        name = one.imported.removeprefix("publisher").lstrip(".")
        is_of_root = one.imported.split(".")[0] == "publisher" and _unit(one.imported) not in RANK
        if is_of_root and name != "__version__":
            yield f"{one.place}: {one.importer} imports {one.imported}; import the module that defines it."
        if one.importer == "publisher" and not one.is_lazy and one.imported.split(".")[0] in OURS:
            yield f"{one.place}: publisher/__init__.py imports {one.imported} at once; do it inside a function."


def server_from_publisher(imports: Iterable[Import]) -> Iterator[str]:
    """Yield where `publisher` imports `server`, the command `serve` apart, which does so when it runs."""
    for one in imports:
        if _is_within(one, "publisher", "server") and not (one.importer == "publisher.cli" and one.is_lazy):
            yield f"{one.place}: {one.importer} imports {one.imported}; only a function of publisher.cli may do that."


def publisher_from_server(imports: Iterable[Import]) -> Iterator[str]:
    """Yield where `server` imports what builds or commands, and not what answers requests."""
    for one in imports:
        if _is_within(one, "server", "publisher") and RANK.get(_unit(one.imported), 0) > HIGHEST_FOR_SERVER:
            yield f"{one.place}: {one.importer} imports {one.imported}, which stands above what a server needs."


def confined(imports: Iterable[Import]) -> Iterator[str]:
    """Yield imports of a dependency outside its one place, and of what is no dependency."""
    for one in imports:
        package = one.imported.split(".")[0]
        if package in OURS or package in sys.stdlib_module_names:
            continue
        places = CONFINED.get(package, ())
        if not any(one.importer == place or one.importer.startswith(f"{place}.") for place in places):
            allowed = f"only {' or '.join(places)} may" if places else "it is no dependency of this project"
            yield f"{one.place}: {one.importer} imports {one.imported}; {allowed}."


def relative(imports: Iterable[Import]) -> Iterator[str]:
    """Yield imports that do not name the whole module."""
    for one in imports:
        if one.imported.startswith("."):
            yield f"{one.place}: {one.importer} imports {one.imported}; write the whole name of the module."


def cyclic(imports: Iterable[Import], modules: Mapping[str, object]) -> Iterator[str]:
    """Yield the ways on which a module imports itself."""
    edges: dict[str, set[str]] = {}
    for one in imports:
        if one.imported in modules and one.imported != one.importer:
            edges.setdefault(one.importer, set()).add(one.imported)
    for cycle in cycles(edges):
        yield f"{' -> '.join(cycle)} is a cycle; move what both ends need into a module below them."


def _is_within(one: Import, importer: str, imported: str) -> bool:
    return one.importer.split(".")[0] == importer and one.imported.split(".")[0] == imported


def _unit(module: str) -> str:
    return module.split(".")[1] if "." in module else ""
