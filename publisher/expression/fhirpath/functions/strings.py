"""Functions on strings; regular expressions run in time linear in the text.

Implements https://hl7.org/fhirpath/N1/#string-manipulation and what https://hl7.org/fhirpath/ (STU 3) adds.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import TYPE_CHECKING, Any

from publisher.expression import pattern
from publisher.expression.fhirpath.compiled import Expr, Scope, items, of_system, scalar
from publisher.expression.fhirpath.functions.registry import function, text_checked, value_of
from publisher.expression.fhirpath.syntax import Literal
from publisher.expression.fhirpath.system import to_system
from publisher.expression.fhirpath.types import BOOLEAN, INTEGER, STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.expression.fhirpath.element import Items
    from publisher.expression.fhirpath.environment import Environment
    from publisher.expression.fhirpath.syntax import Call, Node

    Operation = Callable[..., Any]


def _of_strings(name: str, arguments: int, type_: str, operation: Operation) -> None:
    """Register a function whose input and arguments are all strings; it is empty where one of them is."""

    @function(name, arguments)
    def build(scope: Scope, node: Call, focus: Expr) -> Expr:
        texts = [text_checked(scope, node, scalar(focus, scope, node), f"{name}()")]
        texts += [text_checked(scope, node, value_of(scope, each), f"{name}()") for each in node.arguments]

        def run(env: Environment, this: Any) -> Any:
            values = [text(env, this) for text in texts]
            if None in values:
                return None
            env.spend(len(values[0]) >> 6)
            found = operation(*values)
            return env.string(found) if found.__class__ is str else found

        return of_system(run, type_)


_of_strings("indexOf", 1, INTEGER, lambda text, part: text.find(part))
_of_strings("lastIndexOf", 1, INTEGER, lambda text, part: text.rfind(part))
_of_strings("startsWith", 1, BOOLEAN, lambda text, part: text.startswith(part))
_of_strings("endsWith", 1, BOOLEAN, lambda text, part: text.endswith(part))
_of_strings("contains", 1, BOOLEAN, lambda text, part: part in text)
_of_strings("upper", 0, STRING, lambda text: text.upper())
_of_strings("lower", 0, STRING, lambda text: text.lower())
_of_strings("length", 0, INTEGER, len)
_of_strings("trim", 0, STRING, lambda text: text.strip())


@function("replace", 2)
def _replace(scope: Scope, node: Call, focus: Expr) -> Expr:
    texts = [text_checked(scope, node, scalar(focus, scope, node), "replace()")]
    texts += [text_checked(scope, node, value_of(scope, each), "replace()") for each in node.arguments]

    def run(env: Environment, this: Any) -> str | None:
        text, old, new = (each(env, this) for each in texts)
        if text is None or old is None or new is None:
            return None
        if len(new) > len(old):
            env.spend((text.count(old) * len(new)) >> 6)
            if text.count(old) * (len(new) - len(old)) + len(text) > env.limits.size:
                return env.string(" " * (env.limits.size + 1))
        return text.replace(old, new)  # type: ignore[no-any-return]

    return of_system(run, STRING)


@function("substring", 1, 2)
def _substring(scope: Scope, node: Call, focus: Expr) -> Expr:
    text = text_checked(scope, node, scalar(focus, scope, node), "substring()")
    start = value_of(scope, node.arguments[0])
    length = value_of(scope, node.arguments[1]) if len(node.arguments) > 1 else None

    def run(env: Environment, this: Any) -> str | None:
        found, at = text(env, this), start(env, this)
        size = length(env, this) if length else None
        if any(each is not None and not isinstance(each, int) for each in (at, size)):
            raise scope.refused(node, "needs Integers in substring(); convert them with toInteger()")
        if found is None or at is None or not 0 <= at < len(found):
            return None
        return found[at:] if size is None else found[at : at + max(size, 0)]  # type: ignore[no-any-return]

    return of_system(run, STRING)


@function("toChars")
def _to_chars(scope: Scope, node: Call, focus: Expr) -> Expr:
    text = text_checked(scope, node, scalar(focus, scope, node), "toChars()")
    return Expr(lambda env, this: env.sized(list(text(env, this) or "")), STRING, single=False)


@function("split", 1)
def _split(scope: Scope, node: Call, focus: Expr) -> Expr:
    text = text_checked(scope, node, scalar(focus, scope, node), "split()")
    separator = text_checked(scope, node, value_of(scope, node.arguments[0]), "split()")

    def run(env: Environment, this: Any) -> Items:
        found, between = text(env, this), separator(env, this)
        if found is None or between is None:
            return []
        return env.sized(found.split(between) if between else list(found))

    return Expr(run, STRING, single=False)


@function("join", 0, 1)
def _join(scope: Scope, node: Call, focus: Expr) -> Expr:
    found, convert = items(focus), to_system(focus.type)
    separator = text_checked(scope, node, value_of(scope, node.arguments[0]), "join()") if node.arguments else None

    def run(env: Environment, this: Any) -> str | None:
        between = separator(env, this) if separator else ""
        texts = [text for text in map(convert, found(env, this)) if text is not None]
        if between is None or not texts:
            return None
        if any(text.__class__ is not str for text in texts):
            raise scope.refused(node, "joins what is no string; convert it with select(toString())")
        if sum(map(len, texts)) + len(between) * len(texts) > env.limits.size:
            return env.string(" " * (env.limits.size + 1))
        return env.string(between.join(texts))

    return of_system(run, STRING)


# -- regular expressions ------------------------------------------------------------------------------------------


def _pattern(scope: Scope, node: Call) -> Callable[[Environment, Any], pattern.Pattern | None]:
    """Return the closure of a pattern, compiled beforehand where it is written out."""
    argument = node.arguments[0]
    regex = text_checked(scope, node, value_of(scope, argument), f"{node.name}()")
    if isinstance(argument, Literal) and isinstance(argument.value, str):
        ready = _compiled(scope, argument, argument.value)
        return lambda _env, _this: ready

    def compiled(env: Environment, this: Any) -> pattern.Pattern | None:
        found = regex(env, this)
        return None if found is None else _compiled(scope, argument, found)

    return compiled


def _compiled(scope: Scope, node: Node, regex: str) -> pattern.Pattern:
    try:
        return pattern.compiled(regex)
    except pattern.PatternError as error:
        raise scope.refused(node, f"has a regular expression that cannot be used: {error}; rewrite it") from error


def _matching(name: str, *, whole: bool) -> None:
    @function(name, 1, 2)
    def build(scope: Scope, node: Call, focus: Expr) -> Expr:
        text, regex = text_checked(scope, node, scalar(focus, scope, node), f"{name}()"), _pattern(scope, node)
        flags = value_of(scope, node.arguments[1]) if len(node.arguments) > 1 else None

        def run(env: Environment, this: Any) -> bool | None:
            found, compiled = text(env, this), regex(env, this)
            if found is None or compiled is None:
                return None
            if flags is not None and compiled.source:
                compiled = _compiled(scope, node, f"(?{flags(env, this) or ''}){compiled.source}")
            return (compiled.matches if whole else compiled.search)(found, env.spend)

        return of_system(run, BOOLEAN)


_matching("matches", whole=False)
_matching("matchesFull", whole=True)


@function("replaceMatches", 2)
def _replace_matches(scope: Scope, node: Call, focus: Expr) -> Expr:
    text, regex = text_checked(scope, node, scalar(focus, scope, node), "replaceMatches()"), _pattern(scope, node)
    substitution = text_checked(scope, node, value_of(scope, node.arguments[1]), "replaceMatches()")

    def run(env: Environment, this: Any) -> str | None:
        found, compiled, new = text(env, this), regex(env, this), substitution(env, this)
        if found is None or compiled is None or new is None:
            return None
        if not compiled.source:
            return found  # type: ignore[no-any-return]
        return env.string(compiled.replace(found, new, env.limits.size, env.spend))

    return of_system(run, STRING)


# -- coding -------------------------------------------------------------------------------------------------------

_JSON_TEXT = json.JSONEncoder(ensure_ascii=False)
_JSON_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})')
_JSON_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def _encode(text: str, how: str) -> str | None:
    data = text.encode("utf-8", "surrogatepass")
    if how == "hex":
        return data.hex()
    if how == "base64":
        return base64.b64encode(data).decode("ascii")
    return base64.urlsafe_b64encode(data).decode("ascii") if how == "urlbase64" else None


def _decode(text: str, how: str) -> str | None:
    try:
        if how == "hex":
            return bytes.fromhex(text).decode()
        if how == "base64":
            return base64.b64decode(text, validate=True).decode()
        return base64.urlsafe_b64decode(text).decode() if how == "urlbase64" else None
    except (ValueError, binascii.Error):
        return None


def _escape(text: str, how: str) -> str | None:
    if how == "html":
        return html.escape(text).replace("&#x27;", "&#39;")
    return _JSON_TEXT.encode(text)[1:-1] if how == "json" else None


def _unescape(text: str, how: str) -> str | None:
    if how == "html":
        return html.unescape(text)
    return _JSON_ESCAPE.sub(_json_letter, text) if how == "json" else None


def _json_letter(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _JSON_LETTERS.get(escape, escape)


_of_strings("encode", 1, STRING, _encode)
_of_strings("decode", 1, STRING, _decode)
_of_strings("escape", 1, STRING, _escape)
_of_strings("unescape", 1, STRING, _unescape)
