"""Builds the Java project beside this file once for its sources, and says how to run a program of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = Path(__file__).resolve().parent / "java"
CLASSES = PROJECT / "target" / "classes"
CLASSPATH = PROJECT / "target" / "classpath.txt"
BUILT_FROM = PROJECT / "target" / "sources.sha256"


def command(program: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line that runs `program` with `arguments`, after building it where needed."""
    build()
    classpath = f"{CLASSES}{os.pathsep}{CLASSPATH.read_text(encoding='utf-8').strip()}"
    options = ["-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-Duser.timezone=UTC"]
    return [tool("java"), *options, "-cp", classpath, f"vademecum.oracle.{program}", *arguments]


def build() -> None:
    """Compile the project and store its class path, unless both are of the present sources."""
    present = sources_hash()
    if BUILT_FROM.exists() and BUILT_FROM.read_text(encoding="utf-8") == present:
        return
    goals = ["clean", "compile", "dependency:build-classpath", f"-Dmdep.outputFile={CLASSPATH}"]
    subprocess.run([tool("mvn"), "-q", "-B", "-f", str(PROJECT / "pom.xml"), *goals], check=True, stdout=sys.stderr)
    BUILT_FROM.write_text(present, encoding="utf-8")


def sources_hash() -> str:
    """Return one SHA-256 over the names and bytes of the project's sources."""
    digest = hashlib.sha256()
    for path in [PROJECT / "pom.xml", *sorted((PROJECT / "src").rglob("*.*"))]:
        digest.update(f"{path.relative_to(PROJECT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def tool(name: str) -> str:
    """Return the path of an installed program."""
    path = shutil.which(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: the oracles need Java 17 and Maven 3.8 or later.")
    return path
