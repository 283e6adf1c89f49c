"""How fast messages are published again, as people write it, and when each is due."""

import pytest

from arcwatch.changes.replay_rate import parse_pace
from arcwatch.errors import UsageError

S = 10**9


@pytest.mark.parametrize(
    ("text", "times", "rate"),
    [
        ("original", 1.0, 0.0),
        ("x10", 10.0, 0.0),
        ("×0.5", 0.5, 0.0),
        ("500/s", 0.0, 500.0),
        ("2.5", 0.0, 2.5),
    ],
)
def test_a_pace_is_a_factor_or_a_rate(text, times, rate):
    assert parse_pace(text) == (text, times, rate)


@pytest.mark.parametrize(
    "text", ["", "x", "x0", "0/s", "-1", "10 /s", "x1e3", "fast", "٣/s", "5/m"]
)
def test_what_is_no_pace_is_a_mistake_that_quotes_it(text):
    with pytest.raises(UsageError) as caught:
        parse_pace(text)
    assert (caught.value.what, caught.value.where) == ("not a rate", text)
    assert "500/s" in caught.value.hint


def test_a_factor_keeps_the_distances_between_messages():
    pace = parse_pace("x4")
    assert [pace.due(n, 100 * S + at * S, 100 * S) for n, at in enumerate((0, 2, 10))] == [
        0.0,
        0.5,
        2.5,
    ]


def test_a_message_dated_before_the_first_is_due_at_once():
    assert parse_pace("original").due(3, 99 * S, 100 * S) == 0.0


def test_a_rate_counts_messages_whenever_they_were_published():
    assert [parse_pace("4/s").due(n, 0, 7 * S) for n in range(3)] == [0.0, 0.25, 0.5]
