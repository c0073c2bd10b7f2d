"""Fetch and read the npm packages that hold HL7's FHIR R4 definitions, each pinned by its hash.

Implements the package format of https://hl7.org/fhir/packages.html; all three packages are CC0.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package at one version with the sha512 integrity its bytes must have."""

    name: str
    version: str
    integrity: str

    @property
    def file_name(self) -> str:
        """Return the name that `npm pack` gives the file."""
        return f"{self.name}-{self.version}.tgz"


CORE = Package(
    "hl7.fhir.r4.examples",
    "4.0.1",
    "sha512-DXBdIZOeQaSKIgCU7w6HOC7sw/6BzylmipLkBW4f//pT+Bc94x+8LImwTdvaNThPJoOzpBzvxAzNqjeu3X/zLw==",
)
TERMINOLOGY = Package(
    "hl7.terminology.r4",
    "7.0.1",
    "sha512-UamZUcARk/TEaJb7X0hDyANmC7bCv0Jof0u0uGIOB2O9VQX0uV45Vf4EyONHM6Sejv6q7sXEAzKAQsgw1Cld3A==",
)
EXTENSIONS = Package(  # the registry has no other version of it
    "hl7.fhir.uv.extensions.r4",
    "5.3.0-ballot-tc1",
    "sha512-mhPmWj0dZvIC7JQLkqxT42/UpoIyYwFtSiIZbhX/ArfX96hR5oTqNvAUvMD+dMH45m4mGMQ19WyCZFpP1OLEbQ==",
)
PACKAGES = (CORE, TERMINOLOGY, EXTENSIONS)


class PackageError(Exception):
    """Raised when a package cannot be had or is not the pinned one."""


def fetch(package: Package, cache: Path) -> Path:
    """Return the package's file in `cache`, downloaded when absent and always verified."""
    path = cache / package.file_name
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        wanted = f"{package.name}@{package.version}"
        done = subprocess.run(  # noqa: S603 - the arguments are pinned above
            [  # noqa: S607 - npm is where its user installed it
                "npm",
                "pack",
                wanted,
                "--silent",
                "--ignore-scripts",
                "--pack-destination",
                str(cache),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not path.exists():
            raise PackageError(f"npm could not pack {wanted}: {done.stderr.strip() or 'no file came'}")
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != package.integrity:
        raise PackageError(f"{path} has the hash sha512-{digest}, not the pinned {package.integrity}")
    return path


def resources(path: Path, *types: str) -> Iterator[Resource]:
    """Yield the resources of `types` in a package file, by file name; nothing is unpacked to disk."""
    prefixes = tuple(f"package/{name}-" for name in types)
    found: dict[str, Resource] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if member.isfile() and member.name.startswith(prefixes) and member.name.endswith(".json"):
                stream = archive.extractfile(member)
                if stream is not None:
                    found[member.name] = json.loads(stream.read())
    for name in sorted(found):
        yield found[name]
