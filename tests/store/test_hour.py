"""An hour of readings: a cause changes when the facts do, and at no other time."""

from itertools import groupby

import pytest

from .hour import ASKED, EVERY, PERIOD, Hour

SECONDS = 3_600


@pytest.fixture
def shown(store, tell, nouns):
    """Plays an hour; what each backlog shows, and from which second on: None while it is empty."""

    def play(seed):
        hour, seen = Hour(nouns, seed), {}
        for look in range(int(SECONDS / EVERY)):
            at = look * EVERY
            if look == 0:
                tell.nats(at, "varz", nouns.server(now=at))
            tell.nats(at, "jsz", hour.jetstream(at))
            tell.broker(at, hour.pulsar(at))
            if at % ASKED == 0:
                tell.cluster(at, "topic", hour.details(at))
            rows = {row.address.rpartition("#")[2]: row for row in store.backlogs()}
            for name in {*rows, *seen}:
                cause = rows[name].cause if name in rows else None
                text = cause.text if cause else "" if name in rows else None
                seen.setdefault(name, []).append((at, text))
        return {
            name: [(next(group)[0], text) for text, group in groupby(rows, key=lambda one: one[1])]
            for name, rows in seen.items()
        }

    return play


def returned(changes):
    """What was left for less than half a minute, and came back: no fact does that here."""
    turns = zip(changes, changes[1:], changes[2:], strict=False)
    close = ((a, b, c) for a, b, c in turns if a[1] == c[1] and c[0] - b[0] < 30)
    return [one for one in close if None not in (one[0][1], one[1][1])]


def texts(changes):
    return [text for _, text in changes if text is not None]


@pytest.mark.parametrize("seed", range(2))
def test_a_cause_changes_when_the_facts_do_and_at_no_other_time(shown, seed):
    found = shown(seed)
    assert [one for changes in found.values() for one in returned(changes)] == []
    # of a wave: one partition stands out, nobody acknowledges, it stands out, it is drained
    assert len(texts(found["billing"])) <= 1 + 4 * SECONDS / PERIOD
    stalled = "stalled: none of 8 consumers acks"
    assert {*texts(found["billing"])} == {"", "hot partition: p0", stalled}
    # as soon as a minute shows it, or not at all: consumers that lack a fiftieth of what comes
    assert len(texts(found["rollup"])) <= 5
    assert [*dict.fromkeys(texts(found["archiver"]))] == ["", "pulled in bursts"]
    assert texts(found["archiver"]).count("") == 1
    assert texts(found["indexer"]) == [""] * len(texts(found["indexer"]))
    assert texts(found["triage"]) == ["no consumers"]
