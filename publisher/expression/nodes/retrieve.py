"""Retrieve: the data of the patient, by type, code and date.

https://cql.hl7.org/04-logicalspecification.html#retrieve. What was supplied decides whether the list may hold more.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from publisher.expression import interval
from publisher.expression.causes import Cause
from publisher.expression.compiler import Expr, NotSupportedError, depth, node
from publisher.expression.evidence import matched, traced
from publisher.expression.fhir_helpers import to_interval
from publisher.expression.interval import Interval
from publisher.expression.nodes.intervals import related
from publisher.expression.nodes.terminology import is_member
from publisher.expression.specifiers import local_name
from publisher.expression.values import Code, ValueSet, choice_element, codes_of, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from publisher.expression.causes import Tracked
    from publisher.expression.compiler import Frame, Node, Scope
    from publisher.expression.evaluation import Evaluation
    from publisher.expression.requirements import Requirement
    from publisher.expression.terminology import Expansion

CODED = ("CodeableConcept", "Coding", "code", "string")
DATED = ("dateTime", "Period", "instant", "date", "Timing")
# Where each type is coded when the retrieve does not say: https://hl7.org/fhir/uv/cql/patterns.html#retrieves.
DEFAULT_CODE = {"MedicationRequest": "medication", "Encounter": "type", "Medication": "code"}

# Types whose resources are about no patient: what was supplied of them is what there is in any context.
OF_NO_PATIENT = frozenset({"Device", "Location", "Medication", "Organization", "Practitioner", "PractitionerRole"})

_UNSUPPORTED = ("contextProperty", "include", "idProperty", "codeFilter", "dateFilter", "otherFilter")


@node("Retrieve")
def retrieve(scope: Scope, elm: Node) -> Expr:
    """Return the patient's resources of a type, those whose code and date are among those asked for."""
    for unsupported in _UNSUPPORTED:
        if elm.get(unsupported):
            raise NotSupportedError(f"a retrieve with {unsupported} at {elm.get('locator', '?')} is not supported")
    resource_type = local_name(elm["dataType"])
    code_path = code_path_of(elm)
    codes = scope.compile(elm["codes"]) if elm.get("codes") else None
    dates = scope.compile(elm["dateRange"]) if elm.get("dateRange") else None
    date_path = elm.get("dateProperty", "")
    exact = elm.get("codeComparator") == "="
    others = Cause("partial", resource_type) if is_beyond_patient(scope.context, resource_type) else None

    def kept(env: Evaluation, wanted: Any, span: Any) -> list[Any]:
        if codes is None:
            found = list(env.context.supply(resource_type).resources)
            env.charge(len(found))
        else:
            found = _of_codes(env, (resource_type, code_path), wanted, exact=exact)
        if dates is not None:
            found = [each for each in found if _has_date(env, each, date_path, span)]
        return found

    def plain(env: Evaluation, frame: Frame) -> list[Any]:
        return kept(env, codes.plain(env, frame) if codes else None, dates.plain(env, frame) if dates else None)

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        mask = env.missing(resource_type)
        mask |= env.causes.bit(others) if others else 0
        wanted = codes.tracked(env, frame) if codes else (None, 0, None)
        span = dates.tracked(env, frame) if dates else (None, 0, None)
        found, mask = kept(env, wanted[0], span[0]), mask | depth(wanted) | depth(span)
        return (found, mask, explained(env, found, wanted[0])) if env.explains else (found, mask, None)

    def explained(env: Evaluation, found: list[Any], wanted: Any) -> Any:
        """Return the members with the evidence of each: the resource, and its codes that were asked for."""
        if codes is None:
            return traced(env, found)[2]
        return traced(env, found, lambda each: matched(env, element_at(each, code_path, CODED), wanted))[2]

    expression = Expr(plain, tracked)
    return _once(expression) if dates is None and (codes is None or codes.known) else expression


def _once(expression: Expr) -> Expr:
    """Return a retrieve that asks for the same wherever it stands in a loop: its list is kept for the evaluation."""
    node = id(expression)

    def plain(env: Evaluation, frame: Frame) -> Any:
        found = env.retrieved.get(node)
        if found is None:
            found = env.retrieved[node] = expression.plain(env, frame)
        return found

    def tracked(env: Evaluation, frame: Frame) -> Tracked:
        found = env.retrieved.get(~node)
        if found is None:
            found = env.retrieved[~node] = expression.tracked(env, frame)
        return found

    return Expr(plain, tracked, fixed=True)


def is_beyond_patient(context: str | None, resource_type: str) -> bool:
    """Return whether a retrieve asks for the data of all patients, of which those of one were supplied."""
    return context not in (None, "Patient") and resource_type not in OF_NO_PATIENT


def code_path_of(elm: Node) -> str:
    """Return the element that a retrieve compares codes with."""
    return str(elm.get("codeProperty") or DEFAULT_CODE.get(local_name(elm["dataType"]), "code"))


def element_at(resource: Any, path: str, types: tuple[str, ...]) -> Any:
    """Return the element at a path, a choice element by any of the types."""
    value: Any = resource
    for name in path.removesuffix("[x]").split("."):
        value = unwrap(value)
        if isinstance(value, list):
            value = [each[name] for each in value if name in each]
        elif isinstance(value, dict):
            value = value[name] if name in value else choice_element(value, name, types)
    return unwrap(value)


class Coded:
    """The resources of one type by the codes of an element.

    `places` has those of each system and code, `systems` the elements by the systems that their codes are of, `others`
    the places and elements whose codes are not plain to see. `small` has by system the pairs of `places` that are not
    all in capitals. What has no code at all stands for itself among the elements without a system.
    """

    def __init__(self, resources: tuple[Any, ...], path: str) -> None:
        self.resources = resources
        self.places: dict[tuple[Any, Any], list[int]] = {}
        self.systems: dict[frozenset[Any], list[Any]] = {}
        self.others: list[tuple[int, Any]] = []
        self.path = path
        choice = f"{path}CodeableConcept"
        for place, resource in enumerate(resources):
            value = resource.get(path) or resource.get(choice) or element_at(resource, path, CODED)
            pairs = _pairs(value)
            if pairs is None:
                self.others.append((place, value))
            elif value is not None:
                for pair in pairs:
                    self.places.setdefault(pair, []).append(place)
                self.systems.setdefault(frozenset(dict(pairs)), []).append(value)
            elif not any(name.startswith(path.partition(".")[0].removesuffix("[x]")) for name in resource):
                self.systems.setdefault(frozenset(), []).append(resource)
        self.small: dict[Any, list[tuple[Any, Any]]] = {}
        for pair in self.places:
            if str(pair[1]).upper() != pair[1]:
                self.small.setdefault(pair[0], []).append(pair)
        self._unknown: dict[frozenset[str], dict[int, Any]] = {}
        self._known: tuple[int, AbstractSet[tuple[Any, Any]]] = (0, frozenset())

    @cached_property
    def spelt(self) -> dict[tuple[Any, str], list[tuple[Any, Any]]]:
        """The pairs of `places` by what they are in capitals."""
        spelt: dict[tuple[Any, str], list[tuple[Any, Any]]] = {}
        for pair in self.places:
            spelt.setdefault((pair[0], str(pair[1]).upper()), []).append(pair)
        return spelt

    def has(self, env: Evaluation, expansion: Expansion) -> bool:
        """Return whether a code that is plain to see is in a value set; most are in none at all."""
        size, known = self._known
        members = env.terminology.members
        if size != len(members):
            known = self.places.keys() & members
            self._known = (len(members), known)
        return not known.isdisjoint(expansion.members)

    def of(self, pairs: AbstractSet[tuple[Any, Any]], others: Callable[[Any], bool | None]) -> list[Any]:
        """Return the resources with one of these systems and codes, and of the others those that `others` takes."""
        places = {place for pair in self.places.keys() & pairs for place in self.places[pair]}
        places.update(place for place, value in self.others if others(value))
        return [self.resources[place] for place in sorted(places)]

    def tell_unrecognised(self, env: Evaluation, wanted: ValueSet, expansion: Expansion) -> None:
        """Count the elements that have no code of a system that a value set knows, or a misspelt one."""
        found = self._without(expansion.systems)
        if expansion.has_small or not expansion.systems.isdisjoint(self.small):
            found = {**found, **{id(value): value for value in self._misspelt(expansion)}}
        if found:
            before = env.unrecognised.get(wanted.id)
            env.unrecognised[wanted.id] = {**before, **found} if before else found

    def _without(self, systems: frozenset[str]) -> dict[int, Any]:
        """Return the elements that have no code of any of these systems, by identity."""
        found = self._unknown.get(systems)
        if found is None:
            theirs = self.systems.items()
            found = {id(each): each for own, values in theirs if own.isdisjoint(systems) for each in values}
            self._unknown[systems] = found
        return found

    def _misspelt(self, expansion: Expansion) -> Iterator[Any]:
        """Yield the elements with a code that differs from a member in capitals only, and with none that is one.

        Where all members are in capitals, only a code that is not can be one of these.
        """
        if not expansion.has_small:
            pairs = [pair for system in expansion.systems & self.small.keys() for pair in self.small[system]]
        else:
            pairs = [each for spelt in expansion.capitals & self.spelt.keys() for each in self.spelt[spelt]]
        for pair in filter(expansion.misspells, pairs):
            found = (element_at(self.resources[place], self.path, CODED) for place in self.places[pair])
            yield from (each for each in found if not expansion.members & set(_pairs(each) or ()))


def _of_codes(env: Evaluation, at: tuple[str, str], wanted: Any, *, exact: bool) -> list[Any]:
    """Return the resources of a type whose element is in the codes asked for; kept for the next who asks for them."""
    key = (at, wanted if type(wanted) is ValueSet else codes_of(wanted), exact)
    found = env.retrieved.get(key)
    if found is None:
        coded = _coded(env, at)
        if isinstance(wanted, ValueSet):
            found = _members(env, coded, wanted)
        else:
            ours = codes_of(wanted)
            pairs = {(code.system, code.code) for code in ours}
            found = coded.of(pairs, lambda value: _in_codes(value, ours, exact=False))
            if exact:
                found = [each for each in found if _in_codes(element_at(each, at[1], CODED), ours, exact=True)]
        env.charge(len(found) + 1)
        env.retrieved[key] = found
    return found


def finds_nothing(env: Evaluation, need: Requirement) -> bool:
    """Return whether nothing of a requirement is there; not of a type of which a part arrived."""
    known = env.idle.get(id(need))
    if known is None:
        known = env.idle[id(need)] = _finds_nothing(env, need)
    return known


def _finds_nothing(env: Evaluation, need: Requirement) -> bool:
    supply = env.context.supply(need.type)
    if supply.cause or not supply.resources:
        return not supply.resources
    at = (need.type, need.code_path or "")
    if need.value_set:
        coded = _coded(env, at)
        wanted, expansion = env.terminology.named(need.value_set)
        if coded.others or coded.has(env, expansion):
            return not _of_codes(env, at, wanted, exact=False)
        coded.tell_unrecognised(env, wanted, expansion)
        return True
    return bool(need.codes) and not _of_codes(env, at, list(need.codes), exact=False)


def _in_codes(value: Any, wanted: tuple[Code, ...], *, exact: bool) -> bool:
    return any(_agree(one, other, exact=exact) for one in codes_of(value) for other in wanted)


def _members(env: Evaluation, coded: Coded, wanted: ValueSet) -> list[Any]:
    expansion = env.terminology.expansion(wanted)
    found = coded.of(expansion.members, lambda value: is_member(env, value, wanted))
    coded.tell_unrecognised(env, wanted, expansion)
    return found


def _coded(env: Evaluation, at: tuple[str, str]) -> Coded:
    """Return the resources of a type by the codes of an element, read once for an evaluation."""
    coded = env.coded.get(at)
    if coded is None:
        kind, path = at
        resources = env.context.supply(kind).resources
        env.charge(len(resources))
        coded = env.coded[at] = Coded(resources, path)
    return coded


def _pairs(value: Any) -> list[tuple[Any, Any]] | None:
    """Return system and code of the codings of a concept; None where one has no system, or it is no concept."""
    codings = value.get("coding", ()) if isinstance(value, dict) else None
    if codings is None or (value and "coding" not in value and "code" in value):
        return [] if value is None else None
    pairs = []
    for each in codings:
        system = each.get("system")
        if system is None:
            return None
        pairs.append((system, each.get("code")))
    return pairs


def _agree(left: Code, right: Code, *, exact: bool) -> bool:
    """Return whether two codes are equivalent, or with `exact` equal but for the display."""
    if left.code != right.code or (left.system != right.system and left.system is not None):
        return False
    return not exact or right.version is None or left.version in (None, right.version)


def _has_date(env: Evaluation, resource: Any, path: str, span: Any) -> bool:
    """Return whether the date lies within the range, a period wholly; a null range keeps nothing."""
    value = element_at(resource, path, DATED)
    if value is None or span is None:
        return False
    when = value if isinstance(value, str) else to_interval(env, value)
    if not isinstance(when, str | Interval):
        return False
    return related(interval.includes, None)(env, span, when) is True
