"""Check what a Library declares of its logic: parameters and data requirements, both ways.

Implements https://hl7.org/fhir/R4/library-definitions.html#Library.dataRequirement and #Library.parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from publisher.validation.artifacts.logic import defs, logic_of, nodes, read_logic
from publisher.validation.nodes import Finding, Node, items, text
from publisher.validation.primitives import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publisher.validation.artifacts.logic import Elm
    from publisher.validation.knowledge import Knowledge

# What a retrieve asks for: a type, and the url of the value set of its codes, if any.
Asked = tuple[str, str | None]


def parameters_are_declared(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the parameters of the logic are listed, and that what is listed is in the logic."""
    elm = logic_of(node.value, knowledge).elm
    listed = [(index, text(one, "name"), one.get("use")) for index, one in items(node.value, "parameter")]
    if elm is None or not listed:
        return
    taken = [text(one, "name") for one in defs(elm, "parameters")]
    given = [text(one, "name") for one in defs(elm, "statements")]
    inputs = [name for _, name, use in listed if use == "in"]
    for name in taken if inputs else ():
        if name not in inputs:
            sentence = f"does not list {shown(name)}, a parameter of the logic; list it"
            yield "library-parameter-undeclared", node.at("parameter"), sentence
    for index, name, use in listed:
        known = {"in": taken, "out": given}.get(str(use))
        if name is not None and known is not None and name not in known:
            kind = "parameter" if use == "in" else "definition"
            place = (node.at("parameter", index), ".name")
            yield "library-parameter-unknown", place, f"{shown(name)} is no {kind} of the logic; take it out"


def data_are_declared(node: Node, knowledge: Knowledge) -> Iterator[Finding]:
    """Check that the data requirements are what the logic retrieves: nothing is missing, nothing more is asked."""
    elm = logic_of(node.value, knowledge).elm
    if elm is None or "dataRequirement" not in node.value:
        return
    listed = [one for index, each in items(node.value, "dataRequirement") for one in _listed(index, each)]
    own = dict.fromkeys(_retrieved(elm))
    covered = {(kind, url) for _, kind, url in listed}
    for kind, url in own:
        if not {(kind, None), (kind, url)} & covered and kind != "Patient":
            what = f"{kind} with a code of {url}" if url and (kind in {each for _, each, _ in listed}) else kind
            sentence = f"does not list {what}, which the logic reads; list it"
            yield "library-data-undeclared", node.at("dataRequirement"), sentence
    every = _with_included(elm, own, knowledge)
    if every is None:
        return
    for index, kind, url in listed:
        if kind != "Patient" and (kind, url) not in every and (url or kind not in {each for each, _ in every}):
            what = f"{kind} with a code of {url}" if url else kind
            place = node.at("dataRequirement", index)
            yield "library-data-unread", place, f"asks for {what}, which the logic does not read; take it out"


def _retrieved(elm: Elm) -> Iterator[Asked]:
    """Yield what each retrieve of a library asks for."""
    urls = {text(one, "name"): _bare(text(one, "id")) for one in defs(elm, "valueSets")}
    for node in nodes(elm.get("statements")):
        kind = text(node, "dataType")
        if node.get("type") == "Retrieve" and kind is not None:
            references = [one for one in nodes(node.get("codes")) if one.get("type") == "ValueSetRef"]
            named = references[0] if references else {}
            yield kind.rpartition("}")[2], urls.get(text(named, "name")) if "libraryName" not in named else None


def _listed(index: int, requirement: dict[str, Any]) -> Iterator[tuple[int, str, str | None]]:
    kind = text(requirement, "type")
    sets = [_bare(text(one, "valueSet")) for _, one in items(requirement, "codeFilter") if "valueSet" in one]
    if kind is not None:
        yield from ((index, kind, url) for url in sets or [None])


def _with_included(elm: Elm, own: Iterable[Asked], knowledge: Knowledge) -> set[Asked] | None:
    """Return what a library retrieves of its `own`, and those it includes; None where one of them is not at hand."""
    found, pending, seen = set(own), [elm], set()
    while pending:
        for one in defs(pending.pop(), "includes"):
            name = str(text(one, "path")).rpartition("/")[2]
            if name == "FHIRHelpers" or name in seen:
                continue
            seen.add(name)
            held = knowledge.remembered("logic by name", name, _included)
            if held is None:
                return None
            found |= held[1]
            pending.append(held[0])
    return found


def _included(name: str, knowledge: Knowledge) -> tuple[Elm, set[Asked]] | None:
    """Return the logic of a library that another includes, and what it retrieves."""
    library = knowledge.library_named(name)
    elm = read_logic(library).elm if library is not None else None
    return (elm, set(_retrieved(elm))) if elm is not None else None


def _bare(canonical: str | None) -> str | None:
    return canonical.partition("|")[0] if canonical is not None else None
