"""What was expected of a worked patient against what came: every difference is an issue at its place in the file.

Expectations are complete: what is not listed must not come. The languages must agree in all but their words.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from publisher.issue import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from publisher.cases.case import Case
    from publisher.cases.finding import Answer, Found, Made

OK = 200
# What is compared: the word for it, and the rules for one that did not come and one that should not have.
CARDS = ("card", "case-card-missing", "case-card-unexpected")
ACTIONS = ("action", "case-action-missing", "case-action-unexpected")


def differences(found: Found) -> Iterator[Issue]:
    """Yield an issue for each difference between what a case expects and what came of it."""
    case, answer = found.case, found.answer
    wanted = case.expect.get("status", OK)
    if answer.status != wanted:
        yield _issue(case, "expect.status", "case-status", "the status", (wanted, _status(answer)))
        return
    yield from _missing(case, answer)
    if wanted == OK:
        yield from _results(found)
        yield from _undecided(found)
        yield from _unrecognised(found)
    yield from _absent(found)
    yield from _languages(found)


def _missing(case: Case, answer: Answer) -> Iterator[Issue]:
    wanted = case.expect.get("missing", [])
    if set(wanted) != set(answer.missing):
        yield _issue(case, "expect.missing", "case-missing-keys", "the missing keys", (wanted, answer.missing))


def _results(found: Found) -> Iterator[Issue]:
    """Yield what differs in the cards of a hook, or in the actions of a plan that apply."""
    case = found.case
    kind = "cards" if case.hook else "actions"
    wanted: Sequence[Mapping[str, Any]] = case.expect.get(kind, [])
    made = {one.action: one for one in found.answer.made}
    yield from _order(case, kind, [one["action"] for one in wanted], [one.action for one in found.answer.made])
    for index, one in enumerate(wanted):
        if one["action"] in made:
            yield from _result(found, one, made[one["action"]], f"expect.{kind}[{index}]")


def _order(case: Case, kind: str, wanted: list[str], came: list[str]) -> Iterator[Issue]:
    word, missing, unexpected = CARDS if case.hook else ACTIONS
    for index, action in enumerate(wanted):
        if action not in came:
            listed = _listed(came) if came else f"no {word}"
            text = f"{case.id}: expected the {word} '{action}', and it did not come; found {listed}."
            yield Issue.error("not-found", missing, text, source=case.at(f"expect.{kind}[{index}]"))
    for action in came:
        if action not in wanted:
            text = f"{case.id}: found the {word} '{action}', which is not expected; list it, or correct the rule."
            yield Issue.error("conflict", unexpected, text, source=case.at(f"expect.{kind}"))
    if set(wanted) == set(came) and wanted != came:
        yield _issue(case, f"expect.{kind}", "case-order", f"the {kind} in order", (wanted, came))


def _result(found: Found, wanted: Mapping[str, Any], made: Made, path: str) -> Iterator[Issue]:
    case, about = found.case, f"of '{made.action}'"
    statements = wanted["statements"]
    if statements != list(made.statements):
        place = f"{path}.statements"
        yield _issue(case, place, "case-statements", f"statements {about}", (statements, made.statements))
    if wanted.get("indicator", made.indicator) != made.indicator:
        place = f"{path}.indicator"
        yield _issue(case, place, "case-indicator", f"the indicator {about}", (wanted["indicator"], made.indicator))
    for language, text in _asked(found, wanted.get("summary", {})):
        said = [one.summary for one in found.answers[language].made if one.action == made.action]
        if said != [text]:
            yield _issue(case, f"{path}.summary.{language}", "case-summary", f"the summary {about}", (text, said))
    if "suggestions" in wanted:
        pairs = [pair for one in wanted["suggestions"] for pair in one.items()]
        if pairs != list(made.suggestions):
            place, came = f"{path}.suggestions", _pairs(made.suggestions)
            yield _issue(case, place, "case-suggestions", f"suggestions {about}", (_pairs(pairs), came))


def _undecided(found: Found) -> Iterator[Issue]:
    case, came = found.case, found.undecided()
    wanted = {one["action"]: (index, one) for index, one in enumerate(case.expect.get("undecided", []))}
    for action in (one for one in came if one not in wanted):
        text = f"{case.id}: '{action}' cannot be decided ({_because(came[action])}), which is not expected."
        yield Issue.error("conflict", "case-undecided-unexpected", text, source=case.at("expect"))
    for action, (index, one) in wanted.items():
        path = f"expect.undecided[{index}]"
        if action not in came:
            text = f"{case.id}: expected '{action}' to be undecided, and it was decided; correct the case or the rule."
            yield Issue.error("not-found", "case-undecided-missing", text, source=case.at(path))
            continue
        if set(one.get("because", ())) != set(came[action]):
            about = f"what leaves '{action}' open"
            yield _issue(case, path, "case-because", about, (_because(one.get("because", ())), _because(came[action])))
        yield from _line(found, one, path)


def _line(found: Found, wanted: Mapping[str, Any], path: str) -> Iterator[Issue]:
    for language, text in _asked(found, wanted.get("line", {})):
        lines = found.answers[language].lines
        if text not in lines:
            yield _issue(found.case, f"{path}.line.{language}", "case-line", "a line to find out", (text, lines))


def _asked(found: Found, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the texts in the languages that were asked in."""
    return [(language, text) for language, text in texts.items() if language in found.answers]


def _unrecognised(found: Found) -> Iterator[Issue]:
    wanted = {one["valueSet"]: one["count"] for one in found.case.expect.get("unrecognised", [])}
    came = found.unrecognised()
    if wanted != came:
        about = "items that no code system explains"
        yield _issue(found.case, "expect.unrecognised", "case-unrecognised", about, (_counts(wanted), _counts(came)))


def _absent(found: Found) -> Iterator[Issue]:
    absent = found.case.expect.get("absent", {})
    came = {*(one.action for one in found.answer.made), *found.undecided()}
    for index, action in enumerate(absent.get("actions", ())):
        if action in came:
            text = f"{found.case.id}: '{action}' must appear nowhere, and it came."
            yield Issue.error("conflict", "case-absent", text, source=found.case.at(f"expect.absent.actions[{index}]"))
    for index, word in enumerate(absent.get("words", ())):
        written = json.dumps(word, ensure_ascii=False)[1:-1].lower()  # as the answer is
        said = [language for language, answer in found.answers.items() if written in answer.words]
        if said:
            text = f"{found.case.id}: '{word}' must appear nowhere, and it stands in the answer in {_listed(said)}."
            yield Issue.error("conflict", "case-absent", text, source=found.case.at(f"expect.absent.words[{index}]"))


def _languages(found: Found) -> Iterator[Issue]:
    """Yield where an answer in another language differs in more than words."""
    (first, answer), *others = found.answers.items()
    for language, other in others:
        if (answer.status, answer.made, answer.missing) != (other.status, other.made, other.missing):
            came = [one.action for one in other.made] or _status(other)
            expected = [one.action for one in answer.made] or _status(answer)
            about = f"the structure in {language} as in {first}"
            yield _issue(found.case, "", "case-language", about, (expected, came))
        elif len(answer.lines) != len(other.lines):
            about = f"as many lines to find out in {language} as in {first}"
            yield _issue(found.case, "", "case-language", about, (answer.lines, other.lines))


def _issue(case: Case, part: str, rule: str, about: str, pair: tuple[Any, Any]) -> Issue:
    """Return an issue that says what was expected and what was found."""
    expected, came = pair
    text = f"{case.id}: {about}: expected {_listed(expected)}, found {_listed(came)}."
    return Issue.error("value", rule, text, source=case.at(part))


def _listed(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _status(answer: Answer) -> str:
    keys = f" (missing: {_listed(answer.missing)})" if answer.missing else ""
    return f"{answer.status}{keys}"


def _because(keys: Iterable[str]) -> str:
    return _listed(tuple(keys)) if keys else "the record leaves it open"


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{what} {name}" for what, name in pairs]


def _counts(counts: Mapping[str, int]) -> list[str]:
    return [f"{name} {count}" for name, count in counts.items()]
