"""Messages out of the byte stream of a NATS server, many at a time.  Pure: bytes in, tuples out.

The client library's own parser takes 5.7 µs a message on two cores shared with the server, this
one with everything that a tail makes of a message 1.9 µs (``tests/bench/bench_tail.py``): what
follows a hundred thousand messages a second has to take the shorter way.

Source: ``server/parser.go`` of nats-server 2.15, and the protocol's reference.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from arcwatch.errors import WireError

LONGEST_LINE = 64 * 1024
"""Bytes of a control line, at most; a server's own limit is 4 KiB unless set otherwise, but the
``INFO`` of a large cluster is longer."""
LARGEST = (64 << 20) + LONGEST_LINE
"""Bytes of a message with its line, at most: no server can be set to more than 64 MiB."""

# a server that answers for itself, over $SYS, writes two spaces where a reply would be
_MSG = re.compile(rb"MSG (\S+) (\S+) (?:(\S+) )? ?(\d{1,9})\r\n")
_HMSG = re.compile(rb"HMSG (\S+) (\S+) (?:(\S+) )? ?(\d{1,9}) (\d{1,9})\r\n")
_STATUS = re.compile(rb"NATS/1\.0[ \t]*(\d{3})?[ \t]*([^\r\n]*)")


class Delivery(NamedTuple):
    """One ``MSG`` or ``HMSG``."""

    subject: bytes
    sid: bytes
    reply: bytes | None
    head: bytes
    """The block of headers as sent; empty without any."""
    body: bytes


class Headers(NamedTuple):
    """A block of headers, read."""

    status: str
    """``503``, ``404 No Messages`` …; empty in a message that someone published."""
    pairs: tuple[tuple[str, str], ...]

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The pairs, with a server's status before them as headers of their own.

        The names are those that nats.go gives them, in ``DecodeHeadersMsg``.

        >>> Headers("404 No Messages", ()).named
        (('Status', '404'), ('Description', 'No Messages'))
        """
        if not self.status:
            return self.pairs
        status, _, description = self.status.partition(" ")
        answer = [("Status", status)] + ([("Description", description)] if description else [])
        return (*answer, *self.pairs)


class Scanner:
    """Cuts a stream into messages and other commands, keeping what is not complete yet."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._missing = 0

    def reset(self) -> None:
        """Forget what was begun: the stream starts anew."""
        self._parts, self._missing = [], 0

    def feed(self, data: bytes) -> tuple[list[Delivery], list[bytes]]:
        """Take what was read.

        Returns:
            The messages, and every other command as a whole line, each in its order.
        """
        if self._missing > len(data):
            # a large message on its way is joined once, when all of it is here
            self._parts.append(data)
            self._missing -= len(data)
            return [], []
        buffer = b"".join((*self._parts, data)) if self._parts else data
        self.reset()
        return self._cut(buffer)

    def _cut(self, buffer: bytes) -> tuple[list[Delivery], list[bytes]]:
        messages: list[Delivery] = []
        lines: list[bytes] = []
        begin, size, match = 0, len(buffer), _MSG.match
        while begin < size:
            if found := match(buffer, begin):
                subject, sid, reply, length = found.groups()
                body = found.end()
                end = body + int(length)
                if end + 2 > size:
                    self._keep(buffer, begin, end + 2)
                    break
                messages.append(Delivery(subject, sid, reply, b"", buffer[body:end]))
                begin = end + 2
            elif found := _HMSG.match(buffer, begin):
                subject, sid, reply, head, length = found.groups()
                body = found.end() + int(head)
                end = found.end() + int(length)
                if end + 2 > size:
                    self._keep(buffer, begin, end + 2)
                    break
                head = buffer[found.end() : body]
                messages.append(Delivery(subject, sid, reply, head, buffer[body:end]))
                begin = end + 2
            else:
                end = buffer.find(b"\n", begin) + 1
                if not end:
                    self._keep(buffer, begin, 0)
                    break
                lines.append(buffer[begin:end])
                begin = end
        return messages, lines

    def _keep(self, buffer: bytes, begin: int, end: int) -> None:
        """Keep what is incomplete, and remember how many bytes are missing if known."""
        if end - begin > LARGEST or (not end and len(buffer) - begin > LONGEST_LINE):
            why = "a message beyond every limit" if end else "a line without an end"
            raise WireError("not the NATS protocol", why=why, hint="is this port NATS's?")
        self._parts = [buffer[begin:]]
        self._missing = max(end - len(buffer), 1)


def read_headers(head: bytes) -> Headers:
    r"""The names and values of a block of headers, in their order.

    What is not a header is left out: a publisher may put anything there.  A line that begins with
    a blank goes on with the value before it, as in MIME.

    >>> read_headers(b"NATS/1.0\r\nA: 1\r\nA:2\r\n\r\n").pairs
    (('A', '1'), ('A', '2'))
    >>> read_headers(b"NATS/1.0 404 No Messages\r\n\r\n").status
    '404 No Messages'
    """
    first, _, rest = head.partition(b"\n")
    found = _STATUS.match(first)
    status = b" ".join(part for part in found.groups() if part) if found and found[1] else b""
    pairs: list[tuple[str, str]] = []
    for line in rest.split(b"\n"):
        if pairs and line[:1] in (b" ", b"\t"):
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {_text(line.strip())}".strip())
            continue
        name, colon, value = line.partition(b":")
        if colon and name:
            pairs.append((_text(name), _text(value.strip())))
    return Headers(_text(status), tuple(pairs))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
