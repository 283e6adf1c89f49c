r"""Stream-parse Prometheus' text format for a few metrics.

A broker's page is tens of megabytes of which a fifth matters.  Most pages keep the samples of one
name together below ``# TYPE name kind``: blocks of no interest are then counted and not looked
into, and requested ones cost one compiled pattern each.  Nothing obliges a page to be so grouped
(Pulsar before 2.11 wrote topic by topic; proxies sort and merge): wherever a block holds as much
as one line of another name, its lines are read one by one.  Labels are parsed once for each
distinct set of them, not once a line.

The format is https://prometheus.io/docs/instrumenting/exposition_formats/, with OpenMetrics'
exemplars, and with the freedoms that Pulsar takes: it escapes ``"`` in label values but neither
``\`` nor line ends (4.0.8, ``PrometheusMetricStreams``), and puts a space after the comma in a few
lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat

from arcwatch.errors import WireError

MAX_LINE = 1 << 20
"""Bytes of one line.  Names of topics and subscriptions together stay far below 100 kB."""
MAX_LABELS = 128 << 20
"""Bytes of all distinct label sets of a page: 100,000 topics of six subscriptions take 100 MB."""
MAX_EXEMPLARS = 8
"""What may look like the beginning of an exemplar in one line."""

_TYPE = b"\n# TYPE "
_EXEMPLAR = b" # {"
_SAMPLE = re.compile(
    # a value's length is bounded, or a line of braces would take the square of its length
    rb"[ \t]*[A-Za-z_:][\w:]*[ \t]*(?:\{(.*)\}|[ \t])[ \t]*([^ \t\r]{1,400})"
    rb"(?:[ \t]+-?[\d.]{1,30})?[ \t\r]*"
)
_NAME = re.compile(rb"[ \t]*([A-Za-z_:][\w:]*)")
_LABEL = re.compile(
    rb'\s*([A-Za-z_]\w*)\s*=\s*"(.*?)"\s*(?:,(?=\s*[A-Za-z_]\w*\s*=\s*")|,?\s*\Z)', re.DOTALL
)
"""One label.  A value goes on to the quote that another label or the end follows, because a
value may end in a backslash that escapes nothing.  Quotes inside values are always escaped, so
``",name="`` cannot be part of one."""
_ZERO = (b"0", b"0.0")
_ESCAPED = re.compile(r'\\([\\"n])')


class _Series(dict[bytes, int]):
    """Numbers the distinct label sets in order of appearance."""

    size = 0

    def __missing__(self, labels: bytes) -> int:
        self.size += len(labels)
        if self.size > MAX_LABELS:
            raise WireError("too many metrics", why=f"over {MAX_LABELS >> 20} MiB of labels")
        self[labels] = number = len(self)
        return number


class Exposition:
    """One page, of which samples of some ``names`` are kept.

    Args:
        names: Names of metrics, as they stand behind ``# TYPE``.
        sparse: Those of them of which only what is not zero is kept: nearly all of them are.
    """

    def __init__(self, names: Iterable[str], sparse: Iterable[str] = ()) -> None:
        self.samples: dict[str, dict[int, float]] = {name: {} for name in names}
        """Values by name and number of the label set.  Of duplicate lines, the last."""
        self.labels: list[dict[str, str]] = []
        """The label sets by their number, once the page is closed; unreadable ones are empty."""
        self.lines = 0
        self.size = 0
        self.skipped = 0
        """Lines in blocks of requested names that could not be read."""
        self._series = _Series()
        few = frozenset(sparse)
        self._blocks = {
            name.encode(): _Block(name, values, sparse=name in few)
            for name, values in self.samples.items()
        }
        self._block: _Block | None = None
        self._begins: bytes | None = None
        self._before = self._last = b""
        self._partial = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Read the next piece of the page, cut anywhere.

        Raises:
            WireError: This is not Prometheus text, or a line is longer than ``MAX_LINE``.
        """
        for start in range(0, len(chunk), MAX_LINE):
            self._feed(chunk[start : start + MAX_LINE])

    def close(self) -> None:
        """End the page, and read its labels."""
        if self._partial:
            raise WireError("metrics cut short", why="the last line has no end")
        if not self.lines:
            raise WireError("no metrics", why="the page is empty")
        self.labels = list(map(LabelReader().read, self._series))
        for raw, number in self._series.items():
            if raw.strip() and not self.labels[number]:
                self.skipped += sum(number in values for values in self.samples.values())

    def _feed(self, chunk: bytes) -> None:
        self.size += len(chunk)
        first, end = chunk.find(b"\n") + 1, chunk.rfind(b"\n") + 1
        if len(self._partial) + (first - 1 if first else len(chunk)) > MAX_LINE:
            raise WireError("not metrics", why=f"a line is longer than {MAX_LINE >> 20} MiB")
        if not first:
            self._partial += chunk
            return
        line = bytes(self._partial) + chunk[:first]
        if not self.lines and not _is_metrics(line):
            raise WireError("not metrics", why=f"the page begins with {_begin(line)}")
        self._before = self._last
        self._read(line, 0, len(line))
        self._before = line
        # in place: a copy of each piece would cost a tenth of the time
        self._read(chunk, first, end)
        self._last = chunk[chunk.rfind(b"\n", 0, end - 1) + 1 : end] if end > first else line
        self._partial = bytearray(chunk[end:])

    def _read(self, text: bytes, at: int, stop: int) -> None:
        """Take the whole lines between ``at`` and ``stop``, block by block."""
        if not text.startswith(_TYPE[1:], at):
            at = self._take(text, at, stop)
        while at < stop:
            end = text.index(b"\n", at) + 1
            name, _, _ = text[at + len(_TYPE) - 1 : end - 1].partition(b" ")
            self._block = self._blocks.get(name)
            self._begins = self._beginning(name)
            self._before = b""
            self.lines += 1
            at = self._take(text, end, stop)

    def _beginning(self, name: bytes) -> bytes:
        """Prefixes of lines that hold no kept name, each after its line end."""
        # of a summary, ``name_count`` and ``name_sum`` are in its block as well
        among = any(known.startswith(name) for known in self._blocks)
        return b"\n" + name + (b"{" if among else b"")

    def _take(self, text: bytes, start: int, stop: int) -> int:
        """Keep the samples from ``start`` to the next block, and return where that begins."""
        end = _next_block(text, start, stop)
        if start == end:
            return end
        lines = text.count(b"\n", start, end)
        self.lines += lines
        if self._block:
            self._keep_block(self._block, text, start, end, lines)
        elif self._begun(text, start, end) < lines:
            own = self._begins[1:] if self._begins else b"\n"
            strays = (not line.startswith(own) for line in text[start : end - 1].split(b"\n"))
            self._take_strays(text[start : end - 1], strays)
        return end

    def _keep_block(self, block: _Block, text: bytes, start: int, end: int, lines: int) -> None:
        """Keep the samples of a block, and those of other names in it."""
        if text.find(_EXEMPLAR, start, end) >= 0:
            self._take_strays(text[start : end - 1], repeat(True))
            return
        rows = block.pattern.findall(text, start, end)
        self._keep(
            (row for row in rows if row[1] not in _ZERO) if block.sparse else rows, block.values
        )
        if len(rows) < lines:
            matches = map(block.pattern.match, text[start : end - 1].split(b"\n"))
            self._take_strays(text[start : end - 1], (found is None for found in matches))

    def _begun(self, text: bytes, start: int, end: int) -> int:
        """How many lines begin like those of a skipped block."""
        begins = self._begins
        if begins is None:
            return 0
        return text.startswith(begins[1:], start) + text.count(begins, start, end)

    def _take_strays(self, text: bytes, stray: Iterable[bool]) -> None:
        """Read by themselves those lines that are not of their block."""
        before = self._before
        for line, alone in zip(text.split(b"\n"), stray, strict=False):
            if alone:
                self._take_stray(line, before)
            before = line
        self._before = before

    def _take_stray(self, line: bytes, before: bytes) -> None:
        named = _NAME.match(line)
        block = self._blocks.get(named[1]) if named else None
        if block is None:
            self.skipped += self._block is not None and not _is_metrics(line)
        # what follows half a line may be the rest of a name with a line end in it
        elif (sample := _sample(line)) and _is_metrics(before):
            self._keep([sample], block.values)
        else:
            self.skipped += 1

    def _keep(self, rows: Iterable[tuple[bytes, bytes]], values: dict[int, float]) -> None:
        series = self._series
        for labels, value in rows:
            try:
                values[series[labels]] = float(value)
            except ValueError:
                self.skipped += 1


class _Block:
    """A pattern for the samples of one kept name."""

    def __init__(self, name: str, values: dict[int, float], *, sparse: bool) -> None:
        begins = re.escape(name.encode())
        self.sparse = sparse
        self.pattern = re.compile(rb"^%s(?:\{(.*)\})? +([^ \n]+)" % begins, re.MULTILINE)
        self.values = values


class LabelReader:
    """Reads the labels between the braces of samples; equal texts become one object."""

    def __init__(self) -> None:
        self._texts = _Texts()
        self._shapes: dict[tuple[bytes, ...], tuple[str, ...]] = {}

    def read(self, raw: bytes) -> dict[str, str]:
        r"""The labels by name; empty when this cannot be read as labels.

        >>> LabelReader().read(rb'cluster="eu", topic="a\"b",subscription="back\"')
        {'cluster': 'eu', 'topic': 'a"b', 'subscription': 'back\\'}
        """
        # Label sets differ in their values alone: what stands around the quotes, once known,
        # names them. 2 µs for four labels, where the pattern takes 5.
        parts = raw.split(b'"')
        around = tuple(parts[::2])
        names = self._shapes.get(around)
        # an escaped quote at the end leaves a part more, and the same around it
        if names and len(parts) == 2 * len(names) + 1:
            return dict(zip(names, map(self._texts.__getitem__, parts[1::2]), strict=True))
        labels = self._parse(raw)
        if 2 * len(labels) + 1 == len(parts):
            self._shapes[around] = tuple(labels)
        return labels

    def _parse(self, raw: bytes) -> dict[str, str]:
        labels, at = {}, 0
        while found := _LABEL.match(raw, at):
            name, value = found.groups()
            labels[self._texts[name]] = self._texts[value]
            at = found.end()
        return labels if at == len(raw) else {}


class _Texts(dict[bytes, str]):
    def __missing__(self, raw: bytes) -> str:
        text = raw.decode("utf-8", "replace")
        if "\\" in text:
            text = _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
        self[raw] = text
        return text


def _next_block(text: bytes, start: int, stop: int) -> int:
    """The next line that starts with ``# TYPE`` in these whole lines; ``stop`` if there is none."""
    # A single byte is found eight times as fast as the words, and few names have it.
    at = text.find(b"#", start, stop)
    return stop if at < 0 else text.find(_TYPE, max(at - 1, 0), stop) + 1 or stop


def _is_metrics(line: bytes) -> bool:
    """Whether this is a whole line of a page: a sample, a comment, or nothing."""
    return line.strip()[:1] in (b"", b"#") or _sample(line.removesuffix(b"\n")) is not None


def _sample(line: bytes) -> tuple[bytes, bytes] | None:
    """Labels and value of a line; None where it is no sample."""
    end = 0
    # a label's value may look like the beginning of an exemplar
    for _ in range(MAX_EXEMPLARS):
        end = line.find(_EXEMPLAR, end + 1)
        found = _SAMPLE.fullmatch(line, 0, len(line) if end < 0 else end)
        if found and _are_labels(labels := (found[1] or b"").strip()):
            return labels, found[2]
        if end < 0:
            break
    return None


def _are_labels(raw: bytes) -> bool:
    at = 0
    while found := _LABEL.match(raw, at):
        at = found.end()
    return at == len(raw)


def _begin(text: bytes) -> str:
    return ascii(text[:40].decode("utf-8", "replace"))
