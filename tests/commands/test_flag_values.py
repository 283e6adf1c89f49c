"""What flags take, and what each says of what it does not."""

import argparse

import pytest

from arcwatch.commands import flag_values
from arcwatch.errors import UsageError

NOW = 1_800_000_000 * 10**9


@pytest.mark.parametrize(
    ("read", "least", "most", "beyond"),
    [
        (flag_values.interval, "100ms", "1h", ("99ms", "61m")),
        (flag_values.seconds, "1ms", "366d", ("0.5ms", "367d")),
        (flag_values.pause, "500ms", "60m", ("0.4s", "2h")),
    ],
)
def test_a_span_has_its_bounds(read, least, most, beyond):
    assert 0 < read(least) < read(most)
    for text in (*beyond, "soon", "-1s", "", "nan", "inf"):
        with pytest.raises(argparse.ArgumentTypeError, match=r"cannot use .* as a time; write"):
            read(text)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "1e3", "", "1_000_000_001", "9" * 5_000, "²"])
def test_what_is_no_number_from_one_on_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="whole number from 1 to"):
        flag_values.number(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "", "x"])
def test_what_is_no_rate_above_zero_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="messages per second"):
        flag_values.rate(text)


def test_a_seed_has_64_bits_and_a_sign():
    assert [flag_values.seed(text) for text in ("7", "-7", str(2**63 - 1))] == [7, -7, 2**63 - 1]
    for text in (str(2**63), "7.0", "--7", ""):
        with pytest.raises(argparse.ArgumentTypeError):
            flag_values.seed(text)


def test_what_is_refused_is_quoted_short_and_harmless():
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        flag_values.number("\x1b[2J" * 1_000)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_moment_stays_as_it_was_written_and_none_is_refused_with_a_hint():
    assert flag_values.moment("2h") == "2h"
    with pytest.raises(argparse.ArgumentTypeError, match="; "):
        flag_values.moment("some day")


def test_a_window_has_all_that_is_stored_where_an_end_is_left_out():
    assert flag_values.window(None, None, NOW) == flag_values.window("earliest", "latest", NOW)
    found = flag_values.window("2h", "1h", NOW)
    assert found.end.ns - found.start.ns == 3_600 * 10**9
    with pytest.raises(UsageError, match="--to must be after --from"):
        flag_values.window("1h", "2h", NOW)
