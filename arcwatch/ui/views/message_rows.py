"""Cells of a message in a list: its source, time, place and content."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from arcwatch.decode.fields import Path, without
from arcwatch.decode.one_line import LONGEST, compact, gist, preview
from arcwatch.history.clock_skew import BACK
from arcwatch.model.message import Decoded, Message, Source
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.widgets.cells import Cell, Spans, Tone
from arcwatch.ui.widgets.json_tones import ends_in_string, json_tones
from arcwatch.ui.widgets.line_sheet import Found

REACH = 16_000
"""Characters of a value in which a match is looked for that is to be seen in a list."""

BEFORE = 80
"""Characters of a value that are shown before such a match, where there is room."""

LARGE = 100_000
"""Bytes of a body that is not read whole for one line of a list."""

MARKS: dict[Source, tuple[str, str, Tone]] = {
    "nats": ("○", "n", "nats"),
    "js": ("◇", "j", "nats"),
    "pulsar": ("□", "p", "pulsar"),
}
"""What stands for a source, also where there is nothing but ASCII, and its colour."""


def mark(source: tuple[Source, int] | None, *, ascii: bool = False) -> Cell:
    """The mark of a source by its kind, and by its number where it is not the first of that.

    >>> mark(("nats", 0)), mark(("pulsar", 1), ascii=True), mark(None)
    (('○', 'nats'), ('p2', 'pulsar'), '')
    """
    if source is None:
        return ""
    kind, nth = source
    shape, letter, tone = MARKS[kind]
    return (f"{letter if ascii else shape}{nth + 1 if nth else ''}", tone)


def place(message: Message) -> str:
    """Where a message was: its subject, or its topic without the scheme."""
    return message.subject or message.address.removeprefix("pulsar:")


def clock(at: int, *, utc: bool, digits: int = 3) -> str:
    """The time of day of a moment in nanoseconds, so many digits after the second.

    >>> clock(1_700_000_000_012_345_678, utc=True), clock(10**30, utc=True)
    ('22:13:20.012', '>2262-04-11')
    """
    if units.at_least(at):
        return ">2262-04-11"
    text = units.clock(at // 10**9, utc=utc)
    return text if text == units.UNKNOWN else f"{text}.{at % 10**9:09}"[: 9 + digits]


def moment(at: int | None, *, utc: bool) -> str:
    """Date, time and zone of a moment in nanoseconds, as precise as it was given.

    >>> moment(1_700_000_000_012_000_000, utc=True), moment(None, utc=True)
    ('2023-11-14 22:13:20.012 UTC', '–')
    """
    if at is None:
        return units.UNKNOWN
    try:
        when = datetime.fromtimestamp(at // 10**9, UTC)
        when = when if utc else when.astimezone()
    except (ValueError, OverflowError, OSError):
        return f"{at} ns"
    nanoseconds = at % 10**9
    digits = 3 if not nanoseconds % 10**6 else 6 if not nanoseconds % 10**3 else 9
    text = f"{when:%Y-%m-%d %H:%M:%S}.{nanoseconds:09}"[: 20 + digits]
    return f"{units.at_least(at)}{text} {when:%Z}"


def after(nanoseconds: int | None) -> Cell:
    """The interval since the row above; a negative one is highlighted.

    >>> after(7_000_000), after(-3_600_000_000_000), after(None), after(90_000_000_000)
    ('+7 ms', ('-1h 00m', 'warn'), '', '+1m 30s')
    """
    if nanoseconds is None:
        return ""
    far = abs(nanoseconds)
    text = f"{far // 1_000_000} ms" if far < 10**9 else units.duration(far / 10**9)
    if nanoseconds < 0:
        return (f"-{text}", "warn" if far >= BACK else "dim")
    return f"+{text}"


def value(
    message: Message,
    decoded: Callable[[Message], Decoded],
    found: Found | None = None,
    elsewhere: Sequence[Path] = (),
) -> Spans:
    """A message's content on one line, JSON in colour; a large body is only partly decoded."""
    if len(message.body) > LARGE:
        return _spans(lambda limit: preview(message, limit), found, is_json=_opens(message.body))
    read = decoded(message)
    is_dim = read.encoding in ("null", "base64")
    tone: Tone = "warn" if read.error else "dim" if is_dim else ""
    is_json = not read.error and read.encoding not in ("text", "base64", "null")
    if elsewhere and is_json and isinstance(read.value, Mapping):
        rest = without(read.value, elsewhere)
        return _spans(lambda limit: compact(rest, limit), found, tone, is_json=True)
    return _spans(lambda limit: gist(message, read, limit), found, tone, is_json=is_json)


def due(deliver_at: int | None, content: Spans, *, beside: int, utc: bool) -> Spans:
    """A message's content behind the time that it is due, if that is later.

    Args:
        beside: The time shown, nanoseconds since the epoch: a date that it shares is left out.
    """
    if not deliver_at:
        return content
    date, _, time = moment(deliver_at, utc=utc).partition(" ")
    is_same = moment(beside, utc=utc).startswith(date)
    label = f"due {time[:8]}" if is_same else f"due {date} {time[:5]}"
    by = len(label) + 2
    toned = [(first + by, last + by, tone) for first, last, tone in content.toned]
    return Spans(
        f"{label}  {content.text}",
        [(0, len(label), "accent"), *toned],
        [(first + by, last + by) for first, last in content.found],
        content.tone,
    )


def _opens(body: bytes) -> bool:
    """Whether a body may be JSON, by how it begins."""
    return body[:1] in (b"{", b"[")


def _spans(
    render: Callable[[int], str], found: Found | None, tone: Tone = "", *, is_json: bool = False
) -> Spans:
    """The start of a value's text, or the part around its first match if that is further on."""
    text, in_string = _flat(render(LONGEST)), False
    places = found(text) if found else ()
    if found and not places and len(text) >= LONGEST:
        further = _flat(render(REACH))
        if places := found(further):
            start = max(0, places[0][0] - BEFORE)
            in_string = is_json and ends_in_string(further[: start + 1])
            text = f"…{further[start + 1 : start + LONGEST]}"
            places = [(first - start, last - start) for first, last in places]
    return Spans(text, json_tones(text, in_string=in_string) if is_json else (), places, tone)


def _flat(text: str) -> str:
    # terminals disagree on how wide this selector makes the character before it
    return printable(text).replace("\ufe0f", "")


def matched(text: str, found: Found | None) -> Cell:
    """A name, with what the filter looked for in it."""
    if found and (places := found(flat := _flat(text[:LONGEST]))):
        return Spans(flat, (), places)
    return text
