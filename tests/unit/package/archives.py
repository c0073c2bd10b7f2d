"""FHIR packages made for tests, good ones and hostile ones."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MANIFEST = {"name": "example.guideline", "version": "1.0.0"}


def packed(path: Path, files: Mapping[str, Any], change: Callable[[tarfile.TarInfo], None] | None = None) -> Path:
    """Write a package with these files by name (JSON, or bytes as they are) and return its path."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(body)
            if change:
                change(member)
            archive.addfile(member, io.BytesIO(body))
    return path


def package_of(path: Path, *resources: dict[str, Any], **manifest: Any) -> Path:
    """Write a package of these resources."""
    files = {f"package/{each['resourceType']}-{each['id']}.json": each for each in resources}
    return packed(path, {"package/package.json": {**MANIFEST, **manifest}, **files})
