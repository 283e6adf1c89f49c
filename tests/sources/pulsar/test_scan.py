"""Topics scanned in threads, as one in order of time."""

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.filters.haystack import Prefilter
from arcwatch.sources.pulsar import scan as module
from arcwatch.sources.pulsar.reader import Bound
from arcwatch.sources.pulsar.scan import PlaceScan, scan
from arcwatch.sources.pulsar.stored_topic import EARLIEST
from tests.sources.pulsar.stored import batch, single, topic

INFO = {
    "persistent/arc/a/t/internal-info": b'{"ledgers":[{"ledgerId":5}]}',
    "brokers": b'["b:8080"]',
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "RETRY", 0.01)


async def there():
    """The topic exists."""


@pytest.fixture
async def scanned(answered):
    """The messages of some topics: ``await scanned([raws, …], stop)``."""
    cluster, _ = await answered(INFO)

    async def read(topics, stop, *, losing=0, words=(), ensure=there):
        sieve = Prefilter(words)
        places = [
            PlaceScan(topic(cluster, raws, losing)[0], EARLIEST, stop, sieve, Bound(), ensure)
            for raws in topics
        ]
        steps = [step async for step in scan(places)]
        found = [(m.publish_time // 10**6, m.id) for step in steps for m in step.messages]
        return found, steps

    return read


async def test_messages_of_all_places_come_in_order_of_time(scanned):
    one = [single(0, time=1), single(1, time=4)]
    other = [single(0, time=2), single(1, time=3), single(2, time=9)]
    found, steps = await scanned([one, other], (5, 3, 0))
    assert [time for time, _ in found] == [1, 2, 3, 4, 9]
    assert sum(step.scanned for step in steps) == 5
    assert steps[-1].done == 1.0


async def test_it_ends_within_a_batch_where_the_stretch_does(scanned):
    found, steps = await scanned([batch(0, 4)], (5, 0, 2))
    assert [name for _, name in found] == ["5:0:-1:0", "5:0:-1:1"]
    assert steps[-1].positions == ((5, 0, 2),)


async def test_an_empty_stretch_opens_no_reader(scanned):
    found, steps = await scanned([[single(0)]], EARLIEST)
    assert found == []
    assert [step.scanned for step in steps] == [0]


async def test_what_certainly_does_not_match_is_not_made_a_message(scanned):
    raws = [single(0, body=b"one"), single(1, body=b"two")]
    found, steps = await scanned([raws], (5, 2, 0), words=("two",))
    assert [name for _, name in found] == ["5:1:-1"]
    assert sum(step.scanned for step in steps) == 2


async def test_a_broker_that_never_brought_anything_is_not_waited_for(scanned):
    with pytest.raises(SourceError, match="cannot be read") as caught:
        await scanned([[single(0)]], (5, 1, 0), losing=99)
    assert caught.value.where == "pulsar:arc/a/t"


async def test_a_broker_that_comes_back_is_read_on(scanned, monkeypatch):
    monkeypatch.setattr(module, "GIVE_UP", 5.0)

    async def gone():
        raise NotThereError("no such topic")

    with pytest.raises(SourceError):
        await scanned([[single(0)]], (5, 1, 0), losing=1, ensure=gone)
