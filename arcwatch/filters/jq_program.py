"""A jq program over message records: its input and its results."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from time import monotonic
from typing import Any

from arcwatch.decode import record
from arcwatch.model.message import Decoded, Message
from arcwatch.notation.times import format_time

from .jq_fields import fields_seen
from .jq_process import MOST_RECORDS, TOO_SLOW, Ended, JqProcess, NoProgram, Verdict, jq_process

BATCH_BYTES = 1 << 18
"""Of records in one question to the process."""
MOST_ENDS = 3
"""How often a program may end the process, or run out of time, before it is given up."""
LONGEST_SEARCH = 2.0
"""Seconds for finding which of many records a program ended the process over."""

_PLACE = re.compile(r"jq: error: (.*?) at <[^>]*>, line (\d+), column (\d+):", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Mistake(ValueError):
    """A text is no jq program.

    Attributes:
        at: Offset of the mistake.
        why: jq's message.
    """

    def __init__(self, at: int, why: str) -> None:
        self.at, self.why = at, why
        super().__init__(why)


class JqProgram:
    """A program that was compiled, and can be."""

    def __init__(self, text: str, process: JqProcess | None = None) -> None:
        if odd := _CONTROL.search(text):
            raise Mistake(odd.start(), "jq takes no such character")
        self._text = text
        self._process = process or jq_process()
        self._fields = fields_seen(text)
        self._ends = 0
        self._given_up = ""
        try:
            self._process.ask(text, [])
        except NoProgram as error:
            raise _mistake(text, str(error)) from error
        except Ended as error:
            raise Mistake(0, f"jq cannot compile it: {error}") from error

    def verdicts(
        self, candidates: Sequence[tuple[Message, Callable[[], Decoded]]]
    ) -> list[Verdict]:
        """The program's result for each message."""
        if self._given_up:
            return [Verdict(False, self._given_up)] * len(candidates)
        batches: list[list[bytes]] = []
        try:
            answers = self._process.ask_each(self._text, self._batches(candidates, batches))
        except Ended as ended:
            # the one it ended over, those made and not answered, then those not made yet
            done = ended.before
            done += [self._after(batch, ended) for batch in batches[len(done) : len(done) + 1]]
            done += [self._asked(batch) for batch in batches[len(done) :]]
            as_text = [verdict for answer in done for verdict in answer]
            rest = candidates[len(as_text) :]
            return as_text + (self.verdicts(rest) if rest else [])
        for answer in answers:
            self._count_slow(answer)
        return [verdict for answer in answers for verdict in answer]

    def _batches(
        self, candidates: Iterable[tuple[Message, Callable[[], Decoded]]], made: list[list[bytes]]
    ) -> Iterator[list[bytes]]:
        """The records in batches, each noted in ``made`` as well."""
        batch, size = [], 0
        for message, decoded in candidates:
            batch.append(_json(message, decoded, self._fields))
            size += len(batch[-1])
            if size > BATCH_BYTES or len(batch) == MOST_RECORDS:
                made.append(batch)
                yield batch
                batch, size = [], 0
        if batch:
            made.append(batch)
            yield batch

    def _asked(self, batch: list[bytes]) -> list[Verdict]:
        if self._given_up:
            return [Verdict(False, self._given_up)] * len(batch)
        try:
            verdicts = self._process.ask(self._text, batch)
        except Ended as ended:
            return self._after(batch, ended)
        self._count_slow(verdicts)
        return verdicts

    def _after(self, batch: list[bytes], ended: Ended) -> list[Verdict]:
        """Retry a batch one by one after the process ended over it, to find the record at fault."""
        if len(batch) == 1:
            self._count_end(str(ended))
            return [Verdict(False, str(ended))]
        verdicts: list[Verdict] = []
        until = monotonic() + LONGEST_SEARCH
        for one in batch:
            verdicts += self._asked([one])
            if monotonic() > until:
                break
        return verdicts + [Verdict(False, TOO_SLOW)] * (len(batch) - len(verdicts))

    def _count_slow(self, verdicts: list[Verdict]) -> None:
        if verdicts[-1].failure == TOO_SLOW:
            self._count_end(TOO_SLOW)

    def _count_end(self, why: str) -> None:
        self._ends += 1
        if self._ends >= MOST_ENDS:
            self._given_up = f"given up: {why}"


def _json(message: Message, decoded: Callable[[], Decoded], fields: frozenset[str] | None) -> bytes:
    """As much of a record as JSON as a program can see."""
    if fields is None:
        return record.message_json(message, decoded())
    return record.field_json(
        {name: _FIELDS[name](message, decoded) for name in fields if name in _FIELDS}
    )


def _mistake(text: str, message: str) -> Mistake:
    """The message of jq, at an offset into ``text``; jq counts lines from 1, and bytes from 1."""
    found = _PLACE.match(message)
    if found is None:
        return Mistake(0, message.partition("\n")[0].removeprefix("jq: error: "))
    why, line, column = found[1], int(found[2]), int(found[3])
    lines = text.split("\n")
    before = sum(len(each) + 1 for each in lines[: line - 1])
    shown = lines[min(line, len(lines)) - 1].encode()[: column - 1]
    return Mistake(before + len(shown.decode("utf-8", "ignore")), why)


def _server_time(name: str) -> Callable[[Message, Any], str | None]:
    def as_text(message: Message, _decoded: Any) -> str | None:
        return record.server_time(getattr(message, name) or None, record.DIGITS[message.source])

    return as_text


def _as_it_is(name: str) -> Callable[[Message, Any], Any]:
    return lambda message, _decoded: getattr(message, name)


_FIELDS: dict[str, Callable[[Message, Callable[[], Decoded]], Any]] = {
    name: _as_it_is(name)
    for name in (
        *("source", "context", "address", "subject", "partition", "key", "reply", "producer"),
        *("size", "schema_version", "redelivered", "ordering_key"),
    )
} | {
    "id": lambda message, _: record.readable_id(message.id),
    "publish_time": _server_time("publish_time"),
    "event_time": _server_time("event_time"),
    "deliver_at": _server_time("deliver_at"),
    "replicated_from": lambda message, _: message.replicated_from or None,
    "received_time": lambda m, _: format_time(m.received_time, record.OUR_DIGITS),
    "headers": lambda message, _: record.grouped(message.headers),
    "schema": lambda _, decoded: decoded().schema,
    "compression": lambda message, decoded: record.packings(message, decoded()),
    "encoding": lambda _, decoded: decoded().encoding,
    "value": lambda _, decoded: record.value_as_written(decoded()),
    "decode_error": lambda _, decoded: decoded().error,
}
