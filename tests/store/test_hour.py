"""An hour of readings: a cause changes when the facts do, and at no other time.

One hour is made up, and one was recorded from the brokers of the demo.
"""

from itertools import groupby

import pytest

from arcwatch.model.nats import NatsJetStream
from arcwatch.model.pulsar import PulsarBroker

from . import recorded
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
        return changes_of(seen)

    return play


def changes_of(seen):
    """Of what was shown at each moment, from when on it was another."""
    return {
        name: [(next(group)[0], text) for text, group in groupby(rows, key=lambda one: one[1])]
        for name, rows in seen.items()
    }


def returned(changes, within=30.0):
    """What was left for less than so many seconds, and came back: no fact does that here."""
    turns = zip(changes, changes[1:], changes[2:], strict=False)
    close = ((a, b, c) for a, b, c in turns if a[1] == c[1] and c[0] - b[0] < within)
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


def test_no_note_flaps_in_an_hour_of_the_demo(store):
    seen, start = {}, None
    for reading in recorded.read():
        start = reading.at if start is None else start
        store.apply(reading)
        if not isinstance(reading.body, NatsJetStream | PulsarBroker):
            continue
        rows = {row.address: row.cause.text if row.cause else "" for row in store.backlogs()}
        rows |= {place: cause.text for place, cause in store.placed_causes.items()}
        for name in {*rows, *seen}:
            # a place without a cause is well, and a backlog without a row is empty
            none = "" if isinstance(name, tuple) else None
            seen.setdefault(name, []).append((reading.at - start, rows.get(name, none)))
    found = changes_of(seen)
    assert reading.at - start > SECONDS
    # a wave of the demo may end in the half minute after a minute without an acknowledgement
    turns = [turn for shown in found.values() for turn in returned(shown, within=20.0)]
    assert turns == []
    told = {text for shown in found.values() for text in texts(shown)}
    assert {"", "hot partition: p0", "pulled in bursts", "no consumers"} < told
    assert "stalled: none of 8 consumers acks" in told
