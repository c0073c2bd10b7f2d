"""The markdown of cards as HTML, as much of it as cards use: paragraphs, lists, bold words, escapes.

https://github.github.com/gfm/. Everything else is text, so nothing of a card can become an element of a page.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_INLINE = re.compile(r"\\(?P<literal>[!-/:-@\[-`{-~])|\*\*(?P<bold>(?:\\.|[^*\\])+)\*\*|&(?P<entity>amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}


def html_of(text: str) -> Markup:
    """Return markdown as HTML."""
    return Markup("\n").join(_block(block) for block in text.split("\n\n") if block.strip())


def _block(block: str) -> Markup:
    lines = block.splitlines()
    if all(line.startswith("- ") for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(_inline(line[2:])) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(_inline(" ".join(lines)))


def _inline(text: str) -> Markup:
    parts, end = [], 0
    for match in _INLINE.finditer(text):
        parts.append(escape(text[end : match.start()]))
        end = match.end()
        if match["bold"]:
            parts.append(Markup("<strong>{}</strong>").format(_inline(match["bold"])))
        else:
            parts.append(escape(match["literal"] or _ENTITIES[match["entity"]]))
    return Markup("").join([*parts, escape(text[end:])])
