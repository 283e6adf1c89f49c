"""Times: every form, mistakes, and that times go round."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcwatch.notation.times import (
    SECOND,
    Earliest,
    Instant,
    Latest,
    PulsarPosition,
    StreamSequence,
    TimeError,
    Window,
    format_time,
    parse_time,
    parse_window,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


def ns(iso):
    """Nanoseconds of a moment written with its offset, to whole seconds."""
    return int(datetime.fromisoformat(iso).timestamp()) * SECOND


NOW = ns("2025-11-09T12:00:00Z")
TEN = ns("2025-11-09T10:00:00Z")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", Instant(NOW)),
        ("Earliest", Earliest()),
        ("latest", Latest()),
        ("#4711", StreamSequence(4711)),
        ("id:12:34", PulsarPosition(12, 34)),
        ("id:12:34:5", PulsarPosition(12, 34, 5)),
        ("id:12:34:5:6", PulsarPosition(12, 34, 5, 6)),
        ("id:12:34:-1:0", PulsarPosition(12, 34, -1, 0)),
        ("12:34:10:-1", PulsarPosition(12, 34, 10)),
        ("12:34:-1", PulsarPosition(12, 34)),
        ("12:34:0", PulsarPosition(12, 34, 0)),
        ("90211:0:17:3", PulsarPosition(90211, 0, 17, 3)),
    ],
)
def test_reads_words_and_places(text, moment):
    assert parse_time(text, NOW, UTC) == moment


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900),
        ("-15m", 900),
        ("15m ago", 900),
        (" 15 minutes ago ", 900),
        ("1 hour ago", 3600),
        ("1.5h", 5400),
        ("1h30m", 5400),
        ("-1h 30min", 5400),
        ("500ms", 0.5),
        ("0.000000001s", 1e-9),
        ("2d", 172_800),
        ("1 week ago", 604_800),
    ],
)
def test_reads_how_long_ago(text, seconds):
    assert parse_time(text, NOW) == Instant(NOW - round(seconds * SECOND))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-11-09T10:00:00Z", TEN),
        ("2025-11-09t10:00:00z", TEN),
        ("2025-11-09 10:00:00 UTC", TEN),
        ("2025-11-09T10:00:00.000000001Z", TEN + 1),
        ("2025-11-09T10:00:00.0000000019Z", TEN + 1),
        ("2025-11-09T10:00:00,5Z", TEN + SECOND // 2),
        ("2025-11-09T12:00+02:00", TEN),
        ("2025-11-09T04:30-0530", TEN),
        ("2025-11-09T12+02", TEN),
        ("20251109T100000Z", TEN),
        ("2025-11-09T09:59:60Z", TEN),
        ("2025-11-09T11:00", TEN),
        ("2025-11-09 11", TEN),
        ("2025-11-09", ns("2025-11-09T00:00:00+01:00")),
        ("20251109", ns("2025-11-09T00:00:00+01:00")),
        ("today", ns("2025-11-09T00:00:00+01:00")),
        ("yesterday", ns("2025-11-08T00:00:00+01:00")),
        ("Yesterday 14:00", ns("2025-11-08T14:00:00+01:00")),
        ("yesterday 14:00Z", ns("2025-11-08T14:00:00Z")),
        ("11:00", TEN),
        ("11:00:00.25", TEN + SECOND // 4),
        ("13:00", ns("2025-11-09T13:00:00+01:00")),
        ("13:00:01", ns("2025-11-08T13:00:01+01:00")),
        ("9:05", ns("2025-11-09T09:05:00+01:00")),
        ("10:00Z", TEN),
        ("12:00:00.1 utc", ns("2025-11-08T12:00:00Z") + SECOND // 10),
        ("1762682400", TEN),
        ("1762682400.5", TEN + SECOND // 2),
        ("1762682400123", TEN + 123_000_000),
        ("1762682400123456", TEN + 123_456_000),
        ("1762682400123456789", TEN + 123_456_789),
    ],
)
def test_reads_dates_and_clocks(text, moment):
    assert parse_time(text, NOW, BERLIN) == Instant(moment)


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        pytest.param("", 0, "empty", id="nothing"),
        pytest.param("soon", 0, "cannot be read", id="a word"),
        pytest.param(" soon", 1, "cannot be read", id="a word after a space"),
        pytest.param("15", 2, "2 digits", id="a number of what"),
        pytest.param("15 parsecs", 2, "cannot be read", id="an unknown unit"),
        pytest.param("1h 5", 2, "cannot be read", id="half a span"),
        pytest.param("-", 0, "cannot be read", id="only a sign"),
        pytest.param("3000w", 0, "before 1970", id="too long ago"),
        pytest.param("2025-13-09", 5, "months", id="a month"),
        pytest.param("2025-02-29", 8, "01 to 28", id="a day"),
        pytest.param("2025-11-09T24:00", 11, "hours", id="an hour"),
        pytest.param("2025-11-09T10:60", 14, "minutes", id="a minute"),
        pytest.param("10:00:61", 6, "seconds", id="a second"),
        pytest.param("24:10:10", 0, "hours", id="an hour of day"),
        pytest.param("2025-11-09T10:00+24:00", 17, "offset", id="an offset"),
        pytest.param("1968-12-31", 0, "years", id="a year"),
        pytest.param("1970-01-01T00:00+01:00", 0, "before 1970", id="a year elsewhere"),
        pytest.param("2025-11-09T10:00:00 CET", 19, "cannot be read", id="a zone's name"),
        pytest.param("20251109100000", 14, "14 digits", id="a stamp without T"),
        pytest.param("1762682400123.5", 13, "fraction", id="half a millisecond"),
        pytest.param("#0", 0, "cannot be read", id="no sequence"),
        pytest.param(f"#{1 << 64}", 21, "cannot be read", id="a sequence beyond 64 bits"),
        pytest.param("id:12", 0, "cannot be read", id="half a place"),
        pytest.param("12:34:56:x", 8, "cannot be read", id="no batch"),
    ],
)
def test_says_what_is_no_time_where_and_what_to_write(text, at, why):
    with pytest.raises(TimeError) as caught:
        parse_time(text, NOW, UTC)
    assert caught.value.at == at
    assert why in caught.value.why
    assert "yesterday 14:00" in caught.value.hint


# -- windows ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("from 10:00 to 10:15", Instant(TEN), Instant(TEN + 900 * SECOND)),
        ("10:00 TO now", Instant(TEN), Instant(NOW)),
        ("from 2h ago", Instant(TEN), Latest()),
        ("to 10:00", Earliest(), Instant(TEN)),
        ("today to #5", Instant(ns("2025-11-09T00:00:00Z")), StreamSequence(5)),
        ("from id:1:2 to id:1:3", PulsarPosition(1, 2), PulsarPosition(1, 3)),
        ("from id:1:2:0 to id:1:2:1", PulsarPosition(1, 2, 0), PulsarPosition(1, 2, 1)),
        (" from earliest to latest ", Earliest(), Latest()),
    ],
)
def test_reads_windows(text, start, end):
    assert parse_window(text, NOW, UTC) == Window(start, end)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("10:00", 0),
        ("from ", 0),
        ("from 10:00 to soon", 14),
        ("from 10:00 to 2025-11-09T25:00", 25),
        ("from 10:00 to 10:00", 14),
        ("from 10:00 to 09:00", 14),
        ("#20 to #10", 7),
        ("from id:2:0 to id:1:9", 15),
        ("from latest to now", 15),
        ("to earliest", 3),
    ],
)
def test_says_what_is_no_window_and_where(text, at):
    with pytest.raises(TimeError) as caught:
        parse_window(text, NOW, UTC)
    assert caught.value.at == at
    assert caught.value.text == text


# -- writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "zone", "text"),
    [
        (0, UTC, "2025-11-09T10:00:00Z"),
        (3, UTC, "2025-11-09T10:00:00.123Z"),
        (9, UTC, "2025-11-09T10:00:00.123999999Z"),
        (3, BERLIN, "2025-11-09T11:00:00.123+01:00"),
        (6, timezone(-timedelta(hours=3, minutes=30)), "2025-11-09T06:30:00.123999-03:30"),
    ],
)
def test_writes_the_digits_asked_for_and_never_rounds(digits, zone, text):
    assert format_time(TEN + 123_999_999, digits, zone) == text


def test_writes_moments_that_no_calendar_has():
    assert format_time(-(10**30)) == "0001-01-01T00:00:00.000000000Z"
    assert format_time(10**30, 0) == "9999-12-31T23:59:59Z"
    assert format_time(10**30, 0, BERLIN) == "9999-12-31T23:59:59+00:00"


# -- properties -------------------------------------------------------------------------------

zones = st.sampled_from([UTC, BERLIN, NEW_YORK, timezone(timedelta(hours=5, minutes=45))])
moments = st.integers(min_value=0, max_value=4_000_000_000 * SECOND)
pieces = st.one_of(
    st.sampled_from(
        ["now", "today", "yesterday", "from ", " to ", "ago", "id:", "2025-11-09", "T"]
    ),
    st.sampled_from(["1762682400", "00", "10:00", "h", "min", "Z", "utc", "ms", "-1", "9999"]),
    st.sampled_from("#:+-. ,059²"),
)
anything = st.one_of(st.text(), st.lists(pieces, max_size=8).map("".join))


@given(anything, zones)
@example("9999-12-31T23:59:60", UTC)
@example("9999-12-31T23:59-01:00", BERLIN)
@example("1970-01-01", BERLIN)
@example("99999999999999999999h", UTC)
def test_any_text_is_a_time_or_a_mistake_with_a_place(text, zone):
    for parse in (parse_time, parse_window):
        try:
            parse(text, NOW, zone)
        except TimeError as mistake:
            place = mistake.at
            assert 0 <= place <= len(text)


@given(moments, zones)
def test_what_is_written_in_full_reads_as_the_same_moment(at, zone):
    assert parse_time(format_time(at, 9, zone), NOW, NEW_YORK) == Instant(at)


@given(moments, st.integers(0, 9))
def test_fewer_digits_are_the_moment_cut(at, digits):
    unit = 10 ** (9 - digits)
    assert parse_time(format_time(at, digits), NOW) == Instant(at // unit * unit)


@given(moments.map(lambda at: at + 3 * 86_400 * SECOND), zones, st.times())
def test_a_time_of_day_is_its_latest_past_occurrence(now, zone, clock):
    at = parse_time(clock.strftime("%H:%M:%S"), now, zone).ns
    shown = datetime.fromtimestamp(at // SECOND, zone)
    assert (shown.hour, shown.minute, shown.second) == (clock.hour, clock.minute, clock.second)
    assert at <= now
    # only a day that skips it makes it older than the longest day
    assert now - at < (25 + 24) * 3_600 * SECOND


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.integers(-1, 999), st.integers(-1, 999))
def test_a_records_id_reads_as_its_place(ledger, entry, partition, batch):
    place = PulsarPosition(ledger, entry, partition, batch)
    assert parse_time(f"{ledger}:{entry}:{partition}:{batch}", NOW) == place
    assert parse_time(f"id:{ledger}:{entry}:{partition}:{batch}", NOW) == place
