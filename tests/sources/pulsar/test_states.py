"""States and differences of Pulsar topics against a ledger of what was sent, on a real broker.

Random puts, deletions and change events, while the broker compacts the topic and removes ledgers,
because of retention, of time that is over, or as it is told to.
"""

import asyncio
import json
import os
import random
import uuid
from contextlib import AsyncExitStack

import httpx
import pytest

from arcwatch.config.settings import load
from arcwatch.filters.filter import Filter
from arcwatch.history.decoding import Decoding
from arcwatch.history.key_state_query import KeyStateQuery
from arcwatch.history.open import open_history

NOWHERE = {"ARCWATCH_CONFIG": os.devnull}

COUNT = 48
"""Messages of a topic."""


@pytest.fixture(scope="module")
def namespaces(stack):
    """One that keeps everything, and one that keeps what is not acknowledged."""
    names = f"states/{uuid.uuid4().hex[:8]}", f"states/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=60) as admin:
        admin.put("tenants/states", json={"allowedClusters": ["standalone"]})
        for name in names:
            admin.put(f"namespaces/{name}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{names[0]}/retention", json=keep).raise_for_status()
    return names


@pytest.fixture
async def admin(stack):
    async with httpx.AsyncClient(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=60) as admin:
        yield admin


@pytest.fixture
async def opened(stack):
    places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
    settings = load(places, environ=NOWHERE)
    async with AsyncExitStack() as open_now:
        yield lambda address: open_now.enter_async_context(open_history(settings, address))


class Sent:
    """A topic as it was sent.

    Attributes:
        ledger: What each key was before the first message, and after each.
        places: The position of each message.
    """

    def __init__(self, dice, admin, client, path, *, events):
        self.dice, self.admin, self.client, self.path = dice, admin, client, path
        self.events = events
        self.ledger, self.places = [{}], []

    async def fill(self, happens):
        """Send everything; ``happens`` are the numbers of messages before which what happens."""
        name = f"persistent://{self.path.removeprefix('persistent/')}"
        producer = self.client.create_producer(name, send_timeout_millis=120_000)
        while len(self.places) < COUNT:
            for what in happens.pop(len(self.places), ()):
                await getattr(self, what)()
            key = f"k{self.dice.randrange(8)}"
            for body, row in self._messages(key):
                place = await asyncio.to_thread(producer.send, body, partition_key=key)
                self.places.append((place.ledger_id(), place.entry_id(), 0))
                then = {**self.ledger[-1], key: row}
                self.ledger.append({k: v for k, v in then.items() if v is not None})
        producer.close()

    def _messages(self, key):
        """What is sent next of a key, and the row it leads to; None is removed."""
        row, number = self.ledger[-1].get(key), len(self.places)
        does = self.dice.choices(["put", "patch", "delete"], [7, 2 * self.events, 3])[0]
        if does == "delete":
            gone = json.dumps({"op": "d", "before": row, "after": None}).encode()
            return [(gone, None), (b"", None)] if self.events else [(b"", None)]
        if does == "patch" and row:
            fields = json.dumps({"p": number})
            event = {"op": "u", "before": None, "after": None}
            event["updateDescription"] = {"updatedFields": fields}
            return [(json.dumps(event).encode(), {**row, "p": number})]
        new = {"n": number}
        event = {"op": "u" if row else "c", "before": row, "after": new}
        return [(json.dumps(event if self.events else new).encode(), new)]

    async def compact(self):
        (await self.admin.put(f"{self.path}/compaction")).raise_for_status()
        async with asyncio.timeout(120):
            while (await self.admin.get(f"{self.path}/compaction")).json()["status"] != "SUCCESS":
                pass

    async def trim(self):
        """Have the broker remove what nobody waits for: it closes a ledger when it unloads it."""
        (await self.admin.put(f"{self.path}/unload")).raise_for_status()
        await self.admin.get(f"{self.path}/stats")
        await self.admin.post(f"{self.path}/trim")

    async def truncate(self):
        """Remove all that was sent, however long it is to be kept."""
        await self.trim()
        (await self.admin.delete(f"{self.path}/truncate")).raise_for_status()
        async with asyncio.timeout(120):
            while (await self.admin.get(f"{self.path}/internalStats")).json()["numberOfEntries"]:
                pass
        self.ledger[-1] = {}

    async def expire(self):
        """Have half of what waits expire, as a TTL would."""
        ledger, entry, _ = self.places[len(self.places) // 2]
        place = {"ledgerId": ledger, "entryId": entry, "partitionIndex": -1, "batchIndex": -1}
        await self.admin.post(f"{self.path}/subscription/billing/expireMessages", json=place)


KINDS = ("kept", "trimmed", "expired", "truncated")


async def sent_topic(namespaces, admin, client, seed):
    """A topic of one kind by its seed."""
    dice, kind = random.Random(seed), KINDS[seed % 4]
    path = f"persistent/{namespaces[kind in ('trimmed', 'expired')]}/s{seed}-{uuid.uuid4().hex[:6]}"
    sent = Sent(dice, admin, client, path, events=seed % 2)
    (await admin.put(path)).raise_for_status()
    if kind == "expired":
        client.subscribe(f"persistent://{path.removeprefix('persistent/')}", "billing").close()
    # what compaction has kept, truncation does not remove
    does_compact = kind == "kept" or (seed // 4 % 2 and kind != "truncated")
    compacts = [dice.randrange(8, COUNT)] if does_compact else []
    happens = {number: ["compact"] for number in compacts}
    if kind != "kept":
        first, second = sorted(dice.sample(range(8, COUNT - 4), 2))
        ends = {"trimmed": ["trim"], "expired": ["trim", "expire", "trim"]}.get(kind, ["truncate"])
        happens[first] = [*happens.get(first, ()), *ends]
        happens[second] = [*happens.get(second, ()), *ends]
    await sent.fill(happens)
    return sent, kind


def is_certain(row):
    kept = [each for each in (row.before, row.after) if each]
    return not row.note and not any(each.decoded.error for each in kept)


async def rows_of(history, *at):
    fold = KeyStateQuery(history, at[-1], at[0] if len(at) > 1 else None)
    async for _ in fold.steps():
        pass
    read = Decoding(load({}, environ=NOWHERE)).reader
    return fold, {row.identity[1]: row async for row in fold.rows(Filter(), read)}


async def is_a_fold_or_says_what_it_lacks(namespaces, admin, client, opened, seed, tries):
    sent, kind = await sent_topic(namespaces, admin, client, seed)
    history = await opened(f"pulsar:{sent.path.removeprefix('persistent/')}")
    places = [*sent.places, (await history.latest())[0]]
    for _ in range(tries):
        first, second = sorted(sent.dice.sample(range(len(places)), 2))
        fold, rows = await rows_of(history, (places[second],))
        right = sent.ledger[second]
        found = {key: row.after.decoded.value for key, row in rows.items() if is_certain(row)}
        unsure = rows.keys() - found.keys()
        # what is certain is right, and what is not is said: of all, or of the key
        assert found.items() <= right.items()
        assert found.keys() | unsure == right.keys() or (fold.lacks and kind != "kept")
        fold, rows = await rows_of(history, (places[first],), (places[second],))
        before, after = sent.ledger[first], sent.ledger[second]
        kinds = {
            key: "added" if key not in before else "removed" if key not in after else "changed"
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        }
        told = {key: row.kind for key, row in rows.items() if is_certain(row)}
        # whether something was truncated no broker says: of all keys, or of none
        assert told.items() <= kinds.items() or (fold.lacks and kind == "truncated")
        assert rows.keys() >= kinds.keys() or (fold.lacks and kind != "kept")


@pytest.mark.parametrize("seed", range(8))
async def test_states_and_differences_are_a_fold_over_what_was_sent(
    namespaces, admin, pulsar_client, opened, seed
):
    await is_a_fold_or_says_what_it_lacks(namespaces, admin, pulsar_client, opened, seed, 5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8, 60))
async def test_and_so_they_are_for_many_more(namespaces, admin, pulsar_client, opened, seed):
    await is_a_fold_or_says_what_it_lacks(namespaces, admin, pulsar_client, opened, seed, 20)
