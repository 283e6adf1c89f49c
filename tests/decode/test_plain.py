"""Bytes of which nothing is known, packed or not, and what must not happen with hostile ones."""

import base64
import json

import msgspec
import pytest

from arcwatch.decode import decode
from arcwatch.decode.bounds import MAX_DEPTH, nested_deeper

ORDER = {"id": 7, "total": 12.5, "who": "Zoë", "tags": ["eu", None, True]}
JSON = json.dumps(ORDER).encode()


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
