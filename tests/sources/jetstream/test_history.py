"""Stored JetStream messages against a ledger of what was sent, on a real server."""

import asyncio
import json
import os
import random
import uuid

import pytest
from nats.js.api import RetentionPolicy, StreamConfig, StreamSource

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.errors import NotThereError, SourceError, UsageError
from arcwatch.filters.filter import Filter
from arcwatch.history.decoding import Decoding
from arcwatch.history.key_state import State
from arcwatch.history.key_state_query import KeyStateQuery
from arcwatch.notation.times import Earliest, Instant, Latest, PulsarPosition, StreamSequence
from tests.sources.jetstream.conftest import COUNT, EACH, NOWHERE


def sequences(messages):
    return [int(message.id.removeprefix("#")) for message in messages]


@EACH
async def test_pages_up_and_down_are_the_truth_whatever_was_deleted(truth, opened, kind):
    name, stored = truth
    history, rng = await opened(f"js:{name}"), random.Random(2)
    page, at = await history.page_at(StreamSequence(1_001), 40), stored.index(1_001)
    end = at + 40
    for _ in range(12):
        limit = rng.choice([1, 9, 300])
        if rng.random() < 0.5:
            page = await history.page_after(page.end, limit)
            at, end = end, min(end + limit, len(stored))
        else:
            page = await history.page_before(page.start, limit)
            at, end = max(at - limit, 0), at
        assert sequences(page.messages) == stored[at:end]
        again = await history.page_after(page.start, limit, page.end)
        assert sequences(again.messages) == stored[at:end]


@EACH
async def test_a_jump_lands_on_the_first_message_at_or_after_the_time(truth, opened, kind):
    name, stored = truth
    history = await opened(f"js:{name}")
    page = await history.page_at(Earliest(), len(stored))
    assert sequences(page.messages) == stored
    for at in (0, 38, 700, len(stored) - 1):
        time = page.messages[at].publish_time
        for ns, first in ((time, at), (time - 1, at), (time + 1, at + 1)):
            found = await history.page_at(Instant(ns), 3)
            assert sequences(found.messages) == stored[first : first + 3]
    later = await history.page_at(Instant(4_000_000_000_000_000_000), 3)
    assert (later.messages, later.last) == ((), True)
    assert (
        sequences((await history.page_before(await history.at(Latest()), 3)).messages)
        == (stored[-3:])
    )


@EACH
async def test_a_scan_is_the_window_and_takes_nothing(truth, client, opened, kind):
    name, stored = truth
    history = await opened(f"js:{name}")
    start, end = await history.at(StreamSequence(50)), await history.at(StreamSequence(2_500))
    wanted = [sequence for sequence in stored if 50 <= sequence < 2_500]
    steps = [step async for step in history.scan(start, end)]
    assert [n for step in steps for n in sequences(step.messages)] == wanted
    assert sum(step.scanned for step in steps) == len(wanted)
    late = [step async for step in history.scan(start, end, ["late"])]
    assert [n for step in late for n in sequences(step.messages)] == [
        sequence for sequence in wanted if sequence % 50 == 7
    ]
    # nobody waits for the server to take our consumer away: well before it does so by itself
    async with asyncio.timeout(5):
        while (state := (await client.jetstream().stream_info(name)).state).consumer_count:
            pass
    assert state.messages == len(stored)


@pytest.mark.parametrize("kind", ["plain", "leader"])
async def test_some_subjects_are_a_history_of_their_own(truth, opened, kind):
    name, stored = truth
    history = await opened(f"js:{name}/{name}.rare.*")
    wanted = [sequence for sequence in stored if sequence % 500 == 3]
    page = await history.page_before(await history.latest(), 100)
    assert (sequences(page.messages), page.first) == (wanted, True)
    page = await history.page_before(await history.latest(), 2)
    assert sequences(page.messages) == wanted[-2:]
    assert sequences((await history.page_before(page.start, 2)).messages) == wanted[-4:-2]
    assert sequences((await history.page_at(StreamSequence(504), 2)).messages) == wanted[2:4]
    steps = [s async for s in history.scan(await history.earliest(), await history.latest())]
    assert [n for step in steps for n in sequences(step.messages)] == wanted


@pytest.mark.parametrize("kind", ["plain"])
async def test_what_has_no_history_says_so(truth, client, opened, kind):
    name, _ = truth
    with pytest.raises(NotThereError, match="no such stream"):
        await opened("js:NOBODY")
    with pytest.raises(UsageError, match="core NATS stores nothing"):
        await opened("nats:orders.>")
    with pytest.raises(UsageError, match="no consumer"):
        await opened(f"js:{name}#invoicer")
    history = await opened(f"js:{name}")
    with pytest.raises(UsageError, match="not a place in a stream"):
        await history.at(PulsarPosition(1, 1))
    gone = f"PAST{uuid.uuid4().hex[:8]}"
    await client.jetstream().add_stream(StreamConfig(name=gone, subjects=[f"{gone}.>"]))
    history = await opened(f"js:{gone}")
    assert (await history.page_at(Earliest(), 5)).messages == ()
    await client.jetstream().delete_stream(gone)
    with pytest.raises(SourceError):
        await history.page_at(Earliest(), 5)


async def state_of(steps):
    """Subjects with the sequence of their last message."""
    state = State()
    async for _ in state.follow(steps):
        pass
    return {subject: int(message.id[1:]) for (_, subject), message in state.last.items()}


@EACH
async def test_the_state_at_a_moment_is_the_last_of_each_subject_before(truth, opened, kind):
    name, stored = truth
    history = await opened(f"js:{name}")

    def folded(numbers):
        return {
            f"{name}.{'rare' if n % 500 == 3 else 'often'}.{n % 4}": n for n in numbers if n < COUNT
        }

    for moment in (1, 2, 89, 950, 2_503, COUNT + 1):
        found = await state_of(history.last(await history.at(StreamSequence(moment))))
        assert found == folded(n for n in stored if n < moment)
    between = history.last(((2_503,),), ((2_480,),))
    assert await state_of(between) == folded(n for n in stored if 2_480 <= n < 2_503)


async def test_a_mirror_that_holds_less_does_not_answer_for_its_origin(client, opened):
    js, name = client.jetstream(), f"ORIGIN{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
    for number in range(10):
        await js.publish(f"{name}.{number}", b"x")
    origin = StreamSource(name=name, opt_start_seq=6)
    await js.add_stream(StreamConfig(name=f"{name}M", mirror=origin, mirror_direct=True))
    async with asyncio.timeout(20):
        # a mirror copies when it likes
        while (await js.stream_info(f"{name}M")).state.messages < 5:
            await client.flush()
    history = await opened(f"js:{name}")
    note = f"its mirror {name}M also answers direct gets and may hold less; its leader is read"
    # that direct get is off would be untrue
    assert history.notes == [note]
    for _ in range(16):
        page = await history.page_at(Earliest(), 20)
        assert [message.id for message in page.messages] == [f"#{n}" for n in range(1, 11)]
        assert len(await state_of(history.last(await history.latest()))) == 10
    await js.delete_stream(f"{name}M")


async def changes_of(history, first, second):
    fold = KeyStateQuery(history, second, first)
    async for _ in fold.steps():
        pass
    rows = [row async for row in fold.rows(Filter(), Decoding(load({}, environ=NOWHERE)).reader)]
    return fold, {row.identity[1].rpartition(".")[2]: row for row in rows}


async def test_a_copy_of_what_is_not_heard_says_that_it_may_lack_messages(client, opened):
    js, name = client.jetstream(), f"COPY{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, mirror=StreamSource(name=f"{name}-NOT")))
    history = await opened(f"js:{name}")
    note = f"it copies {name}-NOT, which is not responding and may have more messages"
    assert note in history.notes
    assert history.gaps == note


@pytest.fixture
def told(stack, capsys, monkeypatch):
    """Runs `history`: the lines that it prints, and what it says."""
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    places = ["--nats", stack.nats, "--nats-monitor", stack.nats_monitor, "--pulsar", "off"]

    async def tell(*argv):
        assert await asyncio.to_thread(run, ["history", *argv, *places]) == 0
        printed, said = capsys.readouterr()
        return printed.splitlines(), said

    return tell


async def add(client, name, **more):
    """A stream with settings that the client library does not know."""
    config = {"name": name, "subjects": [f"{name}.>"], "allow_direct": True, **more}
    answer = await client.request(f"$JS.API.STREAM.CREATE.{name}", json.dumps(config).encode())
    assert "error" not in json.loads(answer.data)


async def test_an_atomic_batch_is_named_and_not_divided_unsaid(client, opened, told):
    name = f"BATCH{uuid.uuid4().hex[:8]}"
    await add(client, name, allow_atomic=True)
    headers = {"Nats-Batch-Id": "order-7"}
    for number in (1, 2):
        more = {**headers, "Nats-Batch-Sequence": str(number)}
        await client.publish(f"{name}.{number}", b"%d" % number, headers=more)
    # nothing of a batch that has no end is there
    unended = {"Nats-Batch-Id": "left", "Nats-Batch-Sequence": "1"}
    await client.request(f"{name}.9", b"9", headers=unended)
    assert (await told(f"js:{name}"))[0] == []
    last = {**headers, "Nats-Batch-Sequence": "3", "Nats-Batch-Commit": "1"}
    answer = await client.request(f"{name}.1", b"3", headers=last)
    assert json.loads(answer.data)["count"] == 3
    lines, _ = await told(f"js:{name}")
    assert [line.partition(" B  ")[2] for line in lines] == [
        *("batch order-7 1  1", "batch order-7 2  2", "batch order-7 3, the last  3")
    ]
    records = [json.loads(line) for line in (await told(f"js:{name}", "--json"))[0]]
    assert [record["headers"]["Nats-Batch-Sequence"] for record in records] == [["1"], ["2"], ["3"]]
    note = "the time falls within atomic batch order-7, before its message 2"
    (state,), said = await told(f"js:{name}", "--state-at", records[1]["publish_time"], "--json")
    assert (json.loads(state)["value"], json.loads(state)["note"]) == (1, note)
    assert said.count(note) == 1
    for whole in (records[0]["publish_time"], "now"):
        assert "batch" not in (await told(f"js:{name}", "--state-at", whole))[1]


async def test_a_counter_is_shown_with_what_was_added(client, told):
    name = f"COUNT{uuid.uuid4().hex[:8]}"
    await add(client, name, allow_msg_counter=True)
    for step in ("+2", "-5", "100000000000000000000"):
        await client.request(f"{name}.x", b"", headers={"Nats-Incr": step})
    lines, _ = await told(f"js:{name}")
    assert [line.partition(" B  ")[2] for line in lines] == [
        *("increment +2  2", "increment -5  -3"),
        'increment 100000000000000000000  {"val":"99999999999999999997"}',
    ]
    ((change,), _) = await told(f"js:{name}", "--diff", "#2", "#3", "--json")
    assert json.loads(change)["differences"] == [{"path": "", "before": 2, "after": -3}]


@pytest.mark.parametrize("retention", [RetentionPolicy.WORK_QUEUE, RetentionPolicy.INTEREST])
async def test_what_was_acknowledged_in_a_queue_is_missing_and_said_to_be(
    client, opened, retention
):
    js, name = client.jetstream(), f"WORK{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], retention=retention))
    consumer = await js.pull_subscribe(f"{name}.>", "worker")
    for number in range(3):
        await js.publish(f"{name}.{number}", b"%d" % number)
    (message,) = await consumer.fetch(1)
    await message.ack_sync()
    history = await opened(f"js:{name}")
    missing = await history.missing(await history.latest())
    assert "1 of the 3 earlier messages are no longer stored" in missing.note
    why = f"{retention.value}: acknowledged messages are removed"
    assert why in missing.note
    assert (await history.extent()).edge == f"no limits; {why}"


async def test_a_purged_key_is_removed_though_nothing_of_it_is_left(client, opened):
    js, bucket = client.jetstream(), f"B{uuid.uuid4().hex[:8]}"
    kv = await js.create_key_value(bucket=bucket, history=5)
    for key in ("pur", "del", "keep"):
        await kv.put(key, b"1")
    history = await opened(f"kv:{bucket}")
    first = await history.latest()
    await kv.delete("del")
    await kv.purge("pur")
    await kv.put("new", b"1")
    fold, rows = await changes_of(history, first, await history.latest())
    assert {key: row.kind for key, row in rows.items()} == {
        "del": "removed",
        "pur": "removed",
        "new": "unknown",
    }
    assert rows["del"].before.message.body == b"1"
    assert (rows["pur"].before, rows["pur"].after) == (None, None)
    assert "its earlier value, if it had one, is not known" in rows["pur"].note
    assert fold.lacks.startswith("up to 1 of the 3 earlier messages are no longer stored")


async def test_of_a_stream_that_has_lost_nothing_a_new_key_is_added(client, opened):
    js, bucket = client.jetstream(), f"B{uuid.uuid4().hex[:8]}"
    kv = await js.create_key_value(bucket=bucket, history=5)
    await kv.put("old", b"1")
    history = await opened(f"kv:{bucket}")
    first = await history.latest()
    await kv.put("new", b"1")
    await kv.put("brief", b"1")
    await kv.delete("brief")
    fold, rows = await changes_of(history, first, await history.latest())
    assert ({key: row.kind for key, row in rows.items()}, fold.lacks) == ({"new": "added"}, "")


@pytest.mark.parametrize("direct", [True, False])
async def test_a_key_that_replaced_all_of_its_past_is_not_called_added(client, opened, direct):
    js, name = client.jetstream(), f"ONE{uuid.uuid4().hex[:8]}"
    config = StreamConfig(subjects=[f"{name}.>"], max_msgs_per_subject=1, allow_direct=direct)
    await js.add_stream(config.evolve(name=name))
    await js.publish(f"{name}.a", b"1")
    await js.publish(f"{name}.b", b"1")
    history = await opened(f"js:{name}")
    first = await history.latest()
    assert await history.missing(first) is None
    await js.publish(f"{name}.a", b"2")
    fold, rows = await changes_of(history, first, await history.latest())
    assert {key: row.kind for key, row in rows.items()} == {"a": "unknown"}
    assert "1 of a subject" in fold.lacks
    # what is there now is whole: no limit takes the last of a subject
    assert await history.missing(await history.latest()) is None


async def test_a_state_after_a_purge_is_not_taken_for_an_empty_beginning(client, opened):
    js, name = client.jetstream(), f"PURGED{uuid.uuid4().hex[:8]}"
    await js.add_stream(name=name, subjects=[f"{name}.>"], max_msgs=100, allow_direct=True)
    for number in range(8):
        await js.publish(f"{name}.{number}", b"x")
    history = await opened(f"js:{name}")
    first = await history.at(StreamSequence(5))
    await js.purge_stream(name)
    await js.publish(f"{name}.1", b"y")
    fold, rows = await changes_of(history, first, await history.latest())
    assert {key: row.kind for key, row in rows.items()} == {"1": "unknown"}
    assert fold.lacks.startswith("4 of the 4 earlier messages are no longer stored")
    missing = await history.missing(await history.latest())
    assert (missing.note.split()[0], missing.leaves_doubt) == ("8", True)


@pytest.mark.parametrize("keys", [1_000, 2_500])
async def test_a_star_within_a_token_is_a_letter_for_a_state_and_for_a_page(client, opened, keys):
    js, name = client.jetstream(), f"STAR{uuid.uuid4().hex[:8]}"
    await js.add_stream(StreamConfig(name=name, subjects=[f"{name}.>"], allow_direct=True))
    for number in range(keys):
        await client.publish(f"{name}.k{number}", b"x")
    await js.publish(f"{name}.k1*", b"a star")
    for subject, sequences in ((f"{name}.k1*", [keys + 1]), (f"{name}.k2*", [])):
        history = await opened(f"js:{name}/{subject}")
        found = await state_of(history.last(await history.latest()))
        assert list(found.values()) == sequences
        page = await history.page_at(Earliest(), 10)
        assert [message.id for message in page.messages] == [f"#{n}" for n in sequences]
        assert "taken literally" in history.notes[0]


@pytest.mark.parametrize("seed", range(8))
async def test_states_and_differences_are_a_fold_over_what_was_put_or_say_what_they_lack(
    client, opened, seed
):
    dice, js = random.Random(seed), client.jetstream()
    bucket = f"B{uuid.uuid4().hex[:8]}"
    kept, loses_nothing = (1, 3, 64, 64)[seed % 4], seed % 4 == 3
    kv = await js.create_key_value(bucket=bucket, history=kept, direct=seed < 4)
    ledger = [{}]
    for number in range(60):
        key, then = f"k{dice.randrange(6)}", dict(ledger[-1])
        does = dice.choices(["put", "delete", "purge"], [8, 2, not loses_nothing])[0]
        if does == "put":
            await kv.put(key, b"%d" % number)
            then[key] = number
        else:
            await (kv.delete(key) if does == "delete" else kv.purge(key))
            then.pop(key, None)
        ledger.append(then)
    history = await opened(f"kv:{bucket}")
    read = Decoding(load({}, environ=NOWHERE)).reader
    whole = 0
    for _ in range(12):
        first, second = sorted(dice.sample(range(61), 2))
        at = [await history.at(StreamSequence(n + 1)) for n in (first, second)]
        fold = KeyStateQuery(history, at[1])
        async for _ in fold.steps():
            pass
        found = {
            row.identity[1].rpartition(".")[2]: row.after.decoded.value
            async for row in fold.rows(Filter(), read)
        }
        right = ledger[second]
        # what is there was there; what is not, only where something is missing
        assert found.items() <= right.items()
        assert found == right or fold.lacks
        whole += not fold.lacks
        fold, rows = await changes_of(history, *at)
        before, after = ledger[first], ledger[second]
        kinds = {
            key: "added" if key not in before else "removed" if key not in after else "changed"
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        told = {key: row.kind for key, row in rows.items() if not row.note}
        # what is certain is right, and what is not certain has a note
        assert told.items() <= kinds.items()
        assert told == kinds or fold.lacks
    assert whole == 12 or not loses_nothing


class Told:
    """A stream as it was sent, and as it was each time something was removed.

    Attributes:
        moments: Of each number of messages sent, the states in which the stream then was.
        most: Messages that it keeps.
    """

    def __init__(self, dice, js, name, most):
        self.dice, self.js, self.name, self.most = dice, js, name, most
        self.stored, self.sequence = {}, 0
        self.moments = [[{}]]

    async def put(self):
        subject = f"{self.name}.k{self.dice.randrange(5)}"
        rolls = self.dice.choices(["", "sub", "all"], [20, 1, 1])[0]
        ack = await self.js.publish(
            subject, b"%d" % self.sequence, headers={"Nats-Rollup": rolls} if rolls else None
        )
        self._keep(lambda _, other: rolls != "all" and not (rolls and other[0] == subject))
        self.stored[ack.seq] = subject, self.sequence
        self.sequence = ack.seq
        last = sorted(self.stored)[-self.most :]
        self._keep(lambda seq, _: seq in last)
        self.moments.append([self.state])

    async def remove(self):
        """Delete a message, or purge some."""
        subject = f"{self.name}.k{self.dice.randrange(5)}"
        match self.dice.choice(["delete", "subject", "keep", "sequence", "all"]):
            case "delete" if self.stored:
                gone = self.dice.choice(list(self.stored))
                await self.js.delete_msg(self.name, gone)
                self._keep(lambda seq, _: seq != gone)
            case "subject":
                await self.js.purge_stream(self.name, subject=subject)
                self._keep(lambda _, other: other[0] != subject)
            case "keep":
                await self.js.purge_stream(self.name, keep=3)
                last = sorted(self.stored)[-3:]
                self._keep(lambda seq, _: seq in last)
            case "sequence" if self.stored:
                first = self.dice.choice(list(self.stored))
                await self.js.purge_stream(self.name, seq=first)
                self._keep(lambda seq, _: seq >= first)
            case "all":
                await self.js.purge_stream(self.name)
                self._keep(lambda *_: False)
        self.moments[-1].append(self.state)

    def _keep(self, holds):
        self.stored = {seq: one for seq, one in self.stored.items() if holds(seq, one)}

    @property
    def state(self):
        return {subject: value for _, (subject, value) in sorted(self.stored.items())}


def kinds_of(before, after):
    return {
        key: "added" if key not in before else "removed" if key not in after else "changed"
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


@pytest.mark.parametrize("seed", range(8))
async def test_what_a_stream_forgot_is_right_or_said(client, opened, seed):
    dice, js = random.Random(seed), client.jetstream()
    name = f"GONE{uuid.uuid4().hex[:8]}"
    most = (1_000, 20)[seed % 4 > 1]
    config = StreamConfig(name=name, subjects=[f"{name}.>"], allow_rollup_hdrs=True)
    await js.add_stream(config.evolve(allow_direct=seed % 2 == 0, max_msgs=most))
    told = Told(dice, js, name, most)
    for _ in range(40):
        await told.put()
        while dice.random() < 0.06:
            await told.remove()
    history = await opened(f"js:{name}")
    read = Decoding(load({}, environ=NOWHERE)).reader
    for _ in range(12):
        first, second = sorted(dice.sample(range(1, 41), 2))
        at = [await history.at(StreamSequence(n + 1)) for n in (first, second)]
        fold = KeyStateQuery(history, at[1])
        async for _ in fold.steps():
            pass
        found = {
            row.identity[1]: row.after.decoded.value async for row in fold.rows(Filter(), read)
        }
        assert found in told.moments[second] or fold.lacks
        fold, rows = await changes_of(history, *at)
        changed = {f"{name}.{key}": row.kind for key, row in rows.items() if not row.note}
        right = [
            kinds_of(before, after)
            for before in told.moments[first]
            for after in told.moments[second]
        ]
        assert changed in right or fold.lacks
    # what is stored now is the state now, whatever is gone
    fold = KeyStateQuery(history, await history.at(Latest()))
    async for _ in fold.steps():
        pass
    found = {row.identity[1]: row.after.decoded.value async for row in fold.rows(Filter(), read)}
    assert found == told.state


async def test_a_key_that_expired_is_removed_and_is_missing_once_its_marker_is_gone(client, opened):
    js, bucket = client.jetstream(), f"B{uuid.uuid4().hex[:8]}"
    # servers keep no key for a shorter time than its marker
    kv = await js.create_key_value(bucket=bucket, history=3, limit_marker_ttl=3)
    await kv.put("stays", b"1")
    await kv.create("goes", b"2", msg_ttl=3)
    history = await opened(f"kv:{bucket}")
    before = await history.latest()

    async def state_has(last, messages):
        async with asyncio.timeout(30):
            while True:
                state = (await js.stream_info(f"KV_{bucket}")).state
                if (state.last_seq, state.messages) == (last, messages):
                    return

    await state_has(3, 2)
    after = await history.latest()
    fold, rows = await changes_of(history, before, after)
    assert {key: row.kind for key, row in rows.items()} == {"goes": "removed"}
    fold = KeyStateQuery(history, after)
    async for _ in fold.steps():
        pass
    read = Decoding(load({}, environ=NOWHERE)).reader
    assert [row.identity[1] async for row in fold.rows(Filter(), read)] == [f"$KV.{bucket}.stays"]
    await state_has(3, 1)
    fold, rows = await changes_of(history, before, after)
    assert rows == {}
    assert "are no longer stored" in fold.lacks
