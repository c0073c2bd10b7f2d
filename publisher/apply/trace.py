"""Why each action of a plan applies, does not apply or is undetermined: for people, and as an output parameter.

An explanation names the condition, the data used with their dates, what is missing, and the statements behind the
action.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.guidance_response import missing_words
from publisher.apply.naming import undecided_name
from publisher.language import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.tree import AppliedAction, AppliedPlan, Decision, Judged
    from publisher.repository import Artifact, Resource


@dataclass(frozen=True, slots=True)
class Datum:
    """A resource that a condition was judged on: what it is, by its own words, what a result says, and its date."""

    reference: str
    display: str | None = None
    result: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class TracedCondition:
    """A condition in words, and what it came to: `true`, `false`, `null` or `open`.

    `mode` is `plain` where it is open and the action goes by what is there all the same (design 0004).
    """

    words: str
    value: str
    mode: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class TracedAction:
    """One action and why it was decided as it was."""

    plan: str
    path: str
    id: str
    title: str
    state: str
    conditions: tuple[TracedCondition, ...] = ()
    used: tuple[Datum, ...] = ()
    missing: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    issues: tuple[str, ...] = field(default=())

    def to_json(self) -> Resource:
        """Return the explanation as JSON, without what is empty."""
        parts: Resource = {
            "plan": self.plan,
            "path": self.path,
            "id": self.id,
            "title": self.title,
            "state": self.state,
            "conditions": [_present(words=c.words, value=c.value, mode=c.mode, error=c.error) for c in self.conditions],
            "used": [
                _present(reference=d.reference, display=d.display, result=d.result, date=d.date) for d in self.used
            ],
            "missing": list(self.missing),
            "statements": list(self.statements),
            "issues": list(self.issues),
        }
        return {name: value for name, value in parts.items() if value}


def trace_of(applied: AppliedPlan, language: str) -> list[TracedAction]:
    """Return the explanation of every action that was looked at, parents before children.

    The plan must have been applied with `explains`; else what was used is not known.
    """
    return [_traced(action, plan, language) for action, plan in applied.walk_with_plans()]


def _traced(applied: AppliedAction, plan: Artifact, language: str) -> TracedAction:
    conditions = applied.decision.conditions
    used = dict.fromkeys(datum for each in conditions for datum in _used(each, language))
    return TracedAction(
        plan=str(plan.canonical),
        path=applied.path,
        id=applied.id,
        title=_title(applied, language),
        state=applied.decision.state,
        conditions=tuple(_condition(each, applied.decision, language) for each in conditions),
        used=tuple(used),
        missing=tuple(missing_words(applied, language)),
        statements=tuple(derived_from(applied.action)),
        issues=tuple(each.in_language(language).diagnostics for each in applied.issues),
    )


def _title(applied: AppliedAction, language: str) -> str:
    if applied.decision.state == "undetermined":
        return undecided_name(applied, language)
    return text(applied.action, "title", language) or applied.id


def _condition(judged: Judged, decision: Decision, language: str) -> TracedCondition:
    titles = judged.explanation.titles if judged.explanation else {}
    words = titles.get(language) or text(judged.expression, "description", language)
    values = {True: "true", False: "false", None: "null"}
    value = "open" if judged.is_open else values[judged.value]
    mode = "plain" if judged.is_open and _goes_by_what_is_there(decision) else None
    return TracedCondition(words or str(judged.expression.get("expression")), value, mode, judged.error)


def _goes_by_what_is_there(decision: Decision) -> bool:
    """Return whether open conditions left an action decided: it applies, or none that is firm keeps it from that."""
    firm = [each for each in decision.conditions if not each.is_open]
    return decision.state == "applied" or (decision.state == "not-applied" and all(each.value is True for each in firm))


def _used(judged: Judged, language: str) -> Iterator[Datum]:
    """Yield the resources that a condition rests on, with the codes that counted and their dates."""
    for each in judged.explanation.resources if judged.explanation else ():
        words = "; ".join(" ".join(part for part in (code.display, code.code) if part) for code in each.codes)
        yield Datum(
            f"{each.type}/{each.id}" if each.id else each.type, words or None, each.result.get(language), each.date
        )


def derived_from(action: Resource) -> dict[str, Resource]:
    """Return the documentation of the statements that an action derives from, by their ids."""
    entries = (one for one in action.get("documentation", ()) if one.get("type") == "derived-from" and "label" in one)
    return {one["label"]: one for one in entries}


def trace_parameter(trace: list[TracedAction]) -> Resource:
    """Return a trace as a parameter `trace` of a Parameters resource, a part `action` for each."""
    return {"name": "trace", "part": [{"name": "action", "part": list(_parts(each.to_json()))} for each in trace]}


def _parts(content: Resource) -> Iterator[Resource]:
    for name, value in content.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield {"name": name, "part": list(_parts(each))}
            else:
                yield {"name": name, "valueString": each}


# The words of our own around what artifacts and data say.
WORDS = {
    "applied": {"sv": "GÄLLER", "en": "APPLIES"},
    "not-applied": {"sv": "GÄLLER INTE", "en": "DOES NOT APPLY"},
    "undetermined": {"sv": "KAN INTE AVGÖRAS", "en": "CANNOT BE DECIDED"},
    "condition": {"sv": "villkor", "en": "condition"},
    "used": {"sv": "uppgift", "en": "data used"},
    "missing": {"sv": "eftersom", "en": "because"},
    "true": {"sv": "ja", "en": "yes"},
    "false": {"sv": "nej", "en": "no"},
    "null": {"sv": "inget svar", "en": "no answer"},
    "open": {"sv": "öppet", "en": "open"},
    "error": {"sv": "gick inte att beräkna: ”{}”", "en": "could not be computed: “{}”"},
    "plain": {
        "sv": "öppet; åtgärden går här efter det som finns",
        "en": "open; the action goes by what is there",
    },
}
LISTS = frozenset({"conditions", "used", "missing", "statements", "issues"})


def parts_json(parameter: Resource) -> list[Resource]:
    """Return the trace that a parameter carries as JSON, an object for each action."""
    return [_object(each["part"]) for each in parameter["part"]]


def _object(parts: list[Resource]) -> Resource:
    found: Resource = {}
    for each in parts:
        value = _object(each["part"]) if "part" in each else each["valueString"]
        if each["name"] in LISTS:
            found.setdefault(each["name"], []).append(value)
        else:
            found[each["name"]] = value
    return found


def trace_text(trace: list[Resource], language: str) -> str:
    """Return a trace (as `parts_json` gives it) as text, a paragraph for each action."""
    return "\n".join("".join(f"{line}\n" for line in _lines(each, language)) for each in trace)


def _lines(action: Resource, language: str) -> Iterator[str]:
    state = WORDS[action["state"]][language]
    yield f"{state}: {action['title']} [{action['id']}]"
    for condition in action.get("conditions", ()):
        value = WORDS[condition.get("mode", condition["value"])][language]
        yield f"  {WORDS['condition'][language]}: {condition['words']} = {value}"
        if "error" in condition:
            yield f"    {WORDS['error'][language].format(condition['error'])}"
    for datum in action.get("used", ()):
        details = ", ".join(datum[name] for name in ("display", "result", "date") if name in datum)
        yield f"  {WORDS['used'][language]}: {datum['reference']}{f' ({details})' if details else ''}"
    for each in action.get("missing", ()):
        yield f"  {WORDS['missing'][language]}: {each}"
    if "statements" in action:
        yield f"  {wording.say('basis', language).lower()}: {', '.join(action['statements'])}"
    for issue in action.get("issues", ()):
        yield f"  ! {issue}"


def _present(**parts: Any) -> Resource:
    return {name: value for name, value in parts.items() if value is not None}
