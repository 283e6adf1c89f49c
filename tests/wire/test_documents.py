"""What is no document says so, in one line that quotes little of what a server wrote."""

import msgspec
import pytest

from arcwatch.errors import WireError
from arcwatch.wire.documents import LONGEST_REASON, decoded

COUNTS = msgspec.json.Decoder(dict[str, int])


def why(body, decoder=COUNTS):
    with pytest.raises(WireError) as caught:
        decoded(decoder, body, "not counts", where="n1:8222/varz", hint="ask again")
    assert (caught.value.what, caught.value.where) == ("not counts", "n1:8222/varz")
    assert caught.value.hint == "ask again"
    return caught.value.why


def test_a_document_is_read():
    assert decoded(COUNTS, b'{"a": 1}', "not counts") == {"a": 1}


@pytest.mark.parametrize("body", [b"", b" \n "])
def test_nothing_is_called_an_empty_answer(body):
    assert why(body) == "an empty answer"


def test_a_web_page_is_called_one_with_its_beginning():
    assert why(b"\n<html>" + b"x" * 500) == "a web page: <html>" + "x" * 53


def test_a_field_of_another_type_is_named_with_its_path():
    assert why(b'{"a": "x"}') == "Expected `int`, got `str` - at `$[...]`"


def test_depth_is_no_crash_and_quotes_nothing():
    assert why(b"[" * 100_000, msgspec.json.Decoder()) == "nested too deeply"


@pytest.mark.parametrize("body", [b'{"\x1b[2J', b'{"a": "\xff"}', b"x" * 9_000, b'{"a\n": }'])
def test_what_is_quoted_is_short_and_printable(body):
    said = why(body)
    assert said.isprintable()
    assert 0 < len(said) <= LONGEST_REASON
