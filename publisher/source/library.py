"""Fill a logic library from its CQL and ELM: content, dependencies, parameters, data requirements.

Implements https://hl7.org/fhir/R4/library.html and the rules for CQL libraries of
https://hl7.org/fhir/uv/cql/using-cql.html (https://cql.hl7.org/04-logicalspecification.html names the ELM).
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from publisher.elm import CQL, ELM_JSON, elm_of, nodes_of, public_definitions, titles_in
from publisher.issue import Issue, Source
from publisher.source.cql import stale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from publisher.repository import Resource
    from publisher.source.terminology import Concept

    ConceptOf = Callable[[str, str], Concept | Issue]

MODEL_INFO = "http://fhir.org/guides/cqf/common/Library/FHIR-ModelInfo|4.0.1"
FHIR_HELPERS = "http://hl7.org/fhir/Library/FHIRHelpers|4.0.1"

_QUALIFIED = re.compile(r"\{(?P<model>[^}]*)\}(?P<name>\w+)")
_SYSTEM_TYPES = {
    "Boolean": "boolean",
    "Integer": "integer",
    "Decimal": "decimal",
    "String": "string",
    "Date": "date",
    "DateTime": "dateTime",
    "Time": "time",
    "Quantity": "Quantity",
    "Ratio": "Ratio",
    "Code": "Coding",
    "Concept": "CodeableConcept",
}
_INTERVALS = {"DateTime": "Period", "Quantity": "Range"}


def fill(
    library: Resource, cql: Path, pin: Callable[[str], str], concept: ConceptOf, *, languages: Sequence[str] = ()
) -> tuple[Resource, list[Issue]]:
    """Return `library` with what its CQL and ELM say.

    `pin` adds our version to an address of ours; `concept` returns the concept of a code, or why it may not be written.
    A definition that has a title has it in each of `languages`.
    """
    elm = cql.with_suffix(".elm.json")
    if not cql.is_file():
        diagnostics = f"{cql.name} is missing; write the logic that {library['id']} stands for."
        return library, [Issue.error("not-found", "cql-missing", diagnostics, expression="Library")]
    issue = stale(cql, elm)
    if issue:
        return library, [issue]
    text, translation = cql.read_bytes().replace(b"\r\n", b"\n"), elm.read_bytes().replace(b"\r\n", b"\n")
    attachments = [_attachment(CQL, text), _attachment(ELM_JSON, translation)]
    content = elm_of({"content": attachments}) or {}
    issues = [
        *_identity_issues(library, content, cql),
        *_code_issues(content, cql, concept),
        *_title_issues(content, cql, languages),
    ]
    computed = {
        "parameter": [*_parameters(content), *_definitions(content)],
        "dataRequirement": _unique(_data_requirements(content, pin, concept)),
    }
    filled = {**{key: one for key, one in computed.items() if one}, **library}
    if depends_on := [{"type": "depends-on", "resource": one} for one in _dependencies(content, pin)]:
        filled["relatedArtifact"] = [*library.get("relatedArtifact", ()), *depends_on]
    filled["content"] = attachments
    return filled, issues


def _identity_issues(library: Resource, elm: Resource, cql: Path) -> Iterator[Issue]:
    identifier = elm.get("identifier", {})
    wanted = (library["id"], library.get("version"))
    if (identifier.get("id"), identifier.get("version")) != wanted:
        diagnostics = (
            f"The CQL is library {identifier.get('id')} version {identifier.get('version')}, "
            f"the artifact {wanted[0]} version {wanted[1]}; make them the same and run `vademecum compile --cql`."
        )
        yield Issue.error("conflict", "library-identity", diagnostics, source=Source(str(cql)))


def _code_issues(elm: Resource, cql: Path, concept: ConceptOf) -> Iterator[Issue]:
    """Yield why a code that the CQL names may not be written, or is called something else there."""
    for one in _defs(elm, "codes"):
        source = _place(one, cql)
        system = _system_of(one, elm)
        if system is None:
            text = f"The code '{one['name']}' is of a code system that another library names; name it in this one too."
            yield Issue.error("code-invalid", "system-unknown", text, source=source)
            continue
        found = concept(system, one["id"])
        if isinstance(found, Issue):
            yield found.at(source)
        elif one.get("display", found.display) != found.display:
            diagnostics = f"{found.code} is called '{found.display}', not '{one['display']}'; leave display out."
            yield Issue.error("code-invalid", "display-differs", diagnostics, source=source)


def _title_issues(elm: Resource, cql: Path, languages: Sequence[str]) -> Iterator[Issue]:
    """Yield in which language the title of a definition is missing, where it has one in another."""
    for one in public_definitions(elm):
        titles = titles_in(one)
        for language in languages if titles else ():
            if language not in titles:
                advice = (
                    f"add `// @title_{language}: ...` to the comment right above it, and run `vademecum compile --cql`"
                )
                diagnostics = f"The title of the definition '{one['name']}' is missing in '{language}'; {advice}."
                yield Issue.error("required", "language-missing", diagnostics, source=_place(one, cql))


def _place(one: Resource, cql: Path) -> Source:
    """Return where in the CQL a part of its ELM stands."""
    line, _, column = str(one.get("locator", "1:1")).partition("-")[0].partition(":")
    return Source(str(cql), int(line), int(column))


def _system_of(code: Resource, elm: Resource) -> str | None:
    """Return the address of a code's system, None where another library names it."""
    named = code["codeSystem"]
    own = {} if "libraryName" in named else {one["name"]: str(one["id"]) for one in _defs(elm, "codeSystems")}
    return own.get(named["name"])


def _attachment(content_type: str, data: bytes) -> dict[str, str]:
    return {"contentType": content_type, "data": base64.b64encode(data).decode("ascii")}


def _dependencies(elm: Resource, pin: Callable[[str], str]) -> list[str]:
    found = [MODEL_INFO] if any(one.get("localIdentifier") == "FHIR" for one in _defs(elm, "usings")) else []
    for one in _defs(elm, "includes"):
        name = one["path"].rpartition("/")[2]
        found.append(FHIR_HELPERS if name == "FHIRHelpers" else pin(f"Library/{name}"))
    for section in ("codeSystems", "valueSets"):
        found += [_pinned(one, pin) for one in _defs(elm, section)]
    return list(dict.fromkeys(found))


def _pinned(one: Resource, pin: Callable[[str], str]) -> str:
    return f"{one['id']}|{one['version']}" if one.get("version") else pin(one["id"])


def _parameters(elm: Resource) -> Iterator[dict[str, Any]]:
    for one in _defs(elm, "parameters"):
        if one.get("accessLevel", "Public") == "Public":
            kind = _fhir_type(one.get("parameterTypeSpecifier") or _result_type(one))
            if kind:
                yield {"name": one["name"], "use": "in", "min": 0, "max": kind[1], "type": kind[0]}


def _definitions(elm: Resource) -> Iterator[dict[str, Any]]:
    for one in public_definitions(elm):
        kind = _fhir_type(_result_type(one))
        if kind:
            yield {"name": one["name"], "use": "out", "min": 0, "max": kind[1], "type": kind[0]}


def _result_type(one: Resource) -> Resource:
    if "resultTypeName" in one:
        return {"type": "NamedTypeSpecifier", "name": one["resultTypeName"]}
    specifier: Resource = one.get("resultTypeSpecifier", {})
    return specifier


def _fhir_type(specifier: Resource) -> tuple[str, str] | None:
    """Return the FHIR type and maximum of a CQL type, or None where FHIR has no simple one."""
    kind = specifier.get("type")
    if kind == "ListTypeSpecifier":
        item = _fhir_type(specifier["elementType"])
        return (item[0], "*") if item and item[1] == "1" else None
    name = specifier.get("name", "")
    if kind == "IntervalTypeSpecifier":
        name = specifier["pointType"].get("name", "")
    match = _QUALIFIED.fullmatch(name)
    if match is None:
        return None
    table = _INTERVALS if kind == "IntervalTypeSpecifier" else _SYSTEM_TYPES
    found = match["name"] if match["model"] == "http://hl7.org/fhir" else table.get(match["name"])
    return (found, "1") if found else None


def _data_requirements(elm: Resource, pin: Callable[[str], str], concept: ConceptOf) -> Iterator[dict[str, Any]]:
    for retrieve in _retrieves(elm):
        match = _QUALIFIED.fullmatch(retrieve["dataType"])
        requirement: dict[str, Any] = {"type": match["name"] if match else retrieve["dataType"]}
        if retrieve.get("templateId"):
            requirement["profile"] = [retrieve["templateId"]]
        code_filter = _code_filter(retrieve, elm, pin, concept)
        if code_filter:
            requirement["codeFilter"] = [code_filter]
        yield requirement


def _code_filter(
    retrieve: Resource, elm: Resource, pin: Callable[[str], str], concept: ConceptOf
) -> dict[str, Any] | None:
    path = retrieve.get("codeProperty")
    named_here = (one for one in nodes_of(retrieve.get("codes", {})) if "libraryName" not in one)
    references = [one for one in named_here if one.get("type") in ("ValueSetRef", "CodeRef")]
    if not path or not references:
        return None
    if references[0]["type"] == "ValueSetRef":
        value_set = {one["name"]: one for one in _defs(elm, "valueSets")}.get(references[0]["name"])
        return {"path": path, "valueSet": _pinned(value_set, pin)} if value_set else None
    codes = {one["name"]: one for one in _defs(elm, "codes")}
    named = [codes[one["name"]] for one in references if one["name"] in codes]
    coding = [_coding(one, system, concept) for one in named if (system := _system_of(one, elm))]
    return {"path": path, "code": coding} if coding else None


def _coding(code: Resource, system: str, concept: ConceptOf) -> dict[str, str]:
    """Return a code that the CQL names, called as the terminology calls it."""
    found = concept(system, code["id"])
    display = None if isinstance(found, Issue) else found.display
    return {"system": system, "code": code["id"], **({"display": display} if display else {})}


def _retrieves(elm: Resource) -> Iterator[Resource]:
    return (node for node in nodes_of(elm.get("statements", {})) if node.get("type") == "Retrieve")


def _defs(elm: Resource, section: str) -> list[Resource]:
    found: list[Resource] = elm.get(section, {}).get("def", [])
    return found


def _unique(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({json.dumps(one, sort_keys=True): one for one in rows}.values())
