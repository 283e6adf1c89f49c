import gzip

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcwatch.decode import decode_message
from arcwatch.filters.filter import parse_filter
from arcwatch.filters.haystack import Prefilter
from arcwatch.model.message import Message

TEXTS = st.text(max_size=12)
BODIES = (
    TEXTS.map(str.encode) | st.binary(max_size=12) | TEXTS.map(lambda t: f'{{"a":"{t}"}}'.encode())
)
MESSAGES = st.lists(st.tuples(BODIES, TEXTS, TEXTS), max_size=8)


@example([(b"", "ß", "ß:")], [":"])
@given(MESSAGES, st.lists(st.text("aäßİ\\ux:", min_size=1, max_size=3), min_size=1, max_size=2))
def test_nothing_that_the_filter_keeps_is_held_back(drawn, words):
    keeps = parse_filter("\\\\" * words[0].startswith("\\") + " ".join(words))
    messages = [
        Message("pulsar", "", 0, len(body), body, key=key, headers=(("trace", value),))
        for body, key, value in drawn
    ]
    others = [f"{m.key}\ntrace: {m.headers[0][1]}" for m in messages]
    passing = set(Prefilter(keeps.words).passing([m.body for m in messages], others))
    for number, message in enumerate(messages):
        if keeps.keeps(message, lambda message=message: decode_message(message)):
            assert number in passing


def test_letters_that_are_folded_into_more_of_them_shift_nothing():
    assert list(Prefilter([":"]).passing([b"", b""], ["\u00df", "\u00df\u00df:"])) == [1]


def test_messages_that_lack_a_word_are_held_back():
    sieve = Prefilter(["agent-7"])
    bodies = [b'{"a":"AGENT-7"}', b'{"a":"agent-8"}', b"\xff\x00"]
    assert list(sieve.passing(bodies, ["", "", ""])) == [0, 2]
    assert list(sieve.passing(bodies[1:2], [""])) == []


@pytest.mark.parametrize("body", [gzip.compress(b"late", mtime=0), b'"l\\u0061te"'])
def test_what_has_to_be_unpacked_first_is_never_held_back(body):
    assert list(Prefilter(["late"]).passing([b"early", body], ["", ""])) == [1]
