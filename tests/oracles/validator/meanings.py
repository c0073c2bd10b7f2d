"""Mutations of what the parts of a resource mean together: links, codes, narrative, contained resources, Bundles."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.oracles.validator.mutations import places

if TYPE_CHECKING:
    from random import Random

    from tests.oracles.validator.mutations import Mutation, Resource

_DIV = "<div xmlns='http://www.w3.org/1999/xhtml'>{}</div>"
_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"


def _of(resource: Resource, *contents: str) -> list[tuple[dict[str, Any], str]]:
    return [(holder, place) for holder, content, place in places(resource) if content in contents]


def _chosen(resource: Resource, random: Random, *contents: str) -> tuple[dict[str, Any], str] | None:
    found = _of(resource, *contents)
    return random.choice(found) if found else None


def reference_changed(resource: Resource, random: Random) -> str | None:
    """Point a reference at another type, at a contained resource that is not there, or nowhere."""
    chosen = _chosen(resource, random, "Reference")
    if chosen is None:
        return None
    holder, place = chosen
    bad = ["Linkage/1", "#missing", "Zorgle/1", "no reference", "Patient", "Patient/a b", "urn:uuid:1", "urn:oid:x"]
    holder["reference"] = random.choice(bad)
    return f"{place} = {holder['reference']}"


def reference_type_changed(resource: Resource, random: Random) -> str | None:
    """Say another type than the reference has."""
    chosen = _chosen(resource, random, "Reference")
    if chosen is None:
        return None
    chosen[0]["type"] = random.choice(["Linkage", "Zorgle", "patient"])
    return f"{chosen[1]}.type = {chosen[0]['type']}"


def coding_changed(resource: Resource, random: Random) -> str | None:
    """Spoil the system, code or display of a coding."""
    chosen = _chosen(resource, random, "Coding")
    if chosen is None:
        return None
    holder, place = chosen
    key, value = random.choice(
        [
            ("system", "relative"),
            ("system", "http://hl7.org/fhir/ValueSet/observation-status"),
            ("system", "http://hl7.org/fhir/administrative-gender"),
            ("system", "http://snomed.info"),
            ("code", "no-such-code"),
            ("display", "Something else"),
            ("userSelected", "true"),
        ]
    )
    holder[key] = value
    return f"{place}.{key} = {value!r}"


def quantity_changed(resource: Resource, random: Random) -> str | None:
    """Spoil a quantity."""
    chosen = _chosen(resource, random, "Quantity", "SimpleQuantity", "Age", "Duration", "Money", "Count", "Distance")
    if chosen is None:
        return None
    holder, place = chosen
    key, value = random.choice(
        [("code", "mgs"), ("system", None), ("comparator", "=="), ("value", "5"), ("code", "mg/dl/"), ("value", 1e400)]
    )
    if value is None:
        holder.pop(key, None)
    else:
        holder[key] = value if value != 1e400 else 10**40
    return f"{place}.{key} = {value!r}"


def times_changed(resource: Resource, random: Random) -> str | None:
    """Turn a period round, or spoil a range, ratio or timing."""
    chosen = _chosen(resource, random, "Period", "Range", "Ratio", "Timing.repeat", "Timing")
    if chosen is None:
        return None
    holder, place = chosen
    changes: list[dict[str, Any]] = [
        {"start": "2020-01-02", "end": "2020-01-01"},
        {"low": {"value": 5}, "high": {"value": 4}},
        {"numerator": {"value": 1}},
        {"period": 1},
        {"duration": -1, "durationUnit": "h"},
        {"repeat": {"offset": 5}},
    ]
    change = random.choice(changes)
    holder.clear()
    holder.update(change)
    return f"{place} = {change}"


def extension_added(resource: Resource, random: Random) -> str | None:
    """Add an extension that is wrong in one way."""
    holder, _, place = random.choice(list(places(resource)))
    bad: list[dict[str, Any]] = [
        {"valueString": "x"},
        {"url": "relative", "valueString": "x"},
        {"url": f"{_EXTENSION}zorgle", "valueString": "x"},
        {"url": f"{_EXTENSION}patient-birthPlace", "valueAddress": {"city": "x"}},
        {"url": f"{_EXTENSION}data-absent-reason", "valueCode": "no-such-code"},
        {"url": f"{_EXTENSION}data-absent-reason", "valueString": "unknown"},
        {"url": "http://a.example/x"},
        {"url": "http://a.example/x", "valueString": "x", "extension": [{"url": "y", "valueString": "x"}]},
        {"url": "http://a.example/x", "valueString": ""},
        {"url": f"{_EXTENSION}translation", "extension": [{"url": "lang", "valueCode": "sv"}]},
        {"url": "http://a.example/x|1", "valueString": "x"},
    ]
    one = random.choice(bad)
    holder.setdefault("extension", []).append(one)
    return f"{place}.extension = {one}"


def narrative_changed(resource: Resource, random: Random) -> str | None:
    """Spoil the narrative."""
    if not isinstance(resource.get("text"), dict):
        return None
    bad = [
        "<div>x</div>",
        _DIV.format(""),
        _DIV.format(" "),
        _DIV.format("<script>x</script>"),
        _DIV.format("<p onclick='x'>x</p>"),
        _DIV.format("<p>x"),
        _DIV.format("<zorgle>x</zorgle>"),
        _DIV.format("<a href='javascript:x'>x</a>"),
        _DIV.format("&nbsp;x"),
        _DIV.format("<img src='a.png' alt='x'/>"),
        "x",
        "<p xmlns='http://www.w3.org/1999/xhtml'>x</p>",
        _DIV.format("<form>x</form>"),
        _DIV.format("<p style='color: red' zorgle='x'>x</p>"),
    ]
    resource["text"]["div"] = random.choice(bad)
    return f"text.div = {resource['text']['div']}"


def contained_added(resource: Resource, random: Random) -> str | None:
    """Contain something wrongly."""
    bad: list[dict[str, Any]] = [
        {"resourceType": "Basic", "id": "b", "code": {"text": "x"}},
        {"resourceType": "Basic", "code": {"text": "x"}},
        {"resourceType": "Zorgle", "id": "b"},
        {"id": "b"},
        {"resourceType": "Basic", "id": "b", "code": {"text": "x"}, "subject": {"reference": "#"}, "contained": [{}]},
        {"resourceType": "Basic", "id": "b", "code": {"text": "x"}, "subject": {"reference": "#"}},
        {"resourceType": "Basic", "id": "#b", "code": {"text": "x"}, "subject": {"reference": "#"}},
        {
            "resourceType": "Basic",
            "id": "b",
            "meta": {"versionId": "1"},
            "code": {"text": "x"},
            "subject": {"reference": "#"},
        },
    ]
    one = random.choice(bad)
    if resource["resourceType"] in ("Bundle", "Binary", "Parameters"):
        return None
    resource.setdefault("contained", []).append(one)
    return f"contained = {one}"


def address_changed(resource: Resource, random: Random) -> str | None:
    """Spoil the canonical url of the resource, its id, its language or its meta."""
    changes: list[tuple[str, Any]] = [
        ("url", "relative/url"),
        ("url", "http://a.example/x|1"),
        ("url", "http://a.example/x#y"),
        ("id", "a b"),
        ("id", ""),
        ("language", "zz-zz-zz"),
        ("language", "no language"),
        ("implicitRules", "a b"),
        ("meta", {"profile": ["relative"]}),
        ("meta", {"profile": ["http://hl7.org/fhir/StructureDefinition/Patient"]}),
        ("meta", {"profile": ["http://hl7.org/fhir/StructureDefinition/zorgle"]}),
        ("meta", {"lastUpdated": "2020-01-01"}),
        ("meta", {"tag": [{"code": "x"}, {"system": "x"}]}),
        ("name", "no name"),
        ("version", "1|2"),
        ("date", "yesterday"),
        ("status", "no-status"),
        ("experimental", "true"),
    ]
    key, value = random.choice([one for one in changes if one[0] in resource or one[0] in ("id", "language", "meta")])
    resource[key] = value
    return f"{key} = {value!r}"


def entry_changed(resource: Resource, random: Random) -> str | None:
    """Spoil an entry of a Bundle, or the Bundle's type."""
    entries = resource.get("entry")
    if resource["resourceType"] != "Bundle" or not isinstance(entries, list) or not entries:
        return None
    entry = random.choice(entries)
    changes: list[dict[str, Any]] = [
        {"fullUrl": "relative/1"},
        {"fullUrl": "http://a.example/Patient/other"},
        {"fullUrl": "urn:uuid:1"},
        {"fullUrl": entries[0].get("fullUrl")},
        {"request": {"method": "PUT"}},
        {"request": {"url": "x"}},
        {"response": {"status": "200"}},
        {"search": {"mode": "match"}},
        {"search": {"mode": "zorgle"}},
        {"resource": {"resourceType": "Patient", "birthDate": "x"}},
        {"resource": {"birthDate": "2020"}},
        {"link": [{"url": "x"}]},
    ]
    change = random.choice([*changes, None, "type", "double"])
    if change is None:
        entry.clear()
    elif change == "double":
        entries.append(copy.deepcopy(entry))
    elif change == "type":
        resource["type"] = random.choice(["document", "message", "transaction", "history", "searchset", "batch"])
        return f"type = {resource['type']}"
    elif isinstance(change, dict):
        entry.update(change)
    return f"entry = {change}"


def expression_changed(resource: Resource, random: Random) -> str | None:
    """Spoil an expression, a trigger, a data requirement, an attachment or a contact point."""
    kinds = ("Expression", "TriggerDefinition", "DataRequirement.codeFilter", "Attachment", "ContactPoint")
    chosen = _chosen(resource, random, *kinds, "RelatedArtifact", "Identifier", "Annotation", "Dosage")
    if chosen is None:
        return None
    holder, place = chosen
    changes: dict[str, Any] = {
        "expression": None,
        "language": "no language",
        "type": "no-type",
        "path": None,
        "contentType": "no type",
        "data": "=",
        "size": -1,
        "hash": "x",
        "system": "no-system",
        "value": "",
        "name": None,
        "url": "a b",
        "text": None,
    }
    key = random.choice([key for key in changes if key in holder] or ["id"])
    if changes.get(key) is None:
        holder.pop(key, None)
        holder.setdefault("id", "x")
    else:
        holder[key] = changes[key]
    return f"{place}.{key} = {changes.get(key)!r}"


MEANINGS: dict[str, Mutation] = {
    function.__name__.replace("_", "-"): function
    for function in (
        reference_changed,
        reference_type_changed,
        coding_changed,
        quantity_changed,
        times_changed,
        extension_added,
        narrative_changed,
        contained_added,
        address_changed,
        entry_changed,
        expression_changed,
    )
}
