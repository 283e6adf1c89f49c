"""What a copy keeps of a message, and what it must not."""

import pytest

from arcwatch.actions.replay_copy import as_headers, copied
from arcwatch.changes.replay_target import ReplayTarget
from arcwatch.model.message import Message
from arcwatch.notation.address import Subject, Topic


def message(source="js", headers=(), **more):
    address = "js:S" if source == "js" else "pulsar:a/b/c"
    return Message(source, address, 0, 1, b"x", "", id="#5", headers=tuple(headers), **more)


def test_headers_that_a_server_acts_upon_are_left_out():
    dangerous = [("Nats-Rollup", "all"), ("nats-msg-id", "7"), ("Nats-TTL", "1s")]
    copy = copied(message(headers=[*dangerous, ("Trace", "a"), ("arcwatch-replayed-from", "old")]))
    assert copy.headers == (("Trace", "a"), ("arcwatch-replayed-from", "js:S #5"))


def test_a_property_never_becomes_another_header():
    hostile = [("a: b\r\nNats-Rollup", "all"), ("c", "d\r\nNats-Rollup: all"), ("ok", "1")]
    pairs, dropped = as_headers(copied(message("pulsar", hostile)))
    assert [name for name, _ in pairs] == ["ok", "arcwatch-replayed-from"]
    assert dropped == 2


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("persistent://a/b/c-partition-3", Topic("a", "b", "c")),
        ("persistent://a/b/c", Topic("a", "b", "c")),
        ("persistent://a/b/*", None),
        ("c", None),
        ("persistent://a", None),
        ("", None),
    ],
)
def test_a_dead_letter_goes_back_only_to_a_topic_that_it_names(name, origin):
    letter = message("pulsar", [("REAL_TOPIC", name)])
    assert ReplayTarget(None).of(letter) == origin


def test_a_streams_message_goes_back_to_its_subject():
    assert ReplayTarget(None).of(message(subject="a.b")) == Subject("a.b")
    assert ReplayTarget(Subject("x.>")).of(message(subject="a.b")) == Subject("x.a.b")
