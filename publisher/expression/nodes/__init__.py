"""Builders of ELM nodes; importing this package registers them all."""

from publisher.expression.nodes import (
    aggregates,
    arithmetic,
    comparison,
    intervals,
    lists,
    logical,
    membership,
    query,
    reference,
    retrieve,
    sorting,
    strings,
    structure,
    temporal,
    terminology,
    types,
)

__all__ = [
    "aggregates",
    "arithmetic",
    "comparison",
    "intervals",
    "lists",
    "logical",
    "membership",
    "query",
    "reference",
    "retrieve",
    "sorting",
    "strings",
    "structure",
    "temporal",
    "terminology",
    "types",
]
