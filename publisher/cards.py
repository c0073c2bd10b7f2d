"""CDS Hooks cards, projected from an Applied tree.

https://cds-hooks.hl7.org/2.0/#cds-service-response. An action with a named-event trigger holds the topic's scope; the
actions under it are the rules (card_rules.py), and each that fires is a card. An action that is undetermined makes no
card: it is a line of the first one, which says what to find out. Every clinical word comes from an artifact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.card_faces import RANK, REMOVAL, listed
from publisher.card_ids import CardIds
from publisher.card_rules import Rule
from publisher.grounds import escaped
from publisher.language import text
from publisher.r4.written import Form, Written, text_of
from publisher.unjudged import others_in, unjudged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from publisher.apply.inputs import Inputs
    from publisher.apply.tree import AppliedAction, AppliedPlan
    from publisher.card_faces import Faces
    from publisher.card_rules import Ruling, Undecided
    from publisher.repository import Artifact, Resource

MOST_CARDS = 3
SUMMARY_LENGTH = 139
MOST_COMPUTED = 2000
_CERTAINTY = ("applied", "undetermined", "not-applied")


@dataclass(frozen=True, slots=True)
class Setting:
    """What cards need besides the tree: what artifacts say in the language asked for, and the patient.

    `judges` gives for a value set the type of data that the logic judges by it; `instance` is the call's own uuid,
    `ids` names cards and suggestions, `grounds` says what a rule rests on in the record, and `drafted` is what is being
    written, by the parameter that carries it.
    """

    faces: Faces
    inputs: Inputs
    judges: Mapping[str, str] = field(default_factory=dict)
    instance: str = ""
    ids: CardIds = field(default_factory=CardIds)
    grounds: Callable[[Rule], str | None] = lambda _: None
    drafted: Mapping[str, Sequence[Resource]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Return the language of the cards."""
        return self.faces.language


def cards_of(applied: AppliedPlan, ruling: Ruling, setting: Setting) -> list[Written]:
    """Return the cards of a hook-level plan by what its rules came to, at most three, the most serious first.

    The first one says besides what is to be found out, and the titles of what fires and has no card for want of room.
    Where no rule fires, a card says what could not be judged, if anything; outside the scope, of what is being written.
    """
    service, faces = applied.artifact, setting.faces
    firing = sorted(ruling.firing, key=lambda rule: RANK[faces.basis(rule, service).indicator])
    if not firing and applied.actions:
        return list(_open_card(applied, ruling, setting))
    told = [
        _headed("ask", _lines(applied, ruling, setting), setting.language),
        _headed("more-rules", [_title(rule, setting) for rule in firing[MOST_CARDS:]], setting.language),
    ]
    return [
        _card(rule, service, setting, position, () if position else told)
        for position, rule in enumerate(firing[:MOST_CARDS])
    ]


def _lines(applied: AppliedPlan, ruling: Ruling, setting: Setting) -> list[str]:
    """Return what is to be found out, and what was left out of a call."""
    asked = _ask_lines(ruling.undecided, setting.language)
    return [*asked, *_unrecognised(applied, setting), *_others(applied, setting)]


def _open_card(applied: AppliedPlan, ruling: Ruling, setting: Setting) -> Iterator[Written]:
    """Yield the card that only says what could not be judged, if anything; it comes of the scope, not of a rule."""
    service, faces = applied.artifact, setting.faces
    scope = min(applied.actions, key=lambda each: _CERTAINTY.index(each.decision.state))
    is_outside = scope.decision.state == "not-applied"
    lines = list(_unjudged(applied, setting)) if is_outside else _lines(applied, ruling, setting)
    if lines:
        basis, title = faces.basis(Rule(scope, service), service), faces.of(service.resource).title or service.id
        tag, call = setting.ids.tag(str(service.canonical), scope.id), setting.ids.call(setting.instance, 0)
        said: Resource = {
            "uuid": setting.ids.encode(tag, 0, call),
            "summary": _cut(wording.say("open-summary", setting.language, service=title)),
            "detail": f"{_headed('ask', lines, setting.language)}\n\n{basis.foot}".strip(),
            "indicator": "info",
        }
        yield Written.of(said) + basis.source + basis.links


def _unjudged(applied: AppliedPlan, setting: Setting) -> Iterator[str]:
    """Yield how many of what is being written no code explains."""
    for parameter, count in unjudged(applied, setting.drafted):
        title = wording.data_name(parameter, setting.language)
        name = "unrecognised-one" if count == 1 else "unrecognised"
        yield wording.say(name, setting.language, title=title[:1].upper() + title[1:], count=str(count))


def _headed(heading: str, lines: list[str], language: str) -> str | None:
    return f"**{wording.say(heading, language)}**\n\n{listed(lines)}" if lines else None


def _ask_lines(undecided: Iterable[Undecided], language: str) -> Iterator[str]:
    """Yield what cannot be decided and why; what waits for the same is told of together."""
    together: dict[Any, list[Undecided]] = {}
    for each in undecided:
        decision = each.action.decision
        waits_for = frozenset((cause.kind, cause.about) for cause in decision.causes)
        together.setdefault((bool(decision.error), waits_for), []).append(each)
    for same in together.values():
        names = [each.named for each in same]
        titles = wording.listed([text(each.action, "title", language) or each.id for each in names], language)
        decision = same[0].action.decision
        yield wording.undecided(titles, decision.causes, language, error=bool(decision.error))


def _unrecognised(applied: AppliedPlan, setting: Setting) -> Iterator[str]:
    """Yield how many items no code explains; value sets that were asked about the same are told of together."""
    together: dict[Any, list[str]] = {}
    for url, count in applied.unrecognised:
        together.setdefault((setting.judges.get(url), count), []).append(setting.faces.title(url))
    for (_, count), titles in together.items():
        name = "unrecognised-one" if count == 1 else "unrecognised"
        yield wording.say(name, setting.language, title=wording.listed(titles, setting.language), count=str(count))


def _others(applied: AppliedPlan, setting: Setting) -> Iterator[str]:
    """Yield how much of what came is about other patients, and was left out."""
    count = others_in(applied)
    if count:
        yield wording.say("others-one" if count == 1 else "others", setting.language, count=str(count))


def _title(rule: Rule, setting: Setting) -> str:
    return setting.faces.of(rule.action.action).title or rule.action.id


def _card(rule: Rule, service: Artifact, setting: Setting, position: int, told: Sequence[str | None]) -> Written:
    face, basis = setting.faces.of(rule.action.action), setting.faces.basis(rule, service)
    title = _title(rule, setting)
    says = (_computed(rule.action, "description") or face.description, basis.parts)
    paragraphs = (*(says if any(says) else (title,)), setting.grounds(rule), *told, basis.foot)
    tag, call = setting.ids.tag(str(rule.plan.canonical), rule.action.id), setting.ids.call(setting.instance, position)
    said: Resource = {
        "uuid": setting.ids.encode(tag, 0, call),
        "summary": _cut(title),
        "detail": "\n\n".join(each for each in paragraphs if each),
        "indicator": basis.indicator,
    }
    suggestions = [
        offer.filled({**texts, "uuid": text_of(setting.ids.encode(tag, number, call))})
        for number, (offer, texts) in enumerate(_suggestions(rule.action, setting), start=1)
    ]
    chosen = {"suggestions": suggestions, "selectionBehavior": face.behavior} if suggestions else {}
    return Written.of(said) + basis.source + Written.of(chosen) + basis.reasons + basis.links


def _cut(summary: str) -> str:
    return summary if len(summary) <= SUMMARY_LENGTH else summary[: SUMMARY_LENGTH - 1] + "…"


def _computed(action: AppliedAction, name: str) -> str | None:
    """Return what a dynamic value says of an element of the action; it may quote the record."""
    found = (each for value in action.values if value.path.rpartition(".")[2] == name for each in value.values)
    return next((escaped(each, MOST_COMPUTED) for each in found if isinstance(each, str)), None)


def _suggestions(action: AppliedAction, setting: Setting) -> Iterator[tuple[Form, dict[str, str]]]:
    """Yield what the reader can accept: a proposal of the card's own or from below it, or the removal of a draft.

    Each is the form of a suggestion and what it is filled with, as written.
    """
    faces, inputs = setting.faces, setting.inputs
    for each in action.walk():
        if each.decision.state != "applied":
            continue
        if each.target is not None and faces.of(each.action).removes:
            label = faces.of(each.action).title or each.id
            yield REMOVAL, {"label": text_of(label), "resource": text_of(each.target["reference"])}
        elif each.activity is not None and (form := faces.proposal(each, each.activity, inputs)):
            yield form, inputs.written
