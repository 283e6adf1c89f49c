"""Messages out of a byte stream, however it was cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire.nats_protocol import LONGEST_LINE, Delivery, Scanner, read_headers

HEAD = b"NATS/1.0\r\nA: 1\r\n\r\n"
STREAM = (
    b"MSG a.b a1 5\r\nhello\r\n"
    b"PING\r\n"
    b"MSG a.c a1 _INBOX.x 4\r\n\r\n\r\n\r\n"
    b"HMSG a.d a2 %d %d\r\n%sMSG\r\n" % (len(HEAD), len(HEAD) + 3, HEAD)
) + b"-ERR 'Permissions Violation for Subscription to \"x\"'\r\nMSG e a1 0\r\n\r\n"
MESSAGES = [
    Delivery(b"a.b", b"a1", None, b"", b"hello"),
    Delivery(b"a.c", b"a1", b"_INBOX.x", b"", b"\r\n\r\n"),
    Delivery(b"a.d", b"a2", None, HEAD, b"MSG"),
    Delivery(b"e", b"a1", None, b"", b""),
]
LINES = [b"PING\r\n", b"-ERR 'Permissions Violation for Subscription to \"x\"'\r\n"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_cut_anywhere_gives_the_same_messages(cuts):
    scanner, messages, lines = Scanner(), [], []
    edges = [0, *sorted(cuts), len(STREAM)]
    for begin, end in itertools.pairwise(edges):
        found, other = scanner.feed(STREAM[begin:end])
        messages += found
        lines += other
    assert (messages, lines) == (MESSAGES, LINES)


def test_two_spaces_may_stand_where_a_reply_would():
    messages, lines = Scanner().feed(b"MSG _INBOX.a a1  2\r\nhi\r\nMSG b 2 c 1\r\nx\r\n")
    told = [(message.subject, message.reply, message.body) for message in messages]
    assert told == [(b"_INBOX.a", None, b"hi"), (b"b", b"c", b"x")]
    assert lines == []


def test_a_large_message_in_many_pieces_is_whole():
    body = bytes(range(256)) * 20_000
    stream = b"MSG a a1 %d\r\n%s\r\n" % (len(body), body)
    scanner, messages = Scanner(), []
    for begin in range(0, len(stream), 32_768):
        messages += scanner.feed(stream[begin : begin + 32_768])[0]
    assert [message.body for message in messages] == [body]


def test_a_line_without_an_end_is_not_kept_for_ever():
    scanner = Scanner()
    scanner.feed(b"x" * LONGEST_LINE)
    with pytest.raises(WireError, match="a line without an end"):
        scanner.feed(b"x")


def test_a_message_beyond_every_limit_is_refused():
    with pytest.raises(WireError, match="beyond every limit"):
        Scanner().feed(b"MSG a a1 999999999\r\n")


@given(st.binary(max_size=300))
def test_any_block_of_headers_can_be_read(block):
    read_headers(b"NATS/1.0" + block)


def test_headers_keep_their_order_their_repetitions_and_their_odd_values():
    head = b"NATS/1.0\r\nb: 2\r\na:1\r\nb: \xff:x\r\nnot one\r\n: no name\r\n\r\n"
    assert read_headers(head).pairs == (("b", "2"), ("a", "1"), ("b", "\ufffd:x"))


@pytest.mark.parametrize("status", ["503", "404 No Messages", "100 FlowControl Request"])
def test_a_status_is_no_header(status):
    assert read_headers(f"NATS/1.0 {status}\r\n\r\n".encode()) == (status, ())


def test_a_folded_header_is_one_value_and_a_repeated_one_has_each_of_its_values():
    head = b"NATS/1.0\r\nA: one\r\n two\r\n\tthree\r\nB: 1\r\nB: 2\r\n\r\n"
    assert read_headers(head).pairs == (("A", "one two three"), ("B", "1"), ("B", "2"))


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (b"NATS/1.0", ()),
        (b"NATS/1.0 503", (("Status", "503"),)),
        (b"NATS/1.0 404 No Messages", (("Status", "404"), ("Description", "No Messages"))),
        (
            b"NATS/1.0 409 Leadership Change",
            (("Status", "409"), ("Description", "Leadership Change")),
        ),
    ],
)
def test_a_servers_status_is_named_as_headers(line, named):
    assert read_headers(line + b"\r\nA: 1\r\n\r\n").named == (*named, ("A", "1"))


def test_a_message_beyond_every_servers_limit_is_refused_before_it_comes():
    Scanner().feed(b"MSG x 1 %d\r\n" % (64 << 20))
    with pytest.raises(WireError, match="beyond every limit"):
        Scanner().feed(b"MSG x 1 %d\r\n" % (65 << 20))
