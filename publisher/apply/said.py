"""What artifacts say of an action or a request to everybody, in one language: what it is kept by.

https://hl7.org/fhir/R4/plandefinition.html. Artifacts are never changed after loading, so that what is worked out of
one is kept by the objects themselves.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.repository import Artifact, Resource

T = TypeVar("T")


class Said:
    """An artifact, an action that goes with it and a language; two are equal that hold the same objects."""

    __slots__ = ("action", "artifact", "language", "path")

    def __init__(self, artifact: Artifact, action: Resource, path: str, language: str) -> None:
        self.artifact, self.action, self.path, self.language = artifact, action, path, language

    @property
    def is_published(self) -> bool:
        """Return whether it may be kept: what came with a request is not."""
        return bool(self.artifact.renditions)

    def __hash__(self) -> int:
        return hash((id(self.artifact), id(self.action), self.path, self.language))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and (
            self.artifact is other.artifact
            and self.action is other.action
            and (self.path, self.language) == (other.path, other.language)
        )


def kept(work: Callable[[Said], T]) -> Callable[[Said], T]:
    """Return `work` that is done once for what is published, and each time for what came with a request."""
    done = lru_cache(maxsize=4096)(work)

    @wraps(work)
    def result(said: Said) -> T:
        return done(said) if said.is_published else work(said)

    return result
