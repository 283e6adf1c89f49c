"""Bytes of which nothing is known, packed or not, and what must not happen with hostile ones."""

import base64
import datetime
import gzip
import json
import sys
import zlib

import lz4.frame
import msgspec
import pytest

from arcwatch.decode import decode, unpack
from arcwatch.decode.bounds import MAX_BODY, MAX_DEPTH, nested_deeper

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ORDER = {"id": 7, "total": 12.5, "who": "Zoë", "tags": ["eu", None, True]}
JSON = json.dumps(ORDER).encode()


def test_nothing_is_null():
    said = decode(b"")
    assert (said.encoding, said.value, said.error) == ("null", None, None)


@pytest.mark.parametrize(
    ("body", "encoding", "value"),
    [
        (JSON, "json", ORDER),
        (b"\xef\xbb\xbf" + JSON, "json", ORDER),
        (b" 123\n", "json", 123),
        (b"123456789012345678901234567890", "json", 123456789012345678901234567890),
        (b'{"a":1,"a":2}', "json", {"a": 2}),
        (b"null", "json", None),
        ("naïve \x1b[2J".encode(), "text", "naïve \x1b[2J"),
        (b'{"a": NaN}', "text", '{"a": NaN}'),
        (b"{not json", "text", "{not json"),
        (b"x^2 + 1", "text", "x^2 + 1"),
        (msgspec.msgpack.encode(ORDER), "msgpack", ORDER),
        (msgspec.msgpack.encode(["a", 1]), "msgpack", ["a", 1]),
        (msgspec.msgpack.encode([1.5, 2]), "msgpack", [1.5, 2]),
    ],
)
def test_reads_what_bytes_say_by_themselves(body, encoding, value):
    said = decode(body)
    assert (said.encoding, said.value, said.error, said.body) == (encoding, value, None, body)


def test_message_pack_is_told_in_what_json_can_say():
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    inner = {2: b"\0\xff", True: msgspec.msgpack.Ext(5, b"x"), "at": at}
    said = decode(msgspec.msgpack.encode({"inner": inner}))
    assert said.value == {
        "inner": {"2": "AP8=", "true": {"type": 5, "data": "eA=="}, "at": "2026-01-02T03:04:05Z"}
    }


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x93\x01\x02\x03", id="a list of nothing but small numbers"),
        pytest.param(b"\x80", id="an empty map"),
        pytest.param(b"\x81\x01\x02", id="a map with a number as its key"),
        pytest.param(msgspec.msgpack.encode({"a": 1}) + b"\0", id="bytes left over"),
        pytest.param(b"\xdd\xff\xff\xff\xff", id="four billion items claimed"),
        pytest.param(b"\0\0\0\x05", id="a number"),
        pytest.param(b"caf\xc3", id="half a character"),
        pytest.param(b"\xff\xfe", id="no text"),
    ],
)
def test_other_bytes_are_base64_with_the_reason(body):
    said = decode(body)
    assert (said.encoding, base64.b64decode(said.value)) == ("base64", body)
    assert said.error.startswith("neither JSON nor MessagePack, and not ")


PACKINGS = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": zstd.compress,
    "lz4": lz4.frame.compress,
}


@pytest.mark.parametrize("name", PACKINGS)
def test_sees_through_what_a_body_is_packed_with(name):
    pack = PACKINGS[name]
    said = decode(pack(JSON))
    assert (said.encoding, said.value, said.compression) == ("json", ORDER, name)
    assert said.body == JSON


def test_sees_through_several_packings_the_outermost_named_first():
    said = decode(gzip.compress(zstd.compress(JSON)))
    assert (said.value, said.compression) == (ORDER, "gzip+zstd")


@pytest.mark.parametrize("name", ["gzip", "zstd", "lz4"])
def test_packed_pieces_one_after_the_other_are_one_body(name):
    pack = PACKINGS[name]
    said = decode(pack(b"one ") + pack(b"two") + bytes(5))
    assert said.value == "one two"


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("harm", [lambda body: body[:-3], lambda body: body[:9] + b"\xff" * 9])
def test_a_broken_packing_leaves_the_bytes_as_they_came(name, harm):
    body = harm(PACKINGS[name](JSON))
    said = decode(body)
    assert (said.encoding, base64.b64decode(said.value)) == ("base64", body)
    assert (said.body, said.compression) == (body, None)
    # two bytes are too few to say that somebody meant zlib
    assert said.error.startswith("neither" if name == "zlib" else f"{name}: ")


@pytest.mark.parametrize("name", PACKINGS)
def test_a_bomb_is_not_unpacked(name):
    body = PACKINGS[name](bytes(3 * MAX_BODY))
    said = decode(body)
    assert (said.body, said.encoding) == (body, "base64")
    assert said.error.startswith(f"{name}: becomes more than ")


def test_a_small_body_may_not_become_a_large_one():
    said = decode(gzip.compress(bytes(2 * unpack.ALWAYS)))
    assert said.error == "gzip: becomes more than 1,024 KiB"


def test_packings_in_each_other_come_to_an_end():
    body = JSON
    for _ in range(unpack.MAX_LAYERS + 1):
        body = gzip.compress(body)
    said = decode(body)
    assert (said.encoding, said.error) == ("base64", "packed more than 4 times")


def test_pieces_one_after_the_other_come_to_an_end():
    said = decode(gzip.compress(b"") * (unpack.MAX_MEMBERS + 1))
    assert said.error == "gzip: more than 100 pieces"


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 10_000, 400_000])
@pytest.mark.parametrize("ends", [("[", "]"), ('{"a":', "}")])
def test_deep_json_stays_text_and_says_why(depth, ends):
    document = f"{ends[0] * depth}1{ends[1] * depth}"
    said = decode(document.encode())
    assert (said.encoding, said.value) == ("text", document)
    assert said.error == "JSON nested more than 100 deep"


def test_json_as_deep_as_is_allowed_is_json():
    said = decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert said.encoding == "json"
    assert nested_deeper(said.value, MAX_DEPTH - 1)


@pytest.mark.parametrize("number", ["1e999", "9" * 5000])
def test_json_with_a_number_that_python_has_not_stays_text(number):
    said = decode(f'{{"a": {number}}}'.encode())
    assert (said.encoding, said.error.partition(":")[0]) == ("text", "JSON")


def test_a_million_lists_stay_text():
    document = b"[" + b"[]," * 1_000_000 + b"[]]"
    said = decode(document)
    assert (said.encoding, said.error) == ("text", "more than 500,000 lists and objects")


def test_a_body_of_five_megabytes_is_read():
    document = b'{"rows":[' + b'{"id":1,"name":"abcdefgh"},' * 190_000 + b"0]}"
    assert len(document) > 5_000_000
    assert len(decode(document).value["rows"]) == 190_001


def test_a_body_larger_than_is_read_is_base64():
    body = b'"' + b"a" * MAX_BODY + b'"'
    said = decode(body)
    assert (said.encoding, said.error) == ("base64", "larger than 16 MiB")
    assert base64.b64decode(said.value) == body
