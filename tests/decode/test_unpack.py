"""What bodies are packed with, and what must not happen with hostile packings."""

import base64
import gzip
import sys
import zlib

import lz4.frame
import pytest

from arcwatch.decode import decode, unpack
from arcwatch.decode.bounds import MAX_BODY

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd
from tests.decode.test_plain import JSON, ORDER

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
