"""What a narrative may hold: more spellings than the cases of the rules have room for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.validation.narrative import narrative_problems

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


def rules(content: str) -> list[str]:
    return [rule for rule, _ in narrative_problems(f"<div {XHTML}>{content}</div>")]


@pytest.mark.parametrize(
    "content",
    [
        "text",
        "&#160;a &amp; b &lt; c",
        '<h1 id="a">a</h1><h2>b</h2><p class="c" style="color: red" title="d">e<br/>f</p>',
        "<ul><li>a</li></ul><ol><li>b</li></ol><dl><dt>c</dt><dd>d</dd></dl>",
        '<table border="1"><caption>a</caption><thead><tr><th scope="col">b</th></tr></thead></table>',
        '<table summary="a"><tbody><tr><td colspan="2">c</td></tr></tbody></table>',
        "<b>a</b><i>b</i><em>c</em><strong>d</strong><sub>e</sub><sup>f</sup><code>g</code><pre>h</pre>",
        '<a href="https://example.org">a</a><a name="b">b</a><a href="#b">c</a><a href="Patient/1">d</a>',
        '<p xml:lang="en" lang="en">a</p>',
        '<img src="data:image/png;base64,AAAA" alt="a"/>',
        "<!-- a comment -->a",
    ],
)
def test_formatting_is_allowed(content: str) -> None:
    assert rules(content) == []


def test_a_picture_may_be_one_that_the_resource_contains() -> None:
    div = f'<div {XHTML}><img src="#picture" alt="a"/></div>'

    assert list(narrative_problems(div, {"picture": "Binary"})) == []
    assert [rule for rule, _ in narrative_problems(div)] == ["narrative-link-unresolved"]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("<script>a</script>", "narrative-script"),
        ('<iframe src="a">a</iframe>', "narrative-script"),
        ('<object data="a">a</object>', "narrative-script"),
        ('<input type="text"/>a', "narrative-script"),
        ("<SCRIPT>a</SCRIPT>", "narrative-script"),
        ('<p onMouseOver="a()">a</p>', "narrative-script"),
        ('<a href="JavaScript:a()">a</a>', "narrative-script"),
        ('<a href="&#9;java&#10;script&#58;a()">a</a>', "narrative-script"),
        ('<a href="data:text/html,a">a</a>', "narrative-script"),
        ('<a href="vbscript:a">a</a>', "narrative-script"),
        ('<img src="data:image/svg+xml;base64,AAAA" alt="a"/>', "narrative-script"),
        ('<p style="width: ex/**/pression(a)">a</p>', "narrative-script"),
        ('<p style="background: u\\72l(a)">a</p>', "narrative-script"),
        ('<p style="behavior: url(#a)">a</p>', "narrative-script"),
        ("<style>p {}</style>a", "narrative-element"),
        ('<link href="a"/>a', "narrative-element"),
        ("<head/>a", "narrative-element"),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>a', "narrative-element"),
        ("<?php a?>a", "narrative-element"),
        ("<ins>a</ins>", "narrative-element"),
        ('<p data-a="b">a</p>', "narrative-attribute"),
        ('<a href="a" target="_top">a</a>', "narrative-attribute"),
        ('<p xmlns:x="http://example.org/x" x:lang="en">a</p>', "narrative-attribute"),
        ('<img src="http://example.org/a.png" alt="a"/>', "narrative-external"),
        ('<img src="//example.org/a.png" alt="a"/>', "narrative-external"),
        ("<p style=\"background: URL( 'https://example.org/a.png' )\">a</p>", "narrative-external"),
        ("<p>a", "narrative-malformed"),
        ("&nbsp;a", "narrative-malformed"),
        ("<p/>", "narrative-blank"),
        ("<!-- only a comment -->", "narrative-blank"),
    ],
)
def test_anything_else_is_told(content: str, rule: str) -> None:
    found = rules(content)

    assert rule in found
    assert set(found) <= {rule, "narrative-picture"}


@pytest.mark.parametrize(
    "div",
    [
        "<div>a</div>",
        f"<p {XHTML}>a</p>",
        '<div xmlns="http://example.org">a</div>',
        f'<h:span xmlns:h="http://www.w3.org/1999/xhtml"><p {XHTML}>a</p></h:span>',
    ],
)
def test_a_narrative_is_a_div_of_xhtml(div: str) -> None:
    assert "narrative-namespace" in [rule for rule, _ in narrative_problems(div)]


def test_a_doctype_is_refused_before_any_entity_is_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE div [<!ENTITY e0 "a">{bomb}]><div {XHTML}>&e9;</div>'

    assert list(narrative_problems(text)) == [
        ("narrative-malformed", "has a DOCTYPE, which no narrative may have; take it out")
    ]


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    list(narrative_problems(text))
    list(narrative_problems(f"<div {XHTML}>{text}</div>"))
