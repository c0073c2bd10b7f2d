"""The coverage of a topic as text for people, and as JSON for programs; both say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from publisher.proof.coverage import Coverage
    from publisher.proof.independence import Independence

NONE = "NONE"
REMEDIES: Final = {
    "statement": "carry it in an artifact, or waive it in topic.yaml",
    "value": "add a patient for whom it comes to this",
    "mcdc": "add two patients between whom the last named alone makes the difference",
    "rule": "add a patient for whom the action comes to this",
    "reachable": "no patient can get it; correct the conditions",
    "both-values": "it can be one thing only; correct it",
    "contradiction": "both can apply to one patient; correct the conditions",
    "gate": "it applies though the gate is true; put it below the gate",
    "code": "verify it, and add its row to terminology.csv",
}


def as_json(coverage: Coverage) -> dict[str, Any]:
    """Return the coverage as plain JSON."""
    waived = {one.statement: one.reason for one in coverage.topic.waivers}
    derived = [one.id for one in coverage.topic.statements.values() if one.awaits_clinician]
    return {
        "topic": coverage.topic.id,
        "version": coverage.topic.version,
        "statements": [
            {"id": name, "carriedBy": list(paths)} | ({"waived": waived[name]} if name in waived else {})
            for name, paths in coverage.carried.items()
        ],
        "derivedRules": [{"id": name, "carriedBy": list(coverage.carried[name])} for name in derived],
        "conditions": [
            {
                "name": one.name,
                "cases": {value: list(cases) for value, cases in one.cases.items()},
                "atoms": [_atom(atom) for atom in one.atoms],
            }
            for one in coverage.conditions
        ],
        "otherDefinitions": [
            {"name": one.name, "cases": {value: list(cases) for value, cases in one.cases.items()}}
            for one in coverage.others
        ],
        "rules": [
            {"rule": name, "cases": {state: list(cases) for state, cases in states.items()}}
            for name, states in coverage.rules.items()
        ],
        "truthTables": [
            {"id": one.id, "holds": one.holds, "how": one.how}
            | ({"counterexample": dict(one.counterexample)} if one.counterexample else {})
            for one in coverage.tables
        ],
        "codes": [
            {
                "system": one.system,
                "code": one.code,
                "display": one.display,
                "status": one.status,
                "artifacts": list(one.artifacts),
            }
            for one in coverage.terms
        ],
        "toApprove": coverage.to_approve(),
        "excused": [{"id": one.id, "reason": one.reason} for one in coverage.declared.excuses],
        "missing": coverage.missing,
    }


def _atom(one: Independence) -> dict[str, Any]:
    pairs = {kind: {"cases": list(pair.cases), "how": pair.how} for kind, pair in one.pairs.items() if pair}
    return {"name": one.atom, "pairs": pairs}


def as_text(coverage: Coverage) -> str:
    """Return the coverage as text, part by part."""
    parts = (_statements, _conditions, _atoms, _rules, _tables, _codes, _approval, _missing)
    lines = (line for part in parts for line in part(as_json(coverage)))
    return "".join(f"{line}\n" for line in lines)


def _statements(found: Mapping[str, Any]) -> Iterator[str]:
    statements, derived = found["statements"], found["derivedRules"]
    carried = [one for one in statements if one["carriedBy"]]
    waived = [one for one in statements if "waived" in one]
    yield f"{found['topic']} {found['version']}"
    yield f"statements: {len(carried)} carried and {len(waived)} waived of {len(statements)}"
    yield from (f"  waived {one['id']}: {one['waived']}" for one in waived)
    held = sum(bool(one["carriedBy"]) for one in derived)
    yield f"derived rules: {held} carried of {len(derived)}"


def _conditions(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _reached("conditions that plans name", "name", found["conditions"])
    yield from _reached("other true-or-false definitions", "name", found["otherDefinitions"])


def _rules(found: Mapping[str, Any]) -> Iterator[str]:
    yield from _reached("rules", "rule", found["rules"])


def _reached(title: str, name: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{title}: {len(entries)}, the cases of each"
    for one in entries:
        yield f"  {one[name]}"
        for value, cases in one["cases"].items():
            first = f", such as {cases[0]}" if cases else ""
            yield f"    {value:<12} {len(cases) or NONE}{first}"


def _atoms(found: Mapping[str, Any]) -> Iterator[str]:
    entries = [(one, atom) for one in found["conditions"] for atom in one["atoms"]]
    for kind in ("decided", "undetermined"):
        shown = sum(kind in atom["pairs"] for _, atom in entries)
        yield f"atoms that decide by themselves (MC/DC), {kind}: {shown} of {len(entries)}"
    for one, atom in entries:
        pairs = "; ".join(f"{kind} {_pair(atom['pairs'].get(kind))}" for kind in ("decided", "undetermined"))
        yield f"  {one['name']} / {atom['name']}: {pairs}"


def _pair(pair: Mapping[str, Any] | None) -> str:
    return f"{pair['cases'][0]} and {pair['cases'][1]} ({pair['how']})" if pair else NONE


def _tables(found: Mapping[str, Any]) -> Iterator[str]:
    tables = found["truthTables"]
    yield f"truth tables: {sum(one['holds'] for one in tables)} of {len(tables)} hold"
    for one in tables:
        verdict = "holds" if one["holds"] else "FAILS"
        shown = ", ".join(f"{name} {state}" for name, state in one.get("counterexample", {}).items())
        yield f"  {verdict} {one['id']} ({one['how']}){f': {shown}' if shown else ''}"


def _codes(found: Mapping[str, Any]) -> Iterator[str]:
    codes = found["codes"]
    counts = {status: sum(one["status"] == status for one in codes) for status in sorted({c["status"] for c in codes})}
    yield f"codes: {len(codes)} in use ({', '.join(f'{count} {status}' for status, count in counts.items())})"
    for one in codes:
        yield f"  {one['status']:<13} {one['system']}#{one['code']} {one['display']} ({', '.join(one['artifacts'])})"


def _approval(found: Mapping[str, Any]) -> Iterator[str]:
    entries = found["toApprove"]
    kinds = list(dict.fromkeys(one["kind"] for one in entries))
    counts = [f"{sum(one['kind'] == kind for one in entries)} {kind}" for kind in kinds]
    yield f"to approve: {len(entries)} ({', '.join(counts) or 'nothing'})"
    for one in entries:
        text = one.get("en") or one.get("display") or next(iter(_texts(one).values()), "")
        decision = one.get("decision", {})
        shown = decision.get("en") or next(iter(decision.values()), "")
        yield f"  {one['kind']} {one['id']}: {text}{f' Decision: {shown}' if shown else ''}"


def _texts(entry: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in entry.items() if key not in ("kind", "id") and isinstance(value, str)}


def _missing(found: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"excused {one['id']}: {one['reason']}" for one in found["excused"])
    yield f"missing: {len(found['missing'])}"
    yield from (f"  {name}: {REMEDIES[name.partition('/')[0]]}" for name in found["missing"])
