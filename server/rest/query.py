"""The parameters of a query string or a form: pairs in the order they were sent, and their escapes.

Implements https://hl7.org/fhir/R4/search.html#escaping.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from server.outcome import RefusalError

Pairs = tuple[tuple[str, str], ...]

_MOST = 200
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"\\([,|$\\])")


def pairs(encoded: bytes, *, most: int = _MOST) -> Pairs:
    """Return the parameters in `encoded` that have a value, or raise a RefusalError, also for more than `most`."""
    if not encoded:
        return ()
    if _BROKEN_PERCENT.search(encoded):
        raise RefusalError("query-malformed")
    try:
        found = parse_qsl(encoded.decode("ascii"), errors="strict", max_num_fields=most)
    except ValueError:
        raise RefusalError("query-malformed") from None
    return tuple(found)


def encode(parameters: Pairs) -> str:
    """Return `parameters` as a query string."""
    return urlencode(parameters, safe=":/,")


def split(value: str, separator: str) -> list[str]:
    """Return the parts of `value` between separators that no backslash escapes."""
    if "\\" not in value:
        return value.split(separator)
    parts, rest = [""], iter(value)
    for character in rest:
        if character == separator:
            parts.append("")
        else:
            parts[-1] += character + next(rest, "") if character == "\\" else character
    return parts


def unescape(value: str, *, name: str) -> str:
    r"""Return `value` with `\,` `\|` `\$` and `\\` resolved; any other backslash is refused."""
    if "\\" not in value:
        return value
    if "\\" in _ESCAPE.sub("", value):
        raise RefusalError("escape-illegal", name=name)
    return _ESCAPE.sub(r"\1", value)
