"""What a caller wrote stands in a refusal."""

from __future__ import annotations

from publisher.apply.refusals import refused


def test_what_a_caller_wrote_stands_in_a_sentence_as_one_short_line() -> None:
    (issue,) = refused("one-text", name="a\n\x1b" + "b" * 200).report
    assert issue.diagnostics == f"The parameter a??{'b' * 77}... takes one text."
