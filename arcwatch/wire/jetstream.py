"""JetStream's answers: stream state, and message positions in reply subjects.  Pure.

Source: ``server/jetstream_api.go``, ``server/consumer.go`` (``ackReplySubject``) and the direct
get of nats-server 2.15.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from arcwatch.errors import NotThereError, SourceError, WireError
from arcwatch.text.control_characters import printable

from .documents import decoded
from .numbers import BEYOND, LAST_MS, Int64

STREAM_NOT_FOUND = 10059

_OURS = frozenset(
    {
        "Nats-Stream",
        "Nats-Subject",
        "Nats-Sequence",
        "Nats-Time-Stamp",
        "Nats-Num-Pending",
        "Nats-Last-Sequence",
        "Nats-UpTo-Sequence",
    }
)
"""Headers that a direct get adds to the message's own."""

SILENT = 15_000_000_000
"""Nanoseconds without a word from a stream that is copied, after which it may have more."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (LAST_MS + 1) * 1_000_000 - 1
_NUMBER = re.compile(rb"\d{1,19}")


class _Error(Struct):
    code: Int64 = 0
    err_code: Int64 = 0
    description: str = ""


class _Config(Struct):
    name: str
    retention: str = "limits"
    allow_direct: bool = False
    max_age: Int64 = 0
    max_msgs: Int64 = -1
    max_bytes: Int64 = -1
    max_msgs_per_subject: Int64 = -1


class _State(Struct):
    first_seq: Int64 = 0
    last_seq: Int64 = 0
    messages: Int64 = 0
    bytes: Int64 = 0
    first_ts: str = ""
    last_ts: str = ""
    subjects: dict[str, Int64] | None = None


class _Replica(Struct):
    name: str = ""
    current: bool = True
    offline: bool = False
    lag: Int64 = 0


class _Origin(Struct):
    name: str = ""
    lag: Int64 = 0
    active: Int64 = 0


class _Raft(Struct):
    replicas: list[_Replica] | None = None


class _Answer(Struct):
    error: _Error | None = None
    total: Int64 = 0
    num_pending: Int64 = 0
    config: _Config | None = None
    state: _State | None = None
    cluster: _Raft | None = None
    mirror: _Origin | None = None
    sources: list[_Origin] | None = None


class _Stored(Struct):
    subject: str
    seq: Int64
    time: str
    data: bytes = b""
    hdrs: bytes = b""


class _Got(Struct):
    error: _Error | None = None
    message: _Stored | None = None


_answers = msgspec.json.Decoder(_Answer)
_gots = msgspec.json.Decoder(_Got)


class StreamState(NamedTuple):
    """What a stream is, and what it holds."""

    retention: str
    """``limits``, ``interest`` or ``workqueue``."""
    allow_direct: bool
    first: int
    last: int
    """Sequence of the last message it ever had; 0 before any."""
    behind: tuple[tuple[str, int], ...] = ()
    """Replicas that lack entries of its log, and how many; 0 where nobody knows."""
    uncopied: tuple[tuple[str, int], ...] = ()
    """Streams that it copies and that have more, with how many messages; 0 if unknown."""


class StreamExtent(NamedTuple):
    """What a stream stores."""

    first: int
    last: int
    messages: int
    size: int
    first_time: int
    """Nanoseconds since the epoch; of no meaning without messages."""
    last_time: int
    max_age: int
    """Nanoseconds; 0 is without a limit."""
    max_messages: int
    """-1 is without a limit."""
    max_size: int
    per_subject: int = -1
    """Messages that it keeps of each subject; -1 is all."""
    retention: str = "limits"
    """As of :class:`StreamState`."""

    @property
    def is_limited_by_subject_alone(self) -> bool:
        """Whether neither a limit nor an acknowledgement removes the last message of a subject."""
        is_kept = self.retention == "limits"
        return is_kept and self.max_age <= 0 and self.max_messages <= 0 and self.max_size <= 0


class Position(NamedTuple):
    """The position of a message, from the reply subject of a consumer's delivery."""

    stream: str
    delivered: int
    """How often it was delivered, this time included."""
    sequence: int
    consumer_sequence: int
    time: int
    """When the stream dated it, nanoseconds since the epoch."""
    pending: int
    """Messages after it that the consumer has not sent."""


class Stored(NamedTuple):
    """A message as returned by a direct get."""

    subject: str
    sequence: int
    time: int
    head: tuple[tuple[str, str], ...]
    body: bytes


def parse_extent(body: bytes, stream: str) -> StreamExtent:
    """The answer of ``$JS.API.STREAM.INFO.<stream>``, for what it stores."""
    config, state, _ = _stream(body, stream)
    return StreamExtent(
        state.first_seq,
        state.last_seq,
        state.messages,
        state.bytes,
        _time(state.first_ts, stream) if state.messages else 0,
        _time(state.last_ts, stream) if state.messages else 0,
        config.max_age,
        config.max_msgs,
        config.max_bytes,
        config.max_msgs_per_subject,
        config.retention,
    )


def parse_subjects(body: bytes, stream: str) -> tuple[dict[str, int], int]:
    """The answer of ``STREAM.INFO`` asked with ``subjects_filter``.

    Returns:
        Subjects and how many messages each has, and how many subjects there are on all pages.
    """
    _, state, answer = _stream(body, stream)
    return state.subjects or {}, answer.total


def parse_stream(body: bytes, stream: str) -> StreamState:
    """The answer of ``$JS.API.STREAM.INFO.<stream>``."""
    config, state, answer = _stream(body, stream)
    replicas = (answer.cluster and answer.cluster.replicas) or []
    return StreamState(
        config.retention,
        config.allow_direct,
        state.first_seq,
        state.last_seq,
        # one that is offline answers nothing
        tuple(
            (each.name, max(each.lag, 0))
            for each in replicas
            if not each.offline and (each.lag > 0 or not each.current)
        ),
        tuple(
            (each.name, max(each.lag, 0))
            for each in ([answer.mirror] if answer.mirror else answer.sources or ())
            if each.lag > 0 or not 0 <= each.active <= SILENT
        ),
    )


def parse_consumer(body: bytes, stream: str) -> int:
    """The answer of ``$JS.API.CONSUMER.CREATE``: messages that wait for the consumer."""
    answer: _Answer = _decoded(_answers, body, stream)
    _raise(answer.error, stream)
    return answer.num_pending


def parse_position(reply: bytes) -> Position | None:
    """The numbers in a consumer's reply subject; None when it is none.

    >>> parse_position(b"$JS.ACK.ORDERS.c.1.7.3.1763930000000000000.0")
    Position(stream='ORDERS', delivered=1, sequence=7, consumer_sequence=3, time=\
1763930000000000000, pending=0)
    """
    parts = reply.split(b".")
    # with a domain and an account's hash before the stream, and room for more behind
    first = 2 if len(parts) == 9 else 4
    if len(parts) < first + 7 or parts[:2] != [b"$JS", b"ACK"]:
        return None
    numbers = [int(part) for part in parts[first + 2 : first + 7] if _NUMBER.fullmatch(part)]
    if len(numbers) < 5 or max(numbers) >= BEYOND:
        return None
    return Position(parts[first].decode("utf-8", "replace"), *numbers)


def parse_direct(pairs: tuple[tuple[str, str], ...], body: bytes) -> Stored | None:
    """A message of a direct get; None when the headers are not those of one."""
    report = {name: value for name, value in pairs if name in _OURS}
    number = report.get("Nats-Sequence", "")
    if not _NUMBER.fullmatch(number.encode()) or int(number) >= BEYOND:
        return None
    own = tuple((name, value) for name, value in pairs if name not in _OURS)
    try:
        time = nanoseconds(report["Nats-Time-Stamp"])
        return Stored(report["Nats-Subject"], int(number), time, own, body)
    except (KeyError, ValueError):
        return None


def parse_get(body: bytes, stream: str) -> tuple[str, int, int, bytes, bytes] | None:
    """The answer of ``$JS.API.STREAM.MSG.GET.<stream>``; None where there is no such message.

    Returns:
        Subject, sequence, time, block of headers, body.
    """
    got = _decoded(_gots, body, stream)
    if got.error and got.error.code == 404 and got.error.err_code != STREAM_NOT_FOUND:
        return None
    _raise(got.error, stream)
    if got.message is None:
        raise WireError("not an answer from JetStream", where=stream)
    stored = got.message
    return stored.subject, stored.seq, _time(stored.time, stream), stored.hdrs, stored.data


def due_time(headers: tuple[tuple[str, str], ...]) -> int | None:
    """When the server publishes a scheduled message, nanoseconds since the epoch.

    None where it is no such message, or repeats: then what it published last has the next time in
    its ``Nats-Schedule-Next``.

    >>> due_time((("Nats-Schedule", "@at 2025-11-09T10:00:00Z"),))
    1762682400000000000
    """
    if not headers:
        # as most have none, and a tail has 100,000 a second
        return None
    time = next((value for name, value in headers if name == "Nats-Schedule"), "")
    if not time.startswith("@at "):
        return None
    try:
        return nanoseconds(time[4:])
    except ValueError:
        return None


def nanoseconds(text: str) -> int:
    """An RFC 3339 time to the nanosecond, in the 63 bits that JetStream has for one.

    Raises:
        ValueError: It is none, or lies before 1677 or after 2262.

    >>> nanoseconds("2025-11-09T10:00:00.000000001Z")
    1762682400000000001
    """
    whole, _, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    zone = rest[digits:] if rest else ""
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError as error:
        # which quotes all of it
        raise ValueError(f"not a time: {text[:40]!r}") from error
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text[:40]!r}")
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    time = seconds * 1_000_000_000 + int(rest[:digits].ljust(9, "0")[:9] or 0)
    if not -BEYOND <= time < BEYOND:
        raise ValueError(f"time out of range: {text[:40]!r}")
    return time


def rfc3339(time: int) -> str:
    """Nanoseconds since the epoch as JetStream takes a time; the nearest that a calendar has.

    >>> rfc3339(1762682400000000001)
    '2025-11-09T10:00:00.000000001Z'
    """
    seconds, rest = divmod(max(0, min(time, _LAST)), 1_000_000_000)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _stream(body: bytes, stream: str) -> tuple[_Config, _State, _Answer]:
    answer: _Answer = _decoded(_answers, body, stream)
    _raise(answer.error, stream)
    if answer.config is None or answer.state is None:
        raise WireError("not an answer from JetStream", where=stream)
    return answer.config, answer.state, answer


def _time(text: str, stream: str) -> int:
    try:
        return nanoseconds(text)
    except ValueError as error:
        raise WireError(
            "not an answer from JetStream", where=stream, why=printable(str(error), limit=120)
        ) from error


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes, stream: str) -> Any:
    return decoded(decoder, body, "not an answer from JetStream", stream)


def _raise(error: _Error | None, stream: str) -> None:
    if error is None:
        return
    if error.err_code == STREAM_NOT_FOUND:
        hint = "`arcwatch nats streams` lists them"
        raise NotThereError("no such stream", where=f"js:{stream}", hint=hint)
    raise SourceError(
        "JetStream refuses", where=f"js:{stream}", why=printable(error.description, limit=160)
    )
