"""What JetStream lists page by page, and which mirrors answer for a stream."""

from nats.js.api import StreamSource

from arcwatch.sources.jetstream import listing
from arcwatch.sources.jetstream.listing import mirrors_of, rows_of
from arcwatch.wire.nats_system import stream_name


async def test_a_mirror_answers_for_a_stream_that_lets_it(connection, stored):
    alone, origin = await stored(allow_direct=False), await stored(allow_direct=True)
    await stored(subjects=[], mirror=StreamSource(name=alone))
    mirror = await stored(subjects=[], mirror=StreamSource(name=origin), mirror_direct=True)
    assert await mirrors_of(connection, alone) == []
    assert await mirrors_of(connection, origin) == [mirror]


async def test_pages_are_asked_for_until_there_are_no_more_or_enough(
    connection, stored, monkeypatch
):
    names = {await stored() for _ in range(3)}
    subject = connection.jetstream("STREAM.LIST")
    listed = [stream_name(row) async for row in rows_of(connection, subject)]
    assert names <= {*listed}
    assert len({*listed}) == len(listed)
    monkeypatch.setattr(listing, "MOST", 0)
    assert [row async for row in rows_of(connection, subject)] == []


async def test_a_stream_without_consumers_has_no_rows(connection, stored):
    name = await stored()
    subject = connection.jetstream(f"CONSUMER.LIST.{name}")
    assert [row async for row in rows_of(connection, subject)] == []
