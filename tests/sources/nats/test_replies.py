"""Which messages in inboxes are replies to requests that were seen."""

from arcwatch.sources.nats.replies import MOST_EARLY, MOST_REQUESTS, Replies
from arcwatch.wire.nats_protocol import Delivery


def request(inbox, subject=b"a"):
    return Delivery(subject, b"1", inbox, b"", b"")


def reply(inbox, body=b""):
    return Delivery(inbox, b"1", None, b"", body)


def test_only_messages_to_the_inbox_of_a_request_are_replies():
    replies = Replies()
    assert replies.to([request(b"_INBOX.1"), request(None)]) == []
    one, two = reply(b"_INBOX.1", b"1"), reply(b"_INBOX.1", b"2")
    assert replies.among([one, reply(b"_INBOX.2"), two]) == [one, two]


def test_a_reply_may_come_before_its_request_and_is_told_once():
    replies = Replies()
    early = reply(b"_INBOX.1")
    assert replies.among([early]) == []
    assert replies.to([request(b"_INBOX.1")]) == [early]
    assert replies.to([request(b"_INBOX.1")]) == []


def test_what_is_waited_for_is_bounded_and_the_oldest_give_way():
    replies = Replies()
    replies.to(request(b"%d" % number) for number in range(MOST_REQUESTS + 1))
    last = reply(b"%d" % MOST_REQUESTS)
    assert replies.among([reply(b"0"), last]) == [last]
    replies = Replies()
    replies.among(reply(b"%d" % number) for number in range(MOST_EARLY + 1))
    assert replies.to([request(b"0")]) == []
    assert [each.subject for each in replies.to([request(b"1")])] == [b"1"]
