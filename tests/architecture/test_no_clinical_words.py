"""No word, id or code of a shipped topic stands in code: all that is said of a condition comes from its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture import vocabulary
from tests.topics import EXAMPLE

ROOT = Path(__file__).parents[2]
SHARED = "foundation"  # what all topics share is about no condition
TOPICS = [path.parent for path in sorted((ROOT / "artifacts").glob("*/topic.yaml")) if path.parent.name != SHARED]
# Words of the standards that a plan is written with: hooks of CDS Hooks, a code of FHIR.
STANDARD = {"order-sign", "problem-list-item-create", "visual-group"}
TEXTS = {path: path.read_text("utf-8") for path in vocabulary.code_files(ROOT / "publisher", ROOT / "server")}


def found_words(topic: Path, texts: dict[Path, str]) -> list[str]:
    """Return where a word of `topic` that is no ordinary one stands in `texts`."""
    own = vocabulary.words_of_topic(topic) - vocabulary.ordinary_words()
    return [f"{path.name}: {word}" for path, text in texts.items() for word in sorted(vocabulary.words(text) & own)]


def found_names(topic: Path, texts: dict[Path, str]) -> list[str]:
    """Return where an id or code of `topic` stands in `texts`; one that another topic has too is no name of it."""
    own = vocabulary.names_of_topic(topic) - vocabulary.names_of_topic(EXAMPLE) - STANDARD
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, sorted(own)))})(?![\w-])")
    return [f"{path.name}: {name}" for path, text in texts.items() for name in sorted(set(pattern.findall(text)))]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda path: path.name)
def test_no_word_of_a_topic_stands_in_code(topic: Path) -> None:
    # A word that is of no condition after all goes into ordinary-words.txt.
    assert found_words(topic, TEXTS) == []


@pytest.mark.parametrize("topic", TOPICS, ids=lambda path: path.name)
def test_no_id_or_code_of_a_topic_stands_in_code(topic: Path) -> None:
    assert found_names(topic, TEXTS) == []


def test_there_are_words_names_and_code_to_look_for() -> None:
    assert len(TEXTS) > 200
    for topic in TOPICS:
        assert len(vocabulary.words_of_topic(topic) - vocabulary.ordinary_words()) > 100
        assert len(vocabulary.names_of_topic(topic)) > 50


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def has_handkerchief(): ...", ["x.py: handkerchief"]),
        ("class WhistleRule: ...", ["x.py: whistle"]),
        ('say("Exempelnysning")', ["x.py: exempelnysning"]),
        ("def condition_of(patient): ...", []),
    ],
)
def test_a_word_is_found_however_a_name_is_made_of_it(text: str, found: list[str]) -> None:
    assert found_words(EXAMPLE, {Path("x.py"): text}) == found


@pytest.mark.parametrize("text", ['if action == "feather-nearby":', "BK_ADV = 'SNZ-ADV-01'", "x = ['pepper-dust']"])
def test_an_id_is_found_in_code(text: str) -> None:
    other = {path.name: path for path in TOPICS}
    own = vocabulary.names_of_topic(EXAMPLE) - set().union(*map(vocabulary.names_of_topic, other.values()))
    assert any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) for name in own)
