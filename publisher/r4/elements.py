"""What R4 says about a type and its elements, as typed facts.

Implements https://hl7.org/fhir/R4/elementdefinition.html, cut down to what validating needs.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Row = dict[str, Any]


class TypeReference(NamedTuple):
    """One type an element may have; `targets` are the types a Reference or canonical may point at."""

    code: str
    targets: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: str | Row) -> TypeReference:
        """Return the type that the data write as a name or as an object."""
        if isinstance(row, str):
            return cls(row)
        return cls(row["code"], tuple(row.get("targets", ())), tuple(row.get("profiles", ())))


class Binding(NamedTuple):
    """The value set of a coded element; `max_value_set` holds even where the strength is less."""

    strength: str
    value_set: str
    max_value_set: str | None = None

    @classmethod
    def from_row(cls, row: Row | None) -> Binding | None:
        """Return the binding the data hold, if any."""
        return None if row is None else cls(row["strength"], row["valueSet"], row.get("max"))


class Constraint(NamedTuple):
    """An invariant; `published` is its expression in 4.0.1 where that one cannot be evaluated."""

    key: str
    severity: str
    human: str
    expression: str
    is_best_practice: bool = False
    published: str | None = None

    @classmethod
    def from_row(cls, row: Row) -> Constraint:
        """Return the constraint the data hold."""
        return cls(
            row["key"],
            row["severity"],
            row["human"],
            row["expression"],
            row.get("bestPractice", False),
            row.get("published"),
        )


class Element(NamedTuple):
    """One element of a type; `constraints` are its own, those of its type stand with the type."""

    path: str
    min: int
    max: str
    types: tuple[TypeReference, ...]
    content_reference: str | None
    binding: Binding | None
    is_modifier: bool
    is_summary: bool
    constraints: tuple[Constraint, ...]

    @classmethod
    def from_row(cls, row: Row) -> Element:
        """Return the element the data hold; what they leave out is 0..1 and false."""
        return cls(
            path=row["path"],
            min=row.get("min", 0),
            max=row.get("max", "1"),
            types=tuple(TypeReference.from_row(each) for each in row.get("types", ())),
            content_reference=row.get("content"),
            binding=Binding.from_row(row.get("binding")),
            is_modifier=row.get("isModifier", False),
            is_summary=row.get("isSummary", False),
            constraints=tuple(Constraint.from_row(each) for each in row.get("constraints", ())),
        )

    @property
    def name(self) -> str:
        """Return the last step of the path, a choice without its `[x]`."""
        return self.path.rpartition(".")[2].removesuffix("[x]")

    @property
    def is_choice(self) -> bool:
        """Return whether the element's JSON name ends with its type."""
        return self.path.endswith("[x]")

    @property
    def is_list(self) -> bool:
        """Return whether the element is an array in JSON."""
        return self.max not in ("0", "1")


class TypeDefinition(NamedTuple):
    """A resource, complex or primitive type with all its elements in order.

    `constrains` names the type whose JSON it has, for the profiles SimpleQuantity and MoneyQuantity.
    """

    name: str
    kind: str
    base: str | None
    is_abstract: bool
    constrains: str | None
    elements: tuple[Element, ...]
    constraints: tuple[Constraint, ...]
    binding: Binding | None
    regex: str | None
    max_length: int | None

    @classmethod
    def from_rows(cls, rows: list[Row]) -> TypeDefinition:
        """Return the type the data hold: a header row, then one row an element."""
        header, *elements = rows
        return cls(
            name=header["name"],
            kind=header["kind"],
            base=header.get("base"),
            is_abstract=header.get("abstract", False),
            constrains=header.get("constrains"),
            elements=tuple(Element.from_row(row) for row in elements),
            constraints=tuple(Constraint.from_row(row) for row in header.get("constraints", ())),
            binding=Binding.from_row(header.get("binding")),
            regex=header.get("regex"),
            max_length=header.get("maxLength"),
        )


class Child(NamedTuple):
    """An element under the name it has in JSON: `valueQuantity` is `value[x]` as a Quantity.

    `content` is where its own children are defined: a type's name, or a path for a backbone element.
    """

    key: str
    element: Element
    type: TypeReference
    content: str
