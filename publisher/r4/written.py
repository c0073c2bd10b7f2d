"""JSON that is written already: what is the same in many answers is written once, and each answer is joined of it.

https://hl7.org/fhir/R4/json.html and https://hl7.org/fhir/R4/datatypes.html#decimal.
"""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "\udfff"  # half of a character, which no text holds


class WrittenDecimal(Decimal):
    """A decimal that Python would write otherwise than its author did (`1e2`, `0.0000001`)."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Self:
        """Return the decimal that `text` stands for, which remembers how it was written."""
        value = super().__new__(cls, text)
        value.text = text
        return value

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.text,)


class Written:
    """A JSON object that is written already: its members, beside which others can be put."""

    __slots__ = ("members",)

    def __init__(self, members: str) -> None:
        """Take members as they are written, without the braces around them."""
        self.members = members

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Written:
        """Return an object as it is written; what is in it may be `Written` itself."""
        return cls(_members(value))

    def __add__(self, other: Written) -> Written:
        """Return the object that has the members of both."""
        both = self.members and other.members
        return Written(f"{self.members},{other.members}" if both else self.members or other.members)

    @property
    def text(self) -> str:
        """Return the JSON."""
        return f"{{{self.members}}}"

    @property
    def value(self) -> dict[str, Any]:
        """Return the object as it is read."""
        read: dict[str, Any] = json.loads(self.text, parse_float=decimal)
        return read


class Form:
    """A JSON object that is written but for some values, which are filled in for each call."""

    __slots__ = ("_members",)

    def __init__(self, value: Mapping[str, Any]) -> None:
        """Write all of an object but its places."""
        self._members = Written.of(value).members.replace("%", "%%").replace(_MARK, "%")

    def filled(self, texts: Mapping[str, str]) -> Written:
        """Return the object with values, each as it is written, in their places."""
        return Written(self._members % texts)


class Place(Written):
    """Where a value of some name is filled into a form."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """Return what marks the place."""
        return f"{_MARK}({self.members})s"


def decimal(literal: str) -> Decimal:
    """Return the decimal of a JSON number, which is written again as it was."""
    value = Decimal(literal)
    return value if str(value) == literal else WrittenDecimal(literal)


def text_of(value: Any) -> str:
    """Return a value as compact JSON, its keys in their order and decimals as written."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Written):
        return value.text
    if isinstance(value, dict):
        return f"{{{_members(value)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join([text_of(each) for each in value])}]"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    return json.dumps(value, allow_nan=False)


def _members(value: Mapping[str, Any]) -> str:
    return ",".join([f"{encode_basestring(name)}:{text_of(each)}" for name, each in value.items()])
