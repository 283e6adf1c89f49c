"""An hour of a platform in which things go wrong as in the demo, told to a store as brokers do."""

from __future__ import annotations

import random

from arcwatch.model.pulsar import Member, PulsarTopic, PulsarTopics, SubscriptionDetail

EVERY = 2.0
"""Seconds between two looks."""

ASKED = 30.0
"""Seconds between two answers about one topic alone."""

PERIOD, STALLED = 180.0, 110.0
"""Seconds of a wave, and those at its begin in which nothing is taken."""

TASKS = "persistent://arc/agents/task-events"
SHARES = (0.41, 0.22, 0.20, 0.17)
"""Of what is published by key, what each partition gets: the first nearly stands out."""

BATCH = 40.0
"""Seconds from one fetch of an archiver to the next."""


class Partition:
    """One partition and what waits in it for a subscription that works in waves."""

    def __init__(self, name):
        self.name, self.came, self.out, self.waits, self.unacked = name, 5_000, 5_000, 0, 0


class Hour:
    """The brokers.  ``look`` lets two seconds pass and tells what they then say."""

    def __init__(self, nouns, seed):
        self._nouns, self._chance = nouns, random.Random(seed)
        self._parts = [Partition(f"{TASKS}-partition-{n}") for n in range(len(SHARES))]
        self._acked = self._consumed = nouns.START
        self._stream, self._fetched, self._done = 10_000, 10_000, 10_000
        self._indexed, self._fetched_at = 10_000, nouns.START
        self._slow, self._busy = 3_000, 0

    def _noisy(self, mean):
        return max(0, round(self._chance.gauss(mean, mean**0.5)))

    def pulsar(self, at):
        """The page of metrics at a second."""
        works = at % PERIOD >= STALLED
        for part, share in zip(self._parts, SHARES, strict=True):
            came = self._noisy(37 * share * EVERY)
            went = min(part.waits + came, self._noisy(90 * EVERY)) if works else 0
            part.came, part.waits = part.came + came, part.waits + came - went
            part.out += went
            part.unacked = min(part.waits, 100 if not works else self._chance.randint(0, 20))
        if works:
            self._acked = self._consumed = self._nouns.START + at
        return self._nouns.page(*map(self._topic, self._parts), *self._others(at))

    def _topic(self, part):
        sub = self._nouns.subscription(
            backlog_entries=part.waits,
            out_messages=part.out,
            unacked_messages=part.unacked,
            consumers=2,
            last_acked=self._acked,
            last_consumed=self._consumed,
        )
        return self._nouns.topic(part.name, sub, in_messages=part.came, producers=1, consumers=2)

    def _others(self, at):
        """Consumers that are a little too few, and a topic that nobody reads."""
        came, now = self._noisy(20 * EVERY), self._nouns.START + at
        self._busy += came
        self._slow = max(0, self._slow + came - self._noisy(19.6 * EVERY))
        sub = self._nouns.subscription(
            "rollup",
            backlog_entries=self._slow,
            out_messages=self._busy - self._slow + 10_000,
            unacked_messages=self._chance.randint(100, 400),
            consumers=3,
            last_acked=now - self._chance.random(),
            last_consumed=now - self._chance.random(),
        )
        yield self._nouns.topic(
            "persistent://arc/agents/metrics", sub, in_messages=self._busy, consumers=3
        )
        dead = self._nouns.subscription("triage", backlog_entries=1 + int(at / 90))
        yield self._nouns.topic("persistent://arc/agents/x-DLQ", dead, in_messages=1 + int(at / 90))

    def details(self, at):
        """What each partition says when it is asked alone."""
        now = self._nouns.START + at
        works = at % PERIOD >= STALLED
        acked = now if works else self._acked
        members = tuple(
            Member(f"c{n}", f"10.0.0.{n}:1", part.unacked / 2, 0 if not works else 50, acked, acked)
            for n in range(2)
            for part in self._parts[:1]
        )
        sub = SubscriptionDetail("billing", "Shared", 1, True, consumers=members)
        return PulsarTopics(tuple(PulsarTopic(p.name, p.came, p.came, (sub,)) for p in self._parts))

    def jetstream(self, at):
        """The streams at a second: who fetches now and then, and who keeps up."""
        now = self._nouns.START + at
        self._stream += self._noisy(32 * EVERY)
        if at % BATCH < EVERY:
            self._fetched = self._done = self._stream
            self._fetched_at = now
        self._indexed = max(self._indexed, self._stream - self._chance.randint(0, 12))
        archiver = self._nouns.consumer(
            "archiver",
            num_pending=self._stream - self._fetched,
            num_waiting=0,
            delivered=self._fetched,
            delivered_stream_seq=self._fetched,
            ack_floor_stream_seq=self._done,
            last_delivered=self._fetched_at,
            last_ack=self._fetched_at,
            max_ack_pending=1_000,
        )
        indexer = self._nouns.consumer(
            "indexer",
            num_pending=0,
            num_ack_pending=self._stream - self._indexed,
            num_waiting=self._chance.randint(0, 1),
            delivered=self._stream,
            delivered_stream_seq=self._stream,
            ack_floor_stream_seq=self._indexed,
            last_delivered=now - self._chance.random(),
            last_ack=now - self._chance.random(),
            max_ack_pending=1_000,
        )
        stream = self._nouns.stream(
            "WORK", archiver, indexer, messages=self._stream, last_seq=self._stream
        )
        return self._nouns.jetstream(stream, now=at)
