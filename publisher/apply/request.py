"""An ActivityDefinition becomes a request: what it says is carried over, nothing is added, nothing is lost in silence.

https://hl7.org/fhir/R4/activitydefinition.html#12.17.3.3. Results are drafts and proposals; one for a nested action is
an option.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from publisher.apply.barred import barred
from publisher.apply.dynamic_value import set_values
from publisher.apply.lacking import lacking
from publisher.apply.omissions import omitted
from publisher.apply.placeless import DESCRIBING, is_patient, placeless, without_others
from publisher.apply.requests import care, communication, medication, service, supply, task
from publisher.apply.said import Said, kept
from publisher.apply.within import taken_along
from publisher.extension import ACTIVITY_KIND, value_of
from publisher.language import localised
from publisher.r4 import definitions
from publisher.r4.written import Form, Place, Written
from publisher.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from publisher.apply.inputs import Inputs
    from publisher.apply.requests.shape import Shape
    from publisher.apply.tree import AppliedActivity
    from publisher.issue import Issue
    from publisher.repository import Resource

FAMILIES = (medication, service, communication, task, supply, care)
SHAPES: dict[str, Shape] = {shape.kind: shape for family in FAMILIES for shape in family.SHAPES}

# What no definition decides: every result is a draft, and a proposal or an option, under a name of ours; it is about
# the subject that was asked for, names what it comes from, and has no narrative.
OURS = {
    "status": "value-kept",
    "intent": "value-kept",
    "id": "value-id",
    "instantiatesCanonical": "value-source",
    "text": "value-narrative",
}
TIMINGS = tuple(name for name in DESCRIBING if name.startswith("timing"))


def kind_of(definition: Resource) -> str:
    """Return the type of the request: that of the extension of CPG, which knows more types than R4's element."""
    return str(value_of(definition, ACTIVITY_KIND) or definition.get("kind"))


@record
class Request:
    """A request: its type, what goes with it, and all but these and its id."""

    kind: str
    members: Written
    contained: tuple[Resource, ...] = ()

    @classmethod
    def of(cls, request: Resource, along: tuple[Resource, ...]) -> Request:
        """Return a request with its members in the order of the specification, and what goes `along` with it."""
        ordered = _in_order(request)
        contained = (*along, *ordered.pop("contained", ()))
        return cls(ordered.pop("resourceType"), Written.of(ordered), contained)

    @property
    def whole(self) -> Written:
        """Return all but its type and id: where it stands alone, it contains what goes with it."""
        return Written.of({"contained": list(self.contained)}) + self.members if self.contained else self.members

    @property
    def written(self) -> Written:
        """Return the request as it stands without an id."""
        return Written(f'"resourceType":"{self.kind}",{self.whole.members}')


def request_of(activity: AppliedActivity, inputs: Inputs, *, intent: str) -> tuple[Request | None, list[Issue]]:
    """Return the request that `activity` describes, and an issue for each thing that could not be carried."""
    described = _described(Said(activity.artifact, activity.overrides, activity.path, inputs.language))
    shape = described.shape
    if shape is None or described.problem:
        return None, [*activity.issues, *([described.problem] if described.problem else [])]
    issues = [*activity.issues, *described.lost]
    if not activity.values:
        alike = _alike(described, shape, activity, tuple(inputs.written), intent)
        filled = alike.form.filled(inputs.written)
        return Request(shape.kind, filled, described.along), [*issues, *alike.issues]
    request = deepcopy(_request(described, shape, activity, inputs.given(), intent))
    ours = {**OURS, **({shape.subject: "value-subject"} if shape.subject else {})}
    if shape.instantiates not in ("one", "list"):  # by an extension, which stands first
        ours["extension"] = "value-source"
    issues.extend(set_values(request, activity.values, activity.path, ours=ours))
    issues.extend(_incomplete(activity, request))
    return Request.of(request, described.along), issues


def _alike(
    described: _Described, shape: Shape, activity: AppliedActivity, given: tuple[str, ...], intent: str
) -> _Alike:
    """Return a request as far as it is the same for everybody of whom as much is given."""
    if (intent, given) not in described.alike:
        request = _request(described, shape, activity, {name: Place(name) for name in given}, intent)
        issues = tuple(_incomplete(activity, request))
        del request["resourceType"]
        described.alike[intent, given] = _Alike(Form(request), issues)
    return described.alike[intent, given]


def _request(
    described: _Described, shape: Shape, activity: AppliedActivity, given: Mapping[str, Any], intent: str
) -> Resource:
    """Return a request about the subject that is given, with what else is."""
    own: dict[str | None, Any] = {
        shape.subject: shape.subject_of(given["subject"]),
        shape.encounter: given.get("encounter"),
        shape.requester: given.get(shape.asker),
        **dict.fromkeys(shape.dated, given.get("moment")),
    }
    request: Resource = {"resourceType": shape.kind, **({"status": shape.status} if shape.status else {})}
    request |= described.carried
    if described.by_patient and shape.performer != shape.subject:  # who stands in an Appointment already
        is_list = definitions.children(shape.kind)[str(shape.performer)].element.is_list
        own[shape.performer] = [given["subject"]] if is_list else given["subject"]
    for name, value in own.items():
        if name and value:  # whom it is about stands before others in the same list
            request[name] = [*value, *request.get(name, ())] if isinstance(value, list) else value
    _name(request, shape, activity, intent)
    return _in_order(request)


@record
class _Alike:
    """The form in which a request is written, whoever it is about, and what it lacks."""

    form: Form
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class _Described:
    """What a definition and its action say of every request made of them, whoever it is about.

    `along` is what goes with it, `by_patient` whether the patient performs it, `alike` are such requests, by intent and
    by the names of what is given in a call.
    """

    shape: Shape | None
    carried: Resource
    problem: Issue | None = None
    lost: tuple[Issue, ...] = ()
    along: tuple[Resource, ...] = ()
    by_patient: bool = False
    alike: dict[tuple[str, tuple[str, ...]], _Alike] = field(default_factory=dict)


@kept
def _described(said: Said) -> _Described:
    definition = localised(_merged(said.artifact.resource, said.action), said.language)
    shape = SHAPES.get(kind_of(definition))
    problem = _refusal(said, definition, shape)
    if shape is None or problem:
        return _Described(shape, {}, problem)
    carried: Resource = {}
    for name, carry in shape.carried.items():
        if name in definition:
            _merge(carried, carry(definition[name]))
    for each in (*definition.get("extension", ()), *definition.get("modifierExtension", ())):
        if each.get("url") in shape.extended:
            _merge(carried, shape.extended[each["url"]](each))
    if "profile" in definition:
        carried["meta"] = {"profile": [definition["profile"]]}
    carried, along, missing = taken_along(said.artifact, definition.get("contained"), carried)
    told = {"name": said.artifact.canonical}
    gone = [omitted("reference-missing", said.path, severity="warning", reference=each, **told) for each in missing]
    lost = [*placeless(said, definition, shape), *without_others(said, carried, shape), *gone]
    by_patient = shape.performer is not None and any(map(is_patient, definition.get("participant", ())))
    return _Described(shape, carried, lost=tuple(lost), along=tuple(along), by_patient=by_patient)


def _merged(definition: Resource, action: Resource) -> Resource:
    """Return the definition with what the action says of it: text, code, timing and participants override."""
    if not action:
        return definition
    merged = dict(definition)
    if "description" in action:  # whose words are not those that translate the definition's
        merged.pop("_description", None)
    for name in ("description", "_description", "participant", "reason"):
        if name in action:
            merged[name] = action[name]
    if len(action.get("code", ())) == 1:
        merged["code"] = action["code"][0]
    timing = {name: action[name] for name in TIMINGS if name in action}
    if timing:
        merged = {name: value for name, value in merged.items() if name not in TIMINGS} | timing
    return merged


def _refusal(said: Said, definition: Resource, shape: Shape | None) -> Issue | None:
    """Return why no request can be made at all."""
    name = said.artifact.canonical
    if shape is None:
        return omitted("activity-kind", said.path, name=name, kind=kind_of(definition), known=sorted(SHAPES))
    if barrier := barred(definition, said.path, name):
        return barrier
    if "transform" in definition:
        return omitted("transform", said.path, name=name, map=definition["transform"])
    if shape.needs and not any(each in definition for each in shape.needs):
        return omitted("activity-empty", said.path, name=name, kind=shape.kind, needs=shape.needs)
    return None


def _merge(request: Resource, elements: Resource) -> None:
    """Put elements into a request; a timing joins the dosages that are there already."""
    for name, value in elements.items():
        held = request.get(name)
        if name == "dosageInstruction" and held:
            request[name] = [{**value[0], **dosage} for dosage in held]
        else:
            request[name] = value
        if name == "medicationReference":
            request.pop("medicationCodeableConcept", None)
        elif name == "codeReference":
            request.pop("codeCodeableConcept", None)
        elif name == "participant":  # of an Appointment, its location and those who take part
            request[name] = [*(held or ()), *value]


def _name(request: Resource, shape: Shape, activity: AppliedActivity, intent: str) -> None:
    """Say what the request comes from, and that it is a proposal."""
    canonical = str(activity.artifact.canonical)
    if shape.has_intent:
        request["intent"] = intent
    if shape.instantiates in ("one", "list"):
        request["instantiatesCanonical"] = canonical if shape.instantiates == "one" else [canonical]
    else:
        named = {"url": shape.instantiates, "valueCanonical": canonical}
        request["extension"] = [named, *request.get("extension", ())]


def _incomplete(activity: AppliedActivity, request: Resource) -> Iterator[Issue]:
    """Yield a warning for each element that R4 requires and nothing said: it is for the reader to add."""
    kind = request["resourceType"]
    for element in lacking(request, kind):
        told = {"name": activity.artifact.canonical, "element": element, "kind": kind}
        yield omitted("request-incomplete", activity.path, severity="warning", **told)


@cache
def _places(kind: str) -> dict[str, int]:
    return {key: place for place, key in enumerate(("resourceType", *definitions.children(kind)))}


def _in_order(request: Resource) -> Resource:
    """Return the request with its elements in the order of the specification."""
    places = _places(request["resourceType"])
    return {name: request[name] for name in sorted(request, key=lambda each: places.get(each.lstrip("_"), len(places)))}
