"""One topic read at any place, and nothing left behind."""

import pytest

from arcwatch.sources.pulsar.stored_topic import EARLIEST, batch_size
from tests.sources.pulsar.stored import Place, Raw, batch, single, topic

PATH = "persistent/arc/a/t"
LEDGERS = b'{"ledgers":[{"ledgerId":4,"entries":2,"timestamp":7},{"ledgerId":5}]}'
INFO = {
    f"{PATH}/internal-info": LEDGERS,
    "brokers": b'["b:8080"]',
}
STORED = [single(0, ledger=4), single(1, ledger=4), *batch(0, 3), single(1)]


def starts(run):
    return [found.start for found in run.messages]


@pytest.mark.parametrize(
    ("place", "size"),
    [
        (Place(5, 7), 1),
        (Place(5, 7, 0, 3), 3),
        (Place(5, 7, 2, 100), 100),
    ],
)
def test_the_library_says_how_large_a_batch_is_in_the_id_alone(place, size):
    assert batch_size(Raw(place)) == size


async def test_what_follows_a_place_is_read_to_the_end_of_its_last_batch(answered):
    cluster, _ = await answered(INFO)
    stored, client, watch = topic(cluster, STORED)
    run = await stored.after((4, 1, 0), 2)
    assert starts(run) == [(4, 1, 0), (5, 0, 0), (5, 0, 1), (5, 0, 2)]
    assert not run.whole
    rest = await stored.after((5, 0, 1), 10)
    assert (starts(rest), rest.whole) == ([(5, 0, 1), (5, 0, 2), (5, 1, 0)], True)
    assert all(reader.closed for reader in client.readers)
    assert watch.watched == set()


async def test_what_precedes_a_place_is_found_by_the_ledgers(answered):
    cluster, _ = await answered(INFO)
    stored, _, _ = topic(cluster, STORED)
    run = await stored.before((5, 0, 2), 3)
    assert starts(run)[-3:] == [(4, 1, 0), (5, 0, 0), (5, 0, 1)]
    assert (await stored.before(EARLIEST, 3)).whole
    whole = await stored.before((5, 2, 0), 99)
    assert (len(whole.messages), whole.whole) == (6, True)


async def test_the_end_is_behind_the_last_message_of_a_batch_or_the_last_entry(answered):
    last = f"{PATH}/lastMessageId"
    cluster, _ = await answered(
        {last: [b'{"ledgerId":5,"entryId":1}', b'{"ledgerId":5,"entryId":1,"batchIndex":2}']}
    )
    stored, _, _ = topic(cluster, [])
    assert await stored.latest() == (5, 2, 0)
    assert await stored.latest() == (5, 1, 3)


async def test_of_a_topic_that_is_empty_the_end_is_that_of_what_compaction_left(answered):
    internal = (
        b'{"lastConfirmedEntry":"9:-1","ledgers":[],"compactedLedger":{"entries":5},'
        b'"cursors":{"__compaction":{"markDeletePosition":"8:6"}}}'
    )
    told = {f"{PATH}/lastMessageId": b"{}", "brokers": b'["b:8080"]'}
    cluster, _ = await answered(told | {f"{PATH}/internalStats": internal})
    stored, _, _ = topic(cluster, [])
    assert await stored.latest() == (8, 7, 0)


async def test_the_start_of_a_message_in_chunks_is_its_first_chunk(answered):
    cluster, _ = await answered(INFO)
    chunked = Raw(Place(5, 3, text="(5,1,-1,-1);(5,3,-1,-1)"))
    stored, _, _ = topic(cluster, [single(0), chunked])
    assert stored.found(chunked).start == (5, 1, 0)
    assert stored.found(chunked).end == (5, 4, 0)
    assert await stored.start_of((5, 3, 0)) == (5, 1, 0)
    assert await stored.start_of((5, 0, 0)) == (5, 0, 0)


async def test_a_ledger_began_when_the_one_before_it_was_closed(answered):
    internal = (
        b'{"lastConfirmedEntry":"5:1","lastLedgerCreatedTimestamp":"1970-01-01T00:00:09Z",'
        b'"ledgers":[]}'
    )
    cluster, _ = await answered(INFO | {f"{PATH}/internalStats": internal})
    stored, _, _ = topic(cluster, [])
    await stored.ledgers()
    assert await stored.begun(5) == 9_000
    assert await stored.begun(4) is None
    assert await stored.begun(99) is None
    assert stored.passed((4, 0, 0), (5, 1, 2)) == 4


async def test_a_moment_before_all_is_the_beginning(answered):
    cluster, asked = await answered({f"{PATH}/messageid/7": b'{"ledgerId":5,"entryId":-1}'})
    stored, _, _ = topic(cluster, [])
    assert await stored.at(0) == EARLIEST
    assert asked == []
    assert await stored.at(7) == (5, 0, 0)
