"""Read the JSON files of a FHIR package: an npm archive, or a folder of JSON.

https://confluence.hl7.org/display/FHIR/NPM+Package+Specification. Nothing is extracted: a member is read in memory
under its name in the archive, and only names of the form `package/...` are taken. What expands too far, is a link, or
stands twice is refused with the archive as a whole.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from publisher.issue import Issue, IssueError, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEBIBYTE = 1024 * 1024
_NAME = re.compile(r"package(?:/(?!\.{1,2}(?:/|$))[\w.$@+-]+)*/?", re.ASCII)
# Small archives of much repetition are no bombs.
_RATIO_FLOOR = MEBIBYTE


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may hold: files, bytes of one, bytes of all, and bytes for each byte of the archive."""

    files: int = 20_000
    file: int = 64 * MEBIBYTE
    total: int = 512 * MEBIBYTE
    ratio: int = 200


DEFAULT = Limits()


def files_of(path: Path, limits: Limits = DEFAULT) -> Iterator[tuple[str, bytes]]:
    """Yield the JSON files of an archive or a folder with their names; IssueError where it is not to be read."""
    try:
        yield from _of_folder(path, limits) if path.is_dir() else _of_archive(path, limits)
    except FileNotFoundError as error:
        raise _refused(path, "is not there", "package-unreadable", "not-found") from error
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:  # ValueError: numbers of a header
        raise _refused(path, f"cannot be read as a package ({type(error).__name__})", "package-unreadable") from error


def _of_archive(path: Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    with gzip.open(path) as expanded:
        counted = cast("IO[bytes]", _Counted(expanded, path, limits))
        with tarfile.open(fileobj=counted, mode="r|") as archive:
            seen: set[str] = set()
            for member in archive:
                _check(member, path, limits, seen)
                if member.isfile() and _is_content(member.name):
                    stream = archive.extractfile(member)
                    yield member.name, stream.read() if stream else b""


class _Counted:
    """What an archive expands to, counted while it is read, so that a bomb is refused before it is held."""

    def __init__(self, stream: gzip.GzipFile, path: Path, limits: Limits) -> None:
        self._stream, self._path = stream, path
        self._left = min(limits.total, max(_RATIO_FLOOR, path.stat().st_size * limits.ratio))

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _refused(self._path, "expands to more than is read here", "package-too-large", "too-long")
        return data


def _check(member: tarfile.TarInfo, path: Path, limits: Limits, seen: set[str]) -> None:
    """Refuse the archive for a member that is no plain file of a name of its own below `package`."""
    if not _NAME.fullmatch(member.name):
        raise _refused(path, "holds a member whose name is not of the form package/...", "package-member")
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise _refused(path, f"holds {member.name}, which is no plain file", "package-member")
    if member.size > limits.file:
        raise _refused(path, f"holds {member.name}, which is larger than is read here", "package-too-large", "too-long")
    folded = member.name.rstrip("/").casefold()
    if folded in seen and not member.isdir():
        raise _refused(path, f"holds {member.name} twice, as names are compared without case", "package-member")
    seen.add(folded)
    if len(seen) > limits.files:
        raise _refused(path, "holds more files than are read here", "package-too-large", "too-long")


def _is_content(name: str) -> bool:
    """Return whether a file holds a resource of the package: JSON that stands in `package` itself."""
    parts = PurePosixPath(name)
    return parts.suffix == ".json" and parts.parent == PurePosixPath("package") and not parts.name.startswith(".")


def _of_folder(path: Path, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield the JSON files below a folder, by their path in it; no link is followed."""
    found = sorted(each for each in path.rglob("*.json") if each.is_file() and not each.is_symlink())
    if len(found) > limits.files:
        raise _refused(path, "holds more files than are read here", "package-too-large", "too-long")
    left = limits.total
    for each in found:
        size = each.stat().st_size
        left -= size
        name = each.relative_to(path).as_posix()
        if size > limits.file or left < 0:
            raise _refused(path, f"holds more than is read here, at {name}", "package-too-large", "too-long")
        if not each.name.startswith("."):
            yield name, each.read_bytes()


def _refused(path: Path, why: str, rule: str, code: str = "invalid") -> IssueError:
    return IssueError(Issue.error(code, rule, f"{path.name} {why}.", source=Source(str(path))))
