"""A message that cannot be passed on costs only itself."""

from arcwatch.model.message import Message
from arcwatch.model.tail import decode_messages
from arcwatch.sources.encodable import encoded


def message(subject, address="nats:a"):
    return Message("nats", address, 7, 1, b"x", subject=subject, id="#1")


def test_messages_are_passed_on_as_they_are():
    sent = [message("a"), message("b")]
    assert decode_messages(encoded(sent)) == sent


def test_one_that_cannot_be_is_reduced_and_says_so_and_the_others_are_whole(bugs):
    sent = [message("a"), message("\ud800", address="nats:\ud800"), message("b")]
    first, second, third = decode_messages(encoded(sent))
    assert [first, third] == [sent[0], sent[2]]
    assert (second.body, second.id, second.subject) == (b"x", "#1", None)
    assert second.address == "nats:?"
    assert "could not be passed on" in second.unread
    assert bugs
