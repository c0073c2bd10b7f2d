"""What a card rests on in the record: the data that decided its rule, by name and date.

CDS Hooks wants a card to say why it is shown (https://cds-hooks.hl7.org/2.0/#card-attributes). The conditions of a
rule that fires are evaluated once more, with the evidence that decides them; no other rule's are. What the record
says is written so that markdown shows it as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from publisher import wording
from publisher.apply.inputs import Inputs
from publisher.apply.logic import Logic
from publisher.explanation import codings_in, date_of
from publisher.expression.evaluation import Evaluation
from publisher.expression.evidence import Consulted, Matched
from publisher.expression.values import ValueSet
from publisher.language import designation
from publisher.results import result_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.apply.knowledge import Knowledge
    from publisher.apply.tree import Judged
    from publisher.card_rules import Part, Rule
    from publisher.expression.definition import Outcome
    from publisher.expression.requirements import Requirement
    from publisher.expression.values import Code
    from publisher.repository import Resource

MOST_DATA = 8
_LONGEST = 60
_BY_CODE = 3  # the parts of a key of `retrieved` that names type and element, codes, and how they are compared
# What markdown reads inside a line; a colon, an @ and `www.` make links of words.
_MARKS = re.compile(r"([\\`*_{}\[\]|~:@]|(?<=www)\.)", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(-\d\d){0,2}")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ABOUT = ("code", "medicationCodeableConcept")
# A name would tell nothing that the type does not: who the patient is, and answers whose questions stand elsewhere.
_UNNAMED = ("Patient", "QuestionnaireResponse")


def explaining(env: Evaluation) -> Evaluation:
    """Return an evaluation of the same data that keeps evidence, and need not look for what `env` found."""
    again = Evaluation(env.context, env.terminology, parameters=env.parameters, now=env.now, explains=True)
    again.coded, again.times = env.coded, env.times
    again.retrieved.update({key: found for key, found in env.retrieved.items() if isinstance(key, tuple)})
    return again


class Grounds:
    """Says what the rules of one call rest on."""

    def __init__(self, knowledge: Knowledge, env: Evaluation, language: str) -> None:
        """Take the evaluation to explain with (see `explaining`)."""
        self._logic = Logic(knowledge, env, Inputs("Patient", language))
        self._language = language

    def sentence(self, rule: Rule) -> str | None:
        """Return the sentence on the data behind a rule, or None where it rests on no record."""
        names = list(dict.fromkeys(name for part in rule.placed for name in self._names(part)))
        return said(names, self._language) if names else None

    def _names(self, part: Part) -> Iterator[str]:
        for judged in part.action.decision.conditions:
            if self._may_find(judged.needs):
                evidence = self._outcome(judged, part).evidence
                matched = [each for each in evidence if isinstance(each, Matched)]
                for each in evidence:
                    if isinstance(each, Consulted):
                        yield self.name(each.resource, matched)

    def _outcome(self, judged: Judged, part: Part) -> Outcome:
        if judged.definition is not None:
            return judged.definition.evaluate(self._logic.env)
        return self._logic.outcome(judged.expression, part.plan, {}, action=part.action.action)

    def _may_find(self, needs: tuple[Requirement, ...]) -> bool:
        """Return whether a condition may rest on a record: one of its retrieves found something, or it reads drafts."""
        env = self._logic.env
        return bool(env.parameters) or not needs or not env.retrieved or any(map(self._is_found, needs))

    def _is_found(self, need: Requirement) -> bool:
        if need.value_set is None and not need.codes:
            return bool(self._logic.env.context.supply(need.type).resources)
        return (need.type, need.value_set, need.codes) in self._found

    @cached_property
    def _found(self) -> set[tuple[str, str | None, tuple[Code, ...]]]:
        """Return the retrieves by code that found something."""
        found = set()
        for key, resources in self._logic.env.retrieved.items():
            if resources and isinstance(key, tuple) and len(key) == _BY_CODE:
                (kind, _), wanted, _ = key
                is_set = isinstance(wanted, ValueSet)
                found.add((kind, wanted.id if is_set else None, () if is_set else tuple(wanted)))
        return found

    def name(self, resource: Resource, matched: list[Matched]) -> str:
        """Return what a record is called, what a result says, and its date: `a name (2 mmol/L, low, 2026-10-01)`."""
        kind = str(resource["resourceType"])
        name = None if kind in _UNNAMED else self._words(resource, matched)
        date = _DATE.match(date_of(resource) or "")
        parts = [escaped(each) for each in (*result_words(resource, self._language), date[0] if date else None) if each]
        shown = escaped(name) if name else wording.data_name(kind, self._language)
        return f"{shown} ({', '.join(parts)})" if parts else shown

    def _words(self, resource: Resource, matched: list[Matched]) -> str | None:
        """Return the record's own words for what counted, else those of the value set, else the code.

        What a record is about comes before what it gives as a reason, whatever order they are written in.
        """
        about = [resource[name] for name in _ABOUT if name in resource]
        codings = list(codings_in(about, matched)) or list(codings_in(resource, matched))
        found = chain(
            (coding.get("display") for coding, _ in codings),
            (value.get("text") for value in resource.values() if isinstance(value, dict)),
            (self._display(each) or each.code.code for _, each in codings),
        )
        return next((each for each in found if isinstance(each, str) and each.strip()), None)

    def _display(self, each: Matched) -> str | None:
        value_set = self._logic.knowledge.repository.resolve(each.value_set) if each.value_set else None
        contains: Any = value_set.resource.get("expansion", {}).get("contains", ()) if value_set else ()
        for one in contains:
            if (one.get("system"), one.get("code")) == (each.code.system, each.code.code):
                return designation(one, self._language)
        return each.code.display


def said(names: list[str], language: str) -> str:
    """Return the sentence that lists the data, no more of them than a reader takes in."""
    more = len(names) - MOST_DATA
    rest = wording.say("more-data", language, count=str(more)) if more > 0 else ""
    # names of problems have commas in them
    return wording.say("grounds", language, data="; ".join(names[:MOST_DATA]) + rest)


def escaped(text: str, longest: int = _LONGEST) -> str:
    """Return what a record says as one line that markdown shows as it stands and HTML does not run."""
    if not text.isprintable():
        text = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)
    plain = " ".join(text.split())
    plain = plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
    return _MARKS.sub(r"\\\1", plain).translate(_ENTITIES)
