"""Extract FHIR R4's definitions from HL7's packages into publisher/r4/definitions; `--check` compares only.

Usage: python tools/r4_definitions.py [--check] [--output FOLDER] CACHE
CACHE is a folder for the packages, filled with `npm pack` where they are absent.
Exit status: 0 done or equal, 1 the committed data differ, 2 a package cannot be had or is not the pinned one.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r4_packages import CORE, EXTENSIONS, PACKAGES, TERMINOLOGY, Package, PackageError, fetch, resources
from r4_profiles import is_profile, profile_row
from r4_structures import (
    PATCHES,
    extension_row,
    is_type,
    merged_extension,
    operation_row,
    search_parameter_row,
    type_rows,
)
from r4_terminology import Terminology

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
Files = dict[str, bytes]

OUTPUT = Path(__file__).parent.parent / "publisher" / "r4" / "definitions"
_OPERATION = "http://hl7.org/fhir/OperationDefinition/"  # the package holds an example of another one
_BINDING_STRENGTHS = ("required", "extensible")
# Value sets that no element binds and that answers to questionnaires are chosen from.
ANSWERS = ("http://hl7.org/fhir/ValueSet/yesnodontknow",)


def extract(cache: Path) -> Files:
    """Return the data files by their name, made from the packages in `cache`."""
    paths = {package: fetch(package, cache) for package in PACKAGES}
    types = _types(paths[CORE])
    extensions = _extensions(paths)
    operations = _by_url(
        operation_row(r) for r in resources(paths[CORE], "OperationDefinition") if r["url"].startswith(_OPERATION)
    )
    parameters = _by_url(search_parameter_row(r) for r in resources(paths[CORE], "SearchParameter"))
    profiles = _by_url(profile_row(r) for r in resources(paths[CORE], "StructureDefinition") if is_profile(r))
    value_sets, code_systems, more_systems = _terminology(paths, [*types.values(), extensions, operations, profiles])
    files = {f"types/{name}.jsonl": _lines(rows) for name, rows in types.items()}
    files["search-parameters.jsonl"] = _lines(parameters)
    files["operations.jsonl"] = _lines(operations)
    files["extensions.jsonl"] = _lines(extensions)
    files["profiles.jsonl"] = _lines(profiles)
    files["value-sets.jsonl"] = _lines(value_sets)
    files["code-systems.jsonl"] = _lines(row for rows in code_systems for row in rows)
    files["more-code-systems.jsonl"] = _lines(row for rows in more_systems for row in rows)
    counts = {
        "types": len(types),
        "elements": sum(len(rows) - 1 for rows in types.values()),
        "searchParameters": len(parameters),
        "operations": len(operations),
        "extensions": len(extensions),
        "profiles": len(profiles),
        "valueSets": len(value_sets),
        "codeSystems": len(code_systems) + len(more_systems),
        "concepts": sum(len(rows) - 1 for rows in (*code_systems, *more_systems)),
    }
    return files | {"types.json": _types_index(types), "manifest.json": _manifest(counts)}


def _by_url(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["url"]))


def _types(path: Path) -> dict[str, list[Row]]:
    definitions = [r for r in resources(path, "StructureDefinition") if is_type(r)]
    return {definition["name"]: type_rows(definition) for definition in definitions}


def _extensions(paths: dict[Package, Path]) -> list[Row]:
    found: dict[str, Row] = {}
    for package in (CORE, EXTENSIONS):
        for resource in resources(paths[package], "StructureDefinition"):
            if resource["type"] == "Extension" and resource.get("derivation") == "constraint":
                row = extension_row(resource, package.version)
                known = found.get(row["url"])
                found[row["url"]] = merged_extension(known, row) if known else row
    return [found[url] for url in sorted(found)]


def _terminology(
    paths: dict[Package, Path], bound: Iterable[Any]
) -> tuple[list[Row], list[list[Any]], list[list[Any]]]:
    """Return the value sets that elements are bound to, the code systems these need, and R4's other code systems."""
    names = ("ValueSet", "CodeSystem")
    terminology = Terminology(*(resources(paths[package], *names) for package in (CORE, TERMINOLOGY, EXTENSIONS)))
    value_sets = [terminology.value_set_row(url) for url in sorted({*_bound_value_sets(bound), *ANSWERS})]
    systems = {system for row in value_sets for system in row.get("systems", {})}
    kept = sorted(system for system in systems if terminology.is_kept(system))
    of_r4 = {row["url"] for row in resources(paths[CORE], "CodeSystem")}
    others = sorted(system for system in of_r4 if system not in kept and terminology.is_kept(system))
    rows = terminology.code_system_rows
    return value_sets, [rows(system) for system in kept], [rows(system) for system in others]


def _bound_value_sets(value: Any) -> Iterator[str]:
    """Yield the value sets of all bindings in `value` that say what is allowed."""
    if isinstance(value, dict):
        binding = value.get("binding")
        if binding:
            if binding["strength"] in _BINDING_STRENGTHS:
                yield binding["valueSet"]
            if "max" in binding:
                yield binding["max"]
        value = value.values()
    if not isinstance(value, str) and hasattr(value, "__iter__"):
        for item in value:
            yield from _bound_value_sets(item)


def _types_index(types: dict[str, list[Row]]) -> bytes:
    """Return each type's kind and base, so that a reader need not open the type for them."""
    kept = ("kind", "base", "constrains", "abstract")
    rows = {name: {key: rows[0][key] for key in kept if key in rows[0]} for name, rows in types.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows[name])}" for name in sorted(rows))
    return f"{{\n{lines}\n}}\n".encode()


def _manifest(counts: Row) -> bytes:
    packages = [
        {"name": p.name, "version": p.version, "integrity": p.integrity, "license": "CC0-1.0"} for p in PACKAGES
    ]
    manifest = {"fhirVersion": "4.0.1", "packages": packages, "counts": counts, "patches": PATCHES}
    return (json.dumps(manifest, indent=2) + "\n").encode()


def _lines(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows).encode()


def differences(files: Files, folder: Path) -> list[str]:
    """Return one line for each file of `folder` that is not as extracted."""
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    found = [f"{name}: not in {folder}" for name in sorted(files.keys() - present)]
    found += [f"{name}: not extracted from the packages" for name in sorted(present - files.keys())]
    changed = (name for name in sorted(files.keys() & present) if (folder / name).read_bytes() != files[name])
    return found + [f"{name}: differs from the packages" for name in changed]


def write(files: Files, folder: Path) -> None:
    """Write `files` to `folder` and remove what does not belong there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main(argv: list[str]) -> int:
    """Extract, or with `--check` compare, and return the exit status."""
    parser = argparse.ArgumentParser(description="Extract FHIR R4's definitions from HL7's packages.")
    parser.add_argument("cache", type=Path, help="folder of the packages, filled where they are absent")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the data differ")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of the data")
    arguments = parser.parse_args(argv)
    try:
        files = extract(arguments.cache)
    except PackageError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not arguments.check:
        write(files, arguments.output)
        return 0
    found = differences(files, arguments.output)
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
