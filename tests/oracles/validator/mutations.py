"""Ways to damage a sound resource, each of which breaks one thing that https://hl7.org/fhir/R4/validation.html names.

A mutation changes a copy of the resource in place, and returns where, or None where it finds nothing to damage.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from publisher.r4.definitions import children, types
from publisher.validation.shapes import OBJECT, PRIMITIVE, Field, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    Mutation = Callable[["Resource", Random], "str | None"]

Resource = dict[str, Any]
# An object of a resource, where its children are defined, and its place.
Place = tuple[dict[str, Any], str, str]

_BAD_VALUES = {
    "boolean": ["yes"],
    "integer": [1.5, 2**40],
    "positiveInt": [0, -1],
    "unsignedInt": [-1],
    "decimal": ["1.0"],
    "date": ["2020-13-01", "2020-02-30", "01/02/2020", "2020-1-1"],
    "dateTime": ["2020-01-01T10:00", "2020-01-01 10:00:00Z", "2020-02-31", "T10:00:00Z"],
    "instant": ["2020-01-01", "2020-01-01T10:00:00"],
    "time": ["24:30:00", "10:00"],
    "code": [" a ", "a  b"],
    "id": ["a b", "a_b", "x" * 65],
    "uri": ["a b", " http://a.example"],
    "url": ["http://a.example/a b"],
    "canonical": ["http://a.example/a b"],
    "oid": ["urn:oid:3.1", "1.2.3"],
    "uuid": ["urn:uuid:1", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"],
    "base64Binary": ["a", "ab=c", "????"],
    "string": ["", 5, "a\u0001b"],
    "markdown": ["", 5],
}


def places(resource: Resource, content: str | None = None, place: str = "") -> Iterator[Place]:
    """Yield the objects of a resource, itself included, but for its narrative."""
    content = content or str(resource["resourceType"])
    yield resource, content, place or content
    fields = shape(content).fields
    for key, value in list(resource.items()):
        field = fields.get(key)
        if field is None or field.kind != OBJECT or key == "text":
            continue
        for index, one in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(one, dict):
                yield from places(one, field.content, f"{place or content}.{key}[{index}]")


def _members(resource: Resource, wanted: Callable[[Field], bool]) -> list[tuple[dict[str, Any], str, Field, str]]:
    return [
        (holder, key, field, f"{place}.{key}")
        for holder, content, place in places(resource)
        for key in holder
        if (field := shape(content).fields.get(key)) is not None and wanted(field)
    ]


def _primitives(resource: Resource) -> list[tuple[dict[str, Any], str, Field, str]]:
    found = _members(resource, lambda field: field.kind == PRIMITIVE)
    return [one for one in found if not isinstance(one[0][one[1]], list)]


def _set(holder: dict[str, Any], key: str, value: Any) -> None:
    holder[key] = [value] if isinstance(holder[key], list) else value


def drop_required(resource: Resource, random: Random) -> str | None:
    """Leave out an element of which the minimum is 1."""
    found = [
        (holder, keys, place)
        for holder, content, place in places(resource)
        for _, keys in shape(content).required
        if keys & holder.keys()
    ]
    if not found:
        return None
    holder, keys, place = random.choice(found)
    for key in keys & holder.keys():
        del holder[key]
    return f"{place}.{min(keys)}"


def drop_any(resource: Resource, random: Random) -> str | None:
    """Leave out any element, so that some invariant may break."""
    holder, _, place = random.choice(list(places(resource)))
    keys = [key for key in holder if key != "resourceType"]
    if not keys or len(holder) == 1:
        return None
    key = random.choice(keys)
    del holder[key]
    return f"{place}.{key}"


def unknown_element(resource: Resource, random: Random) -> str | None:
    """Add an element that no type has."""
    holder, _, place = random.choice(list(places(resource)))
    holder["zorgle"] = "x"
    return place


def foreign_element(resource: Resource, random: Random) -> str | None:
    """Add an element of another type."""
    holder, content, place = random.choice(list(places(resource)))
    key, value = random.choice([("birthDate", "2020-01-01"), ("status", "draft"), ("linkId", "1"), ("active", True)])
    if key in children(content):
        return None
    holder[key] = value
    return f"{place}.{key}"


def misspelt_element(resource: Resource, random: Random) -> str | None:
    """Write the name of an element with a capital."""
    found = _members(resource, lambda _: True)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    holder[key[0].upper() + key[1:]] = holder.pop(key)
    return place


def wrong_json_type(resource: Resource, random: Random) -> str | None:
    """Write a number for a string, and a string for a number or boolean."""
    found = _primitives(resource)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    value = holder[key]
    holder[key] = str(value).lower() if not isinstance(value, str) else random.choice([5, True])
    return place


def bad_primitive(resource: Resource, random: Random) -> str | None:
    """Write a value outside the value space of its type."""
    found = [one for one in _members(resource, lambda field: field.kind == PRIMITIVE) if one[2].code in _BAD_VALUES]
    if not found:
        return None
    kinds = sorted({one[2].code for one in found})
    kind = random.choice(kinds)
    holder, key, field, place = random.choice([one for one in found if one[2].code == kind])
    value = random.choice(_BAD_VALUES[field.code])
    _set(holder, key, value)
    return f"{place} = {value!r}"


def bad_code(resource: Resource, random: Random) -> str | None:
    """Write a code that no system has."""
    found = _members(resource, lambda field: field.code == "code")
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    _set(holder, key, "no-such-code")
    return place


def scalar_for_object(resource: Resource, random: Random) -> str | None:
    """Write a string where an object belongs."""
    found = _members(resource, lambda field: field.kind == OBJECT)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    _set(holder, key, "x")
    return place


def object_for_primitive(resource: Resource, random: Random) -> str | None:
    """Write an object where a primitive belongs."""
    found = _members(resource, lambda field: field.kind == PRIMITIVE)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    _set(holder, key, {"value": "x"})
    return place


def array_changed(resource: Resource, random: Random) -> str | None:
    """Put brackets round what may not repeat, or take them off what may."""
    found = _members(resource, lambda _: True)
    if not found:
        return None
    holder, key, field, place = random.choice(found)
    value = holder[key]
    if field.is_list and isinstance(value, list) and len(value) == 1:
        holder[key] = value[0]
    elif not field.is_list:
        holder[key] = [value]
    else:
        return None
    return place


def too_many(resource: Resource, random: Random) -> str | None:
    """Give twice what may be there once."""
    found = _members(resource, lambda field: not field.is_list)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    holder[key] = [holder[key], copy.deepcopy(holder[key])]
    return place


def emptied(resource: Resource, random: Random) -> str | None:
    """Write null, an empty array, object or string for a value."""
    found = _members(resource, lambda _: True)
    if not found:
        return None
    holder, key, field, place = random.choice(found)
    empty: list[Any] = [None, [], {}] if field.is_list or field.kind == OBJECT else [None, ""]
    holder[key] = random.choice(empty)
    return f"{place} = {holder[key]!r}"


def second_choice(resource: Resource, random: Random) -> str | None:
    """Give a second type of a choice beside the first."""
    found = _members(resource, lambda field: field.choice is not None)
    if not found:
        return None
    holder, _, field, place = random.choice(found)
    holder[f"{field.choice}String"] = "x"
    return place if f"{field.choice}String" != field.key else None


def wrong_choice(resource: Resource, random: Random) -> str | None:
    """Give a choice a type that it does not have."""
    found = _members(resource, lambda field: field.choice is not None)
    if not found:
        return None
    holder, key, field, place = random.choice(found)
    del holder[key]
    holder[f"{field.choice}Narrative"] = {"status": "empty"}
    return place


def element_id_twice(resource: Resource, random: Random) -> str | None:
    """Give two elements one id."""
    found = list(places(resource))[1:]
    if len(found) < 2:
        return None
    first, second = random.sample(found, 2)
    first[0]["id"] = second[0]["id"] = "twice"
    return f"{first[2]}, {second[2]}"


def doubled_item(resource: Resource, random: Random) -> str | None:
    """Repeat an item of a list as it is."""
    found = _members(resource, lambda field: field.is_list and field.kind == OBJECT)
    if not found:
        return None
    holder, key, _, place = random.choice(found)
    if not isinstance(holder[key], list):
        return None
    holder[key].append(copy.deepcopy(random.choice(holder[key])))
    return place


def exchanged_code(resource: Resource, random: Random) -> str | None:
    """Write another code of the same value set, so that some invariant may break."""
    found = _members(resource, lambda field: field.code == "code")
    random.shuffle(found)
    for holder, key, _, place in found:
        for listed in _value_sets(place, holder):
            _set(holder, key, random.choice(listed))
            return f"{place} = {holder[key]!r}"
    return None


def _value_sets(place: str, _holder: dict[str, Any]) -> Iterator[list[str]]:
    import re

    from publisher.r4.definitions import element, value_set

    found = element(re.sub(r"\[\d+\]", "", place))
    binding = found.binding if found else None
    listed = value_set(binding.value_set) if binding and binding.strength == "required" else None
    if listed is not None and listed.codes:
        yield sorted(listed.codes)


def unknown_type(resource: Resource, _: Random) -> str | None:
    """Name a type that R4 does not have."""
    resource["resourceType"] = "Zorgle"
    return "resourceType"


def other_type(resource: Resource, random: Random) -> str | None:
    """Name another type."""
    resource["resourceType"] = random.choice([one for one in types("resource") if one != "Resource"])
    return f"resourceType = {resource['resourceType']}"


MUTATIONS: dict[str, Mutation] = {
    function.__name__.replace("_", "-"): function
    for function in (
        drop_required,
        drop_any,
        unknown_element,
        foreign_element,
        misspelt_element,
        wrong_json_type,
        bad_primitive,
        bad_code,
        scalar_for_object,
        object_for_primitive,
        array_changed,
        too_many,
        emptied,
        second_choice,
        wrong_choice,
        element_id_twice,
        doubled_item,
        exchanged_code,
        unknown_type,
        other_type,
    )
}
