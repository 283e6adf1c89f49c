"""What of the counts of a tail becomes a line among its messages."""

from arcwatch.model.tail import Counts
from arcwatch.session.tail_notices import EVERY, TailNotices

S = 10**9


def told(notices, at, *counts):
    found = [*notices.recovered(counts, at), *notices.lost(counts, at)]
    return [(each.at, each.kind, each.text) for each in found]


def counts(state="following", **more):
    return Counts("nats:a", 0, state, **more)


def test_a_lost_connection_and_its_return_are_told_once_with_the_time_between():
    notices = TailNotices()
    assert told(notices, 1 * S, counts("connecting")) == []
    assert told(notices, 2 * S, counts()) == []
    lost = counts("reconnecting", text="the server closed it", gaps=1)
    assert told(notices, 3 * S, lost) == [(3 * S, "lost", "connection lost: the server closed it")]
    assert told(notices, 4 * S, lost) == []
    back = counts(gaps=1, text="nothing skipped")
    assert told(notices, 5 * S, back) == [(5 * S, "back", "back after 2.0s: nothing skipped")]
    assert told(notices, 6 * S, back) == []


def test_a_gap_without_a_lost_connection_is_told():
    notices = TailNotices()
    told(notices, S, counts())
    gap = counts(gaps=1, text="50 messages were removed before they could be read")
    assert told(notices, 2 * S, gap) == [(2 * S, "lost", gap.text)]


def test_what_is_left_out_is_told_at_most_every_few_seconds_and_never_forgotten():
    notices = TailNotices()
    told(notices, S, counts())
    first = told(notices, 2 * S, counts(dropped_here=7, sampled_away=100.0))
    assert [text[:20] for _, _, text in first] == ["7 dropped by arcwatc", "≈ 100 sampled out: p"]
    assert told(notices, 3 * S, counts(dropped_here=9, sampled_away=300.0)) == []
    # also when nothing more comes
    later = list(notices.left_out(2 * S + EVERY))
    assert [each.text[:29] for each in later] == [
        "2 dropped by arcwatch in 4.0s",
        "≈ 200 sampled out in 4.0s: pu",
    ]
    assert list(notices.left_out(9 * EVERY)) == []


def test_what_was_never_connected_has_lost_nothing():
    notices = TailNotices()
    assert told(notices, S, counts("failed", text="there is no such stream")) == []
