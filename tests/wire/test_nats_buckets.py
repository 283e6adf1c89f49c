"""Entries of key-value stores and descriptions of objects, as clients store them."""

import json

import pytest

from arcwatch.errors import WireError
from arcwatch.model.message import Message
from arcwatch.wire.nats_buckets import SHOWN, key_of, object_of


def message(subject, body, *headers):
    moment = 1_500_000_000
    return Message(
        "js", "js:S", 0, len(body), body, subject=subject, id="#7", publish_time=moment,
        headers=headers,
    )  # fmt: skip


def key(body=b"", *headers):
    return key_of(message("$KV.config.svc.a", body, *headers))


def test_reads_the_entry_of_a_key():
    entry = key(b'{"n":1}', ("Nats-TTL", "5m"))
    assert (entry.key, entry.subject, entry.revision) == ("svc.a", "$KV.config.svc.a", 7)
    assert (entry.time, entry.operation, entry.size, entry.ttl) == (1.5, "put", 7, "5m")
    assert (entry.value, entry.encoding, entry.is_cut) == ('{"n":1}', "text", False)


@pytest.mark.parametrize(
    ("header", "operation"),
    [
        (("KV-Operation", "DEL"), "delete"),
        (("KV-Operation", "PURGE"), "purge"),
        (("KV-Operation", "PUT"), "put"),
        (("Nats-Marker-Reason", "MaxAge"), "expired"),
        (("Nats-Marker-Reason", "Purge"), "purge"),
        (("Nats-Marker-Reason", "Remove"), "delete"),
    ],
)
def test_says_what_was_done_to_a_key(header, operation):
    assert key(b"", header).operation == operation


@pytest.mark.parametrize(
    ("body", "value", "encoding"),
    [
        (b"\xff\x00", "/wA=", "base64"),
        (b"x" * SHOWN + b"y", "x" * SHOWN, "text"),
        # cut within a character of two bytes
        (b"x" * (SHOWN - 1) + "é".encode(), "x" * (SHOWN - 1), "text"),
        (b"abc\xc3", "YWJjww==", "base64"),
    ],
)
def test_keeps_the_start_of_a_value_as_text_where_it_is_some(body, value, encoding):
    entry = key(body)
    assert (entry.value, entry.encoding) == (value, encoding)
    assert (entry.size, entry.is_cut) == (len(body), len(body) > SHOWN)


DESCRIBED = {
    "name": "logo.png", "bucket": "assets", "nuid": "nPKSWzNEXkXPJpLrPZQEXH", "size": 300_000,
    "chunks": 3, "digest": "SHA-256=EuG5", "mtime": "0001-01-01T00:00:00Z",
}  # fmt: skip


def described(**told):
    return object_of(message("$O.assets.M.bG9nbw==", json.dumps(DESCRIBED | told).encode()))


def test_reads_the_description_of_an_object():
    one = described(description="a\x1b[2J")
    assert (one.name, one.size, one.chunks, one.digest) == ("logo.png", 300_000, 3, "SHA-256=EuG5")
    assert (one.revision, one.time, one.deleted, one.link) == (7, 1.5, False, "")
    assert one.description == "a␛[2J"


def test_an_object_may_be_deleted_or_a_link():
    assert described(deleted=True).deleted
    assert described(options={"link": {"bucket": "b", "name": "n"}}).link == "b/n"


def test_what_names_chunks_cannot_name_other_subjects():
    assert described(nuid="x.>").nuid == ""


@pytest.mark.parametrize("told", [{"size": -1}, {"size": 2**70}, {"chunks": "3"}, {"name": 3}])
def test_what_describes_no_object_is_refused(told):
    with pytest.raises(WireError, match="not the description of an object"):
        described(**told)
