"""Reduce StructureDefinitions, SearchParameters and OperationDefinitions to the facts a validator needs.

Reads the snapshots of https://hl7.org/fhir/R4/structuredefinition.html; only constraints keep a sentence.
"""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

_STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
_FHIR_TYPE = _STRUCTURE + "structuredefinition-fhir-type"
_REGEX = _STRUCTURE + "regex"
_BEST_PRACTICE = _STRUCTURE + "elementdefinition-bestpractice"
_MAX_VALUE_SET = _STRUCTURE + "elementdefinition-maxValueSet"
_SYSTEM_TYPES = {"http://hl7.org/fhirpath/System.String": "string"}  # only the id of xhtml lacks a FHIR type
_PROFILED_TYPES = ("SimpleQuantity", "MoneyQuantity")

# What the published 4.0.1 definitions get wrong, and what we put in place.
# dom-3 calls as() on collections, which FHIRPath refuses; the page of Resource says that its id is an `id`;
# the primitive types of R4 themselves put the extension regex on ElementDefinition.type.
PATCHES: list[Row] = [
    {
        "at": "DomainResource#dom-3",
        "from": "%resource.descendants().as(T)",
        "to": "%resource.descendants().ofType(T)",
    },
    {"at": "*.id of resources", "from": "string", "to": "id"},
    {
        "at": "http://hl7.org/fhir/StructureDefinition/regex",
        "from": "context ElementDefinition",
        "to": "context ElementDefinition, ElementDefinition.type",
    },
]
_CONTEXTS_OF_USE = {"http://hl7.org/fhir/StructureDefinition/regex": ["element", "ElementDefinition.type"]}


def is_type(definition: Row) -> bool:
    """Return whether a StructureDefinition defines a type of R4 rather than a profile or a logical model."""
    if definition["kind"] == "logical":
        return False
    return definition.get("derivation") != "constraint" or definition["name"] in _PROFILED_TYPES


def type_rows(definition: Row) -> list[Row]:
    """Return a header and one row an element for a type, in the order of the snapshot."""
    root, *elements = definition["snapshot"]["element"]
    name = definition["name"]
    is_primitive = definition["kind"] == "primitive-type"
    header: Row = {"name": name, "kind": definition["kind"]}
    if "baseDefinition" in definition:
        header["base"] = _type_name(definition["baseDefinition"])
    if definition["abstract"]:
        header["abstract"] = True
    if definition["type"] != name:
        header["constrains"] = definition["type"]
    if is_primitive:
        header |= _primitive_facts(elements)
        elements = [element for element in elements if not element["path"].endswith(".value")]
    header |= _binding(root)
    header |= _constraints(root, definition["url"])
    return [header, *(_element_row(element, definition) for element in elements)]


def _primitive_facts(elements: list[Row]) -> Row:
    value = next(element for element in elements if element["path"].endswith(".value"))
    facts: Row = {}
    regex = _extension(value["type"][0], _REGEX)
    if regex is not None:
        facts["regex"] = regex
    for key in ("maxLength", "minValueInteger", "maxValueInteger"):
        if key in value:
            facts[key] = value[key]
    return facts


def _element_row(element: Row, definition: Row) -> Row:
    path = element["path"].replace(f"{definition['type']}.", f"{definition['name']}.", 1)
    row: Row = {"path": path}
    if element["min"]:
        row["min"] = element["min"]
    if element["max"] != "1":
        row["max"] = element["max"]
    types = [_type(reference) for reference in element.get("type", [])]
    if definition["kind"] == "resource" and path == f"{definition['name']}.id":
        types = ["id"]
    if types:
        row["types"] = types
    if "contentReference" in element:
        row["content"] = element["contentReference"].removeprefix("#")
    row |= _binding(element)
    for flag in ("isModifier", "isSummary"):
        if element.get(flag):
            row[flag] = True
    return row | _constraints(element, definition["url"])


def _type(reference: Row) -> str | Row:
    published: str = reference["code"]
    code: str = _extension(reference, _FHIR_TYPE) or _SYSTEM_TYPES.get(published, published)
    row: Row = {"code": code}
    targets = [_type_name(profile) for profile in reference.get("targetProfile", [])]
    if targets and targets != ["Resource"]:
        row["targets"] = targets
    if "profile" in reference:
        row["profiles"] = [_type_name(profile) for profile in reference["profile"]]
    return code if len(row) == 1 else row


def _binding(element: Row) -> Row:
    binding = element.get("binding")
    if not binding or "valueSet" not in binding:
        return {}
    row = {"strength": binding["strength"], "valueSet": binding["valueSet"].split("|")[0]}
    maximum = _extension(binding, _MAX_VALUE_SET)
    if maximum is not None:
        row["max"] = maximum.split("|")[0]
    return {"binding": row}


def _constraints(element: Row, url: str) -> Row:
    """Return the constraints an element states itself; those of its type and base are found there."""
    own = [c for c in element.get("constraint", []) if c.get("source") in (None, url)]
    return {"constraints": [_constraint(constraint) for constraint in own]} if own else {}


def _constraint(constraint: Row) -> Row:
    expression = constraint["expression"]
    row = {"key": constraint["key"], "severity": constraint["severity"], "human": constraint["human"]}
    if constraint["key"] == "dom-3":
        row["published"] = expression
        expression = expression.replace("descendants().as(", "descendants().ofType(")
    row["expression"] = expression
    if _extension(constraint, _BEST_PRACTICE):
        row["bestPractice"] = True
    return row


def search_parameter_row(parameter: Row) -> Row:
    """Return what a search parameter finds and how it may be asked."""
    row: Row = {key: parameter[key] for key in ("url", "code", "type", "base", "expression") if key in parameter}
    row.setdefault("base", [])
    for key in ("target", "multipleOr", "multipleAnd", "comparator", "modifier", "chain"):
        if key in parameter:
            row[key] = parameter[key]
    if "component" in parameter:
        row["component"] = [[part["definition"], part["expression"]] for part in parameter["component"]]
    return row


def operation_row(operation: Row) -> Row:
    """Return how an operation is called and what goes in and out."""
    keys = ("url", "code", "kind", "affectsState", "resource", "system", "type", "instance")
    row: Row = {key: operation[key] for key in keys if key in operation}
    row["parameter"] = [_parameter_row(parameter) for parameter in operation.get("parameter", [])]
    return row


def _parameter_row(parameter: Row) -> Row:
    row: Row = {key: parameter[key] for key in ("name", "use", "min", "max", "type", "searchType") if key in parameter}
    if "targetProfile" in parameter:
        row["targets"] = [_type_name(profile) for profile in parameter["targetProfile"]]
    row |= _binding(parameter)
    if "part" in parameter:
        row["part"] = [_parameter_row(part) for part in parameter["part"]]
    return row


def extension_row(definition: Row, version: str) -> Row:
    """Return where an extension may stand and what it may hold."""
    elements = {element["id"]: element for element in definition["snapshot"]["element"]}
    row: Row = {"url": definition["url"], "from": [version]}
    row["context"] = [[context["type"], context["expression"]] for context in definition.get("context", [])]
    if definition["url"] in _CONTEXTS_OF_USE:
        row["context"].append(_CONTEXTS_OF_USE[definition["url"]])
    if "contextInvariant" in definition:
        row["contextInvariant"] = definition["contextInvariant"]
    if elements["Extension"].get("isModifier"):
        row["isModifier"] = True
    return row | _extension_content("Extension", elements)


def _extension_content(prefix: str, elements: dict[str, Row]) -> Row:
    root = elements[prefix]
    row: Row = {"min": root["min"], "max": root["max"]}
    value = elements.get(f"{prefix}.value[x]")
    if value and value["max"] != "0":
        row["value"] = {"min": value["min"], "types": [_type(reference) for reference in value["type"]]}
        row["value"] |= _binding(value)
    nested = [identity for identity in elements if identity.rpartition(":")[0] == f"{prefix}.extension"]
    if nested:
        row["extension"] = {}
        for identity in nested:
            url = elements.get(f"{identity}.url", {}).get("fixedUri")
            if url:
                row["extension"][url] = _extension_content(identity, elements)
    return row


def merged_extension(older: Row, newer: Row) -> Row:
    """Return one row that allows what either published definition of the same extension allows."""
    row = older | {"from": older["from"] + newer["from"]}
    row["context"] = older["context"] + [c for c in newer["context"] if c not in older["context"]]
    if older.get("contextInvariant") != newer.get("contextInvariant"):
        row.pop("contextInvariant", None)
    return row | _merged_content(older, newer)


def _merged_content(older: Row, newer: Row) -> Row:
    row: Row = {"min": min(older["min"], newer["min"])}
    row["max"] = "*" if "*" in (older["max"], newer["max"]) else max(older["max"], newer["max"])
    values = [side["value"] for side in (older, newer) if "value" in side]
    if values:
        types = [kind for value in values for kind in value["types"]]
        row["value"] = {
            "min": min(value["min"] for value in values) if len(values) == len((older, newer)) else 0,
            "types": [kind for index, kind in enumerate(types) if kind not in types[:index]],
        }
        bindings = [value.get("binding") for value in values]
        if bindings[0] and bindings.count(bindings[0]) == len(bindings):
            row["value"]["binding"] = bindings[0]
    nested = [side["extension"] for side in (older, newer) if "extension" in side]
    if nested:
        urls = dict.fromkeys(url for side in nested for url in side)
        row["extension"] = {}
        for url in urls:
            sides = [side[url] for side in nested if url in side]
            row["extension"][url] = (
                _merged_content(*sides) if len(sides) == len((older, newer)) else sides[0] | {"min": 0}
            )
    return row


def _extension(element: Row, url: str) -> Any:
    for extension in element.get("extension", []):
        if extension["url"] == url:
            return next(value for key, value in extension.items() if key.startswith("value"))
    return None


def _type_name(canonical: str) -> str:
    return canonical.removeprefix(_STRUCTURE)
