"""What the gates on content are given: a topic, a publisher and resources that a test makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from publisher.repository import Artifact, Repository
from publisher.topic import Publisher, Statement, Strength, Topic, Waiver
from publisher.validation.context import Context

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "https://example.org/fhir"
PUBLISHER = Publisher(BASE, "org.example", "Example", "sv", ("sv", "en"))
STRENGTHS = {
    "do": Strength("do", {"sv": ("måste",), "en": ("must",)}),
    "consider": Strength("consider", {"sv": ("rekommend*", "måste"), "en": ("recommend*", "has ... to")}),
    "last-resort": Strength("last-resort", {"sv": ("kan prövas",), "en": ("may be tried",)}),
}
STATEMENTS = {
    "A-1": Statement("A-1", "treatment", "do", {"sv": "Gör.", "en": "Do."}),
    "A-2": Statement("A-2", "treatment", "consider", {"sv": "Överväg.", "en": "Consider."}),
    "A-3": Statement("A-3", "treatment", "last-resort", {"sv": "Sist.", "en": "Last."}),
    "DER-1": Statement("DER-1", "derived-rule", None, {"sv": "Fråga.", "en": "Ask."}, derives_from=("A-2",)),
}


def topic(*waivers: tuple[str, str], **changes: Any) -> Topic:
    """Return a topic with statements of three strengths and a derived rule."""
    facts = {"id": "nails", "version": "0.1.0", "date": "2026-01-02", "status": "draft", "experimental": True}
    texts = {"title": {}, "description": {}, "statements": STATEMENTS}
    return Topic(**facts | texts | {"waivers": tuple(Waiver(*one) for one in waivers)} | changes)


def derived(*ids: str) -> list[dict[str, Any]]:
    """Return the provenance that `derivedFrom` compiles to."""
    return [{"type": "derived-from", "label": one} for one in ids]


def resource(kind: str, name: str, **elements: Any) -> dict[str, Any]:
    """Return a resource with the identity that its topic gives it."""
    identity = {"url": f"{BASE}/{kind}/{name}", "version": "0.1.0", "status": "draft", "date": "2026-01-02"}
    return {"resourceType": kind, "id": name, **identity, **elements}


@pytest.fixture
def context() -> Callable[..., Context]:
    """Return a maker of a context over resources of one topic."""

    def make(*resources: dict[str, Any], of: Topic | None = None, **more: Any) -> Context:
        found = of or topic()
        artifacts = Repository(Artifact(one, {}, found.id) for one in resources)
        return Context(PUBLISHER, found, artifacts, strengths=STRENGTHS, **more)

    return make
