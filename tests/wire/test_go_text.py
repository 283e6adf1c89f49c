"""Go's durations and moments, against writers that do what Go's do."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcwatch.errors import WireError
from arcwatch.wire.go_text import seconds, unix


def duration_string(nanoseconds):
    """``time.Duration.String``, written after its documentation."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if rest < size * 1000:
            return f"{sign}{decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, 60 * 10**9)
    text = f"{decimal(rest, 10**9)}s"
    hours, minutes = divmod(minutes, 60)
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{sign}{hours}h{text}" if hours else sign + text


def decimal(value, size):
    """``value / size`` with as many digits as it takes, and no more."""
    whole, part = divmod(value, size)
    digits = len(str(size)) - 1
    return f"{whole}.{part:0{digits}}".rstrip("0").rstrip(".") if digits else str(whole)


def uptime_string(total):
    """``myUptime`` of nats-server's ``server/monitor.go``: the leading zero units left out."""
    units = (total // 31_536_000, total // 86_400 % 365, total // 3600 % 24, total // 60 % 60)
    first = next((i for i, value in enumerate(units) if value), 4)
    return "".join(f"{units[i]}{'ydhm'[i]}" for i in range(first, 4)) + f"{total % 60}s"


@given(st.integers(-(2**63) + 1, 2**63 - 1))
def test_reads_every_duration_that_go_writes(nanoseconds):
    assert seconds(duration_string(nanoseconds)) == pytest.approx(nanoseconds / 1e9, rel=1e-12)


@given(st.integers(0, 300 * 365 * 86_400))
def test_reads_every_uptime_that_a_server_writes(total):
    assert seconds(uptime_string(total)) == total


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("386µs", 386e-6),
        ("386μs", 386e-6),  # the Greek letter, not the micro sign
        ("386us", 386e-6),
        ("1.2ms", 0.0012),
        ("1y2d3h4m5s", 31_536_000 + 2 * 86_400 + 3 * 3600 + 4 * 60 + 5),
        ("333.281556ms", 0.333281556),
        ("0s", 0.0),
        ("-1m30s", -90.0),
    ],
)
def test_durations_as_they_were_seen(text, length):
    assert seconds(text) == pytest.approx(length, rel=1e-12)


def test_what_go_leaves_out_is_no_duration():
    assert seconds("") is None


@pytest.mark.parametrize(
    "text",
    ["-", "5", "s", "1m2h", "1.5h", "1e3s", " 1s", "1s ", "1s\n", "∞", "١s", "1.s", "9" * 40 + "s"],
)
def test_nonsense_is_named(text):
    with pytest.raises(WireError) as caught:
        seconds(text)
    assert caught.value.what == "not a duration"
    assert caught.value.why.rstrip("…")[:50] in text.replace("\n", "␊")


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - naive, zoned below
    st.integers(-14 * 60, 14 * 60),
    st.integers(0, 999_999_999),
    st.integers(0, 9),
)
def test_reads_every_moment_whatever_its_zone_and_precision(moment, offset, nanoseconds, digits):
    zone = timezone(timedelta(minutes=offset))
    fraction = f"{nanoseconds:09}"[:digits]
    hours, minutes = divmod(abs(offset), 60)
    suffix = f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}" if offset else "Z"
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{'.' + fraction if fraction else ''}{suffix}"
    whole = moment.replace(microsecond=0, tzinfo=zone).timestamp()
    expected = whole + int(fraction.ljust(9, "0") or 0) / 1e9
    assert unix(text.replace(f"{moment:%Y}", f"{moment.year:04}", 1)) == pytest.approx(
        expected, abs=2e-6, rel=0
    )


def test_a_moment_as_it_was_seen():
    expected = datetime(2026, 11, 23, 17, 17, 53, tzinfo=UTC).timestamp() + 0.888308443
    assert unix("2026-11-23T17:17:53.888308443Z") == pytest.approx(expected, abs=1e-6, rel=0)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"])
def test_what_was_never_set_is_no_moment(text):
    assert unix(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-23", "2026-11-23T17:17:53", "2026-13-23T17:17:53Z", "17:17:53Z", "1e9"],
)
def test_nonsense_and_moments_without_a_zone_are_named(text):
    with pytest.raises(WireError) as caught:
        unix(text)
    assert (caught.value.what, caught.value.why) == ("not a moment", text)


@given(st.text())
def test_no_text_at_all_fails_in_another_way(text):
    for read in (seconds, unix):
        with suppress(WireError):
            read(text)
