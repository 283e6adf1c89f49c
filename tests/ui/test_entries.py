"""Finding a command by its words: in full, by its beginning, or not, with the nearest."""

import pytest

from arcwatch.errors import UsageError
from arcwatch.ui.entries import arguments, find
from arcwatch.ui.entry import Entry

COMMANDS = ("topics", "topic a/b/c", "theme dark", "theme light")
KNOWN = [Entry("setting", words, "", list) for words in COMMANDS]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("topics", "topics"),
        ("  THEME   dark ", "theme dark"),
        ("theme l", "theme light"),
        ("topic a", "topic a/b/c"),
    ],
)
def test_words_name_one_entry(words, found):
    assert find(words, KNOWN).text == found


def test_the_beginning_of_several_says_which():
    with pytest.raises(UsageError) as caught:
        find("theme", KNOWN)
    assert caught.value.why == "theme dark, theme light"


def test_an_unknown_word_offers_the_nearest():
    with pytest.raises(UsageError) as caught:
        find("topisc", KNOWN)
    assert caught.value.hint == "did you mean topics?"


@pytest.mark.parametrize(
    ("words", "parted"),
    [
        ("  a   b ", ["a", "b"]),
        ("'a b' \"c 'd'\"", ["a b", "c 'd'"]),
        (r"nats:a\b#c", [r"nats:a\b#c"]),
        ("js:A/'x y'#z", ["js:A/x y#z"]),
        ("", []),
    ],
)
def test_quotes_hold_together_what_has_blanks(words, parted):
    assert arguments(words) == parted


@pytest.mark.parametrize("words", ["'a", 'a "b c', "it's"])
def test_a_quote_that_is_not_closed_is_said(words):
    with pytest.raises(UsageError, match="a quote is not closed"):
        arguments(words)
