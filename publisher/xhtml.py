"""Write the XHTML that a narrative may hold: escaped text in a few plain elements.

Implements https://hl7.org/fhir/R4/narrative.html#xhtml; only what is built here reaches a `div`.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAMESPACE = "http://www.w3.org/1999/xhtml"


class Markup(str):
    """Text that is XHTML already; any other text is escaped when it is put into an element."""

    __slots__ = ()


def element(name: str, *content: str | None, attributes: str = "") -> Markup:
    """Return the element `name` around `content`; `None` and empty content leave it out altogether."""
    inner = "".join([one if isinstance(one, Markup) else escape(one, quote=False) for one in content if one])
    return Markup(f"<{name}{attributes}>{inner}</{name}>" if inner else "")


def joined(parts: Iterable[str | None]) -> Markup:
    """Return `parts` one after the other."""
    return Markup("".join([one if isinstance(one, Markup) else escape(one, quote=False) for one in parts if one]))


def heading(title: str) -> Markup:
    """Return the heading that a narrative starts with, which a page that is headed by the same title leaves out."""
    return element("h2", title)


def paragraphs(text: str | None) -> Markup:
    """Return a paragraph for each block of `text` between empty lines."""
    blocks = (text or "").split("\n\n")
    return joined(element("p", " ".join(block.split())) for block in blocks)


def items(parts: Iterable[str | None]) -> Markup:
    """Return an unordered list of `parts`, nothing when there is none."""
    return element("ul", joined(element("li", part) for part in parts))


def table(heads: Sequence[str], rows: Iterable[Sequence[str | None]]) -> Markup:
    """Return a table with a row of headings, nothing when it has no rows."""
    body = joined(element("tr", joined(_cell(cell) for cell in row)) for row in rows)
    if not body:
        return Markup()
    head = element("tr", joined(element("th", one) for one in heads))
    return element("table", element("thead", head), element("tbody", body))


def properties(rows: Iterable[tuple[str, str | None]]) -> Markup:
    """Return a table of names and values, without the rows that have no value."""
    present = (element("tr", element("th", name), _cell(value)) for name, value in rows if value)
    return element("table", element("tbody", joined(present)))


def div(language: str, *content: str) -> Markup:
    """Return the root of a narrative in `language`."""
    attributes = f' xmlns="{NAMESPACE}" lang="{escape(language)}" xml:lang="{escape(language)}"'
    return element("div", *content, attributes=attributes)


def _cell(value: str | None) -> Markup:
    return element("td", value) or Markup("<td></td>")
