"""Other people's text reaches a terminal without telling it anything."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.text.control_characters import elide_middle, escaped_json, printable

ANYTHING = st.text(st.characters())
"""Lone surrogates too: some names come from undecodable bytes."""

HOSTILE = {
    "clears the screen": "\x1b[2J",
    "one-byte CSI": "\x9b2J",
    "sets the clipboard": "\x1b]52;c;aGk=\x07",
    "starts a new line": "a\nb\r\nc\u2028d\u2029e\x85f",
    "turns text around": "\u202eabc\u2066def\u2069",
    "hides a letter": "a\u200bb\u00adc\ufeffd\u2060e",
    "deletes": "abc\x7f\x08",
    "half a character": "\ud800",
    "tags nobody sees": "\U000e0041\U000e0042",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_a_terminal_obeys_comes_through(text):
    safe = printable(text)
    assert safe.isprintable()
    assert len(safe) == len(text)
    safe.encode()


@given(ANYTHING)
def test_whatever_comes_is_one_line_of_characters_that_show(text):
    safe = printable(text)
    # blanks wider than a space are the only characters that Python calls unprintable and show
    assert "".join(" " if unicodedata.category(c) == "Zs" else c for c in safe).isprintable()
    assert len(safe) == len(text)


@given(ANYTHING)
def test_what_is_safe_already_stays_as_it_is(text):
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize("text", ["orders.eu", "pago.日本", "zażółć", "e\u0301", "a b", ""])
def test_names_in_any_script_stay_readable(text):
    assert printable(text) == text


@given(ANYTHING, st.integers(1, 20))
def test_a_limit_is_kept_and_shown(text, limit):
    safe = printable(text, limit)
    assert len(safe) <= limit
    assert safe.endswith("…") == (len(text) > limit or (len(text) == limit and text[-1] == "…"))


@given(st.text(min_size=1), st.integers(-3, 20))
def test_a_name_cut_in_its_middle_keeps_both_ends(text, width):
    cut = elide_middle(text, width)
    assert len(cut) == min(len(text), max(width, 0))
    if 3 <= width < len(text):
        head, mark, tail = cut.partition("…") if "…" not in text else ("", "…", "")
        assert mark
        assert text.startswith(head)
        assert text.endswith(tail)


@given(st.text())
def test_json_reads_the_same_and_moves_no_cursor(text):
    written = escaped_json(json.dumps({text: text}, ensure_ascii=False))
    assert json.loads(written) == {text: text}
    assert not any(unicodedata.bidirectional(c) in BIDI or 0x7F <= ord(c) < 0xA0 for c in written)


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_json_keeps_other_scripts_as_they_are():
    assert escaped_json('"zażółć 日本 😀"') == '"zażółć 日本 😀"'
