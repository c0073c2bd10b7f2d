"""Who imports whom, read from the source text: nothing is imported to find out."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import: what is named, from where, and whether it runs only when a function is called."""

    importer: str
    imported: str
    place: str
    is_lazy: bool


def modules(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """Return the files of `packages` below `root` by module name."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(files: Mapping[str, Path], root: Path) -> list[Import]:
    """Return every import in `files`, those for types only left out."""
    return [
        one
        for name, path in files.items()
        for one in imports_in(path.read_text("utf-8"), name, str(path.relative_to(root)), files)
    ]


def imports_in(source: str, name: str, file: str, files: Mapping[str, object]) -> Iterator[Import]:
    """Yield the imports of one module; `from a import b` names `a.b` where that is a module."""
    for node, is_lazy in _running(ast.parse(source), is_lazy=False):
        place = f"{file}:{node.lineno}"
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, place, is_lazy)
        elif node.level:
            yield Import(name, "." * node.level + (node.module or ""), place, is_lazy)
        else:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_named = whole in files or node.module == "publisher"
                yield Import(name, whole if is_named else str(node.module), place, is_lazy)


def cycles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return one cycle through each module that imports itself in the end, the shortest found."""
    found: dict[frozenset[str], list[str]] = {}
    for start in sorted(edges):
        if path := _way_back(start, edges):
            found.setdefault(frozenset(path), path)
    return list(found.values())


def _way_back(start: str, edges: Mapping[str, set[str]]) -> list[str] | None:
    paths, seen = [[start]], set()
    for path in paths:
        for target in sorted(edges.get(path[-1], ())):
            if target == start:
                return [*path, start]
            if target not in seen:
                seen.add(target)
                paths.append([*path, target])
    return None


def _running(node: ast.AST, *, is_lazy: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Yield import statements with whether they stand in a function, TYPE_CHECKING blocks left out."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, is_lazy
        else:
            in_function = is_lazy or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _running(child, is_lazy=in_function)
