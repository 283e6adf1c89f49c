"""Who is alive, by each one's own habit."""

import pytest

from arcwatch.store.messages.presence import MOST, Presence, member_name


def heard(*beats):
    presence = Presence()
    for name, at in sorted(beats, key=lambda beat: beat[1]):
        presence.update(name, at)
    return presence


def states(presence, now):
    return {member.name: member.state for member in presence.members(now)}


def every(seconds, until, name="a"):
    return [(name, beat * seconds) for beat in range(int(until / seconds) + 1)]


def test_each_one_is_judged_by_its_own_interval():
    presence = heard(*every(1, 60, "quick"), *every(10, 60, "slow"))
    assert states(presence, 70) == {"quick": "lost", "slow": "alive"}
    found = {member.name: member.interval for member in presence.members(70)}
    assert found == {"quick": 1, "slow": 10}


@pytest.mark.parametrize(
    ("silence", "state"), [(2.4, "alive"), (2.6, "late"), (5.9, "late"), (6.1, "lost")]
)
def test_one_missed_beat_is_not_yet_late(silence, state):
    assert states(heard(*every(1, 10)), 10 + silence) == {"a": state}


def test_late_is_told_since_the_beat_that_was_due():
    (member,) = heard(*every(2, 10)).members(30)
    assert (member.state, member.since, member.last) == ("lost", 12, 10)


def test_an_outage_is_no_habit():
    presence = heard(*every(1, 10), *[("a", 100 + beat) for beat in range(4)])
    (member,) = presence.members(103.5)
    assert (member.interval, member.state, member.since, member.gaps) == (1, "alive", 100, 1)


def test_who_was_heard_once_has_no_habit_yet():
    assert states(heard(("a", 0)), 1e6) == {"a": "new"}


def test_a_silence_of_ours_is_nobodys_fault():
    presence = heard(*every(1, 10))
    presence.exclude_until(100)
    assert states(presence, 101) == {"a": "alive"}


def test_the_longest_silent_are_forgotten_beyond_what_is_remembered():
    presence = heard(*((str(n), n) for n in range(MOST + 5)))
    assert presence.forgotten == 5
    assert "0" not in states(presence, MOST)


@pytest.mark.parametrize(
    ("pattern", "subject", "name"),
    [("a.*.c.*", "a.b.c.d", "b.d"), (">", "a.b", "a.b"), ("", "a.b", "a.b"), ("a.b", "a.b", "a.b")],
)
def test_the_wildcards_name_a_member(pattern, subject, name):
    assert member_name(pattern, subject) == name
