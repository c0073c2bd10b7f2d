"""Gates on statements: each is carried by an artifact or waived with a reason, and each condition has one.

Implements the provenance of https://hl7.org/fhir/R4/metadatatypes.html#RelatedArtifact, both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.issue import Issue
from publisher.topic import RELATED_ARTIFACT, did_you_mean
from publisher.validation.context import walk_actions, walk_elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from publisher.repository import Artifact, Resource
    from publisher.topic import Topic
    from publisher.validation.context import Context, Elements

# Where an element says what it derives from.
_CARRIERS = ("documentation", "relatedArtifact", "extension")


def coverage(
    topic: Topic, artifacts: Iterable[Artifact], elements: Callable[[Resource], Elements] = walk_elements
) -> dict[str, tuple[str, ...]]:
    """Return for each statement of `topic` the elements of its artifacts that carry it, none where none does.

    `elements` gives those of a resource, where they are known already.
    """
    found: dict[str, dict[str, None]] = {name: {} for name in topic.statements}
    for artifact in artifacts:
        if artifact.topic != topic.id:
            continue
        for path, element in elements(artifact.resource):
            for name in statement_ids(element):
                place = f"{artifact.type}/{artifact.id}{path.removeprefix(artifact.type)}"
                found.setdefault(name, {})[place] = None
    return {name: tuple(paths) for name, paths in found.items()}


def coverage_table(topic: Topic, artifacts: Iterable[Artifact]) -> str:
    """Return one line a statement: its id, and the elements that carry it or the reason it is waived."""
    waived = {one.statement: one.reason for one in topic.waivers}
    lines = []
    for name, paths in coverage(topic, artifacts).items():
        where = ", ".join(paths) or (f"waived: {waived[name]}" if name in waived else "nowhere")
        lines.append(f"{name}\t{where}\n")
    return "".join(lines)


def statement_ids(element: Mapping[str, Any]) -> Iterator[str]:
    """Yield the statements that an element derives from, as its own provenance names them."""
    if element.keys().isdisjoint(_CARRIERS):
        return
    related = [*_list(element.get("documentation")), *_list(element.get("relatedArtifact"))]
    extensions = (one for one in _list(element.get("extension")) if one.get("url") == RELATED_ARTIFACT)
    for one in (*related, *(one.get("valueRelatedArtifact", {}) for one in extensions)):
        if one.get("type") == "derived-from" and "label" in one:
            yield str(one["label"])


def statement_is_carried(topic: Topic, context: Context) -> Iterator[Issue]:
    """Check that every statement is carried by some artifact, or is waived in topic.yaml."""
    waived = {one.statement for one in topic.waivers}
    for name, paths in coverage(topic, context.repository, context.elements).items():
        if not paths and name not in waived and name in topic.statements:
            diagnostics = f"No artifact derives from {name}; name it in derivedFrom, or waive it in topic.yaml."
            source = topic.statements[name].source
            yield Issue.error("business-rule", "statement-unused", diagnostics, source=source)


def waiver_is_of_unused(topic: Topic, context: Context) -> Iterator[Issue]:
    """Check that every waiver is of a statement that is there, once, and that no artifact carries."""
    carried, seen = coverage(topic, context.repository, context.elements), set()
    for waiver in topic.waivers:
        name = waiver.statement
        if name not in topic.statements:
            hint = did_you_mean(name, topic.statements) or "; take the waiver out."
            diagnostics = f"'{name}' is waived, but no statement of this topic{hint}"
            yield Issue.error("not-found", "waiver-unknown", diagnostics, source=waiver.source)
        elif name in seen:
            diagnostics = f"{name} is waived twice; keep one waiver."
            yield Issue.error("duplicate", "waiver-repeated", diagnostics, source=waiver.source)
        elif carried[name]:
            diagnostics = f"{name} is waived, but {carried[name][0]} carries it; take the waiver out."
            yield Issue.error("conflict", "waiver-needless", diagnostics, source=waiver.source)
        seen.add(name)


def condition_is_derived(resource: Resource, _: Context) -> Iterator[Issue]:
    """Check that an action with a condition names a statement itself, or says why the condition is there."""
    for path, action, _parents in walk_actions(resource):
        conditions = action.get("condition", ())
        if any(True for _ in statement_ids(action)):
            continue
        for index, one in enumerate(conditions):
            if not one.get("expression", {}).get("description"):
                place = f"{path}.condition[{index}]"
                diagnostics = (
                    f"{place} has neither a statement nor a reason; add derivedFrom to the action, or a description "
                    "to the expression."
                )
                yield Issue.error("business-rule", "condition-not-derived", diagnostics, expression=place)


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
