"""The mutation score of a topic as text for people, and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.proof.mutation import Score

ENOUGH: Final = 90.0


def as_json(score: Score) -> dict[str, Any]:
    """Return the score as plain JSON."""
    survivors = [{"id": one.id, "place": one.place, "what": one.what, "asked": one.asked} for one in score.survivors]
    return {
        "topic": score.topic,
        "mutants": len(score.tried),
        "excused": [{"id": name, "reason": reason} for name, reason in score.excused.items()],
        "noticed": score.counted - len(score.survivors),
        "percent": round(score.percent, 1),
        "parts": {name: {"noticed": noticed, "mutants": counted} for name, (noticed, counted) in score.parts().items()},
        "provedElsewhere": dict(score.proved_elsewhere),
        "survivors": survivors,
    }


def as_text(score: Score) -> Iterator[str]:
    """Yield the score line by line: the survivors with their places, what is excused, then the parts and the sum."""
    found = as_json(score)
    for one in found["survivors"]:
        yield f"survived {one['place']}: {one['id']} ({one['asked']} patients asked)\n"
    yield from (f"excused {one['id']}: {one['reason']}\n" for one in found["excused"])
    for library, prover in score.proved_elsewhere.items():
        yield f"{library}: not counted, the patients of {prover} prove it\n"
    for name, part in found["parts"].items():
        yield f"{name}: {part['noticed']} of {part['mutants']} mutants noticed\n"
    yield (
        f"{score.topic}: {found['noticed']} of {score.counted} mutants noticed, {found['percent']} % "
        f"({len(found['excused'])} more excused)\n"
    )
