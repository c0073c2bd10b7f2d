"""Check the XHTML of a narrative against what FHIR allows there.

Implements https://hl7.org/fhir/R4/narrative.html#xhtml (invariants txt-1 and txt-2). The text is parsed as
XML with every DOCTYPE refused, so that no entity is ever expanded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from publisher.validation.primitives import Problem, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_NAMESPACE = "http://www.w3.org/1999/xhtml"
_XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ELEMENTS = _words("""
    a abbr acronym address b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em
    h1 h2 h3 h4 h5 h6 hr i img kbd li map area ol p pre q samp small span strong sub sup table tbody td
    tfoot th thead tr tt ul var
""")
_ATTRIBUTES = _words("""
    abbr accesskey align alt axis border cellpadding cellspacing char charoff charset cite class colspan
    coords dir frame headers height href hreflang id ismap lang longdesc name nohref nowrap rel rev rowspan
    rules scope shape space span src style summary tabindex title type usemap valign width
""")
_ACTIVE_ELEMENTS = _words("""
    applet button embed fieldset form frame frameset iframe input label noscript object option script select
    textarea
""")
_ENTITY = re.compile(r"&([A-Za-z]\w*);")
_XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")
_BARE = re.compile(r"&(?!#?\w+;)")
_LINKS = ("href", "src", "cite", "longdesc", "usemap")
_ACTIVE_SCHEME = re.compile(r"(?:javascript|vbscript|livescript|data):", re.IGNORECASE)
_IMAGE_DATA = re.compile(r"data:image/(?:png|gif|jpeg|webp|bmp);", re.IGNORECASE)
_IGNORED_IN_STYLES = re.compile(r"/\*.*?\*/|[\x00-\x1f]", re.DOTALL)
_IGNORED_IN_SCHEMES = re.compile(r"[\x00-\x20]+")
_ACTIVE_STYLE = re.compile(
    r"expression\s*\(|(?:java|vb|live)script:|@import|behaviou?r\s*:|-moz-binding", re.IGNORECASE
)
_STYLE_URL = re.compile(r"url\s*\(\s*[\"']?(?P<url>[^\"')]*)", re.IGNORECASE)
_ABSOLUTE = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//|[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def narrative_problems(div: str, contained: Collection[str] = ()) -> Iterator[Problem]:
    """Yield what is wrong with the `div` of a narrative; `contained` are ids that its pictures may name."""
    reader = _Reader()
    try:
        reader.read(div)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        advice = _advice(div, error)
        yield "narrative-malformed", f"is not well-formed XHTML at line {error.lineno}: {reason}; {advice}"
        return
    except _RefusedError as refused:
        yield "narrative-malformed", str(refused)
        return
    yield from reader.problems
    yield from reader.dangling(contained)
    if not reader.has_content:
        yield "narrative-blank", "has neither text nor an image; describe the content in words"


def _advice(div: str, error: expat.ExpatError) -> str:
    """Return what to do about a place that is no XML: an ampersand and the entities of HTML are the usual reasons."""
    line = div.split("\n")[error.lineno - 1] if 0 < error.lineno <= div.count("\n") + 1 else ""
    entity = _ENTITY.search(line, max(0, error.offset - 1))
    if entity is not None and entity[1] not in _XML_ENTITIES:
        return f"write the sign itself, or its number such as &#160;, for {entity[0]}"
    return "write &amp; for &" if _BARE.search(line) else "correct it"


class _RefusedError(Exception):
    """Stops the parser at something that is never read on."""


class _Reader:
    """One pass over a narrative that notes problems and whether there is anything to see."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.has_content = False
        self._depth = 0
        self._anchors: set[str] = set()
        self._local: dict[tuple[str, str], None] = {}

    def read(self, div: str) -> None:
        """Parse `div`, noting what is wrong with it."""
        parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.Parse(div.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - expat's own signature

    def dangling(self, contained: Collection[str]) -> Iterator[Problem]:
        """Yield the links inside the narrative that lead nowhere."""
        for element, target in self._local:
            if target not in contained and (element == "img" or target not in self._anchors):
                advice = "contain it" if element == "img" else "give the id to an element"
                yield (
                    "narrative-link-unresolved",
                    f"has the link {shown(f'#{target}')} on <{element}> to nothing; {advice} or take the link out",
                )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self._depth += 1
        if namespace != _NAMESPACE or (self._depth == 1 and local != "div"):
            self._wrong_root_or_namespace(namespace, local)
        elif local not in _ELEMENTS:
            self._wrong_element(local)
        elif attributes:
            for attribute, value in attributes.items():
                self._attribute(local, attribute, value)
        if local == "img":
            self.has_content = True

    def _end(self, _: str) -> None:
        self._depth -= 1

    def _text(self, text: str) -> None:
        if not self.has_content and text.strip():
            self.has_content = True

    def _doctype(self, *_: object) -> None:
        raise _RefusedError("has a DOCTYPE, which no narrative may have; take it out")

    def _instruction(self, target: str, _: str) -> None:
        self._note("narrative-element", f"holds the processing instruction <?{target}?>; take it out")

    def _wrong_root_or_namespace(self, namespace: str, local: str) -> None:
        if self._depth == 1 and (local != "div" or namespace != _NAMESPACE):
            wanted = f'<div xmlns="{_NAMESPACE}">'
            self._note("narrative-namespace", f"starts with <{local}>; start it with {wanted}")
        elif self._depth > 1:
            self._note("narrative-element", f"holds <{local}> of another namespace; take it out")

    def _wrong_element(self, local: str) -> None:
        rule = "narrative-script" if local.lower() in _ACTIVE_ELEMENTS else "narrative-element"
        self._note(rule, f"holds <{local}>, which a narrative may not have; take it out")

    def _attribute(self, element: str, attribute: str, value: str) -> None:
        namespace, _, local = attribute.rpartition(" ")
        if local in ("id", "name") and not namespace:
            self._anchors.add(value)
        if local.lower().startswith("on"):
            self._note("narrative-script", f"has the event handler {local} on <{element}>; take it out")
        elif namespace not in ("", _XML_NAMESPACE) or (local not in _ATTRIBUTES and not namespace):
            self._note("narrative-attribute", f"has the attribute {local} on <{element}>; take it out")
        elif local == "style":
            self._style(element, value)
        elif local in _LINKS:
            self._link(element, local, value)

    def _style(self, element: str, value: str) -> None:
        plain = _IGNORED_IN_STYLES.sub("", value)
        if "\\" in plain or _ACTIVE_STYLE.search(plain):
            sentence = f"has the style {shown(value)} on <{element}>, which may run something; take it out"
            self._note("narrative-script", sentence)
        for found in _STYLE_URL.finditer(plain):
            url = _IGNORED_IN_SCHEMES.sub("", found["url"])
            if _ABSOLUTE.match(url) and not _IMAGE_DATA.match(url):
                sentence = f"has a style that loads {shown(url)} on <{element}>; keep to plain styles"
                self._note("narrative-external", sentence)
            elif not _ABSOLUTE.match(url):
                sentence = f"has a style with the picture {shown(url)} on <{element}>; keep to plain styles"
                self._note("narrative-picture", sentence)

    def _link(self, element: str, attribute: str, value: str) -> None:
        target = _IGNORED_IN_SCHEMES.sub("", value)
        if target[0:1] == "#" and target[1:] and attribute in ("href", "src"):
            self._local[element, target[1:]] = None
        is_image = element == "img" and attribute == "src"
        if _ACTIVE_SCHEME.match(target) and not (is_image and _IMAGE_DATA.match(target)):
            self._note("narrative-script", f"has a link that runs, {attribute}={shown(value)}; take it out")
        elif is_image and _ABSOLUTE.match(target) and not _IMAGE_DATA.match(target):
            advice = "embed the image or contain it"
            self._note("narrative-external", f"loads an image from elsewhere, {shown(value)}; {advice}")

    def _note(self, rule: str, sentence: str) -> None:
        self.problems.append((rule, sentence))
