"""Which topics a tail follows, and what it says where it may not."""

import asyncio

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import UsageError
from arcwatch.model.tail import TailOptions
from arcwatch.notation.address import parse_address
from arcwatch.sources.connections import Servers
from arcwatch.sources.intake import Intake, Lane
from arcwatch.sources.pulsar.tail import topic_tail
from arcwatch.sources.tail_start import NEW, Start

TOPIC = "pulsar:arc/a/t"


def tail(servers, start=NEW):
    lane = Lane(Intake(100), TOPIC, 0)
    return topic_tail(servers, lane, parse_address(TOPIC), start, TailOptions((TOPIC,))), lane


async def test_a_place_in_a_stream_is_none_in_a_topic():
    servers = Servers(load({"nats": "off"}))
    with pytest.raises(UsageError, match="not a place in a topic") as caught:
        tail(servers, Start(sequence=5))
    assert caught.value.hint == "write id:LEDGER:ENTRY, or a time"
    await servers.close()


async def test_without_an_admin_address_it_would_create_the_topic():
    servers = Servers(load({"nats": "off", "pulsar_admin": "off"}))
    with pytest.raises(UsageError, match="admin address is disabled"):
        tail(servers)
    await servers.close()


async def test_a_broker_that_does_not_answer_is_told_and_asked_again():
    places = {"pulsar": "pulsar://127.0.0.1:1", "pulsar_admin": "http://127.0.0.1:1"}
    servers = Servers(load({"nats": "off"} | places))
    follower, lane = tail(servers)
    task = asyncio.create_task(follower.follow())
    async with asyncio.timeout(5):
        while not lane.counts().text:  # noqa: ASYNC110 - a lane's text tells nobody
            await asyncio.sleep(0.01)
    assert "cannot connect" in lane.counts().text
    assert lane.counts().state in ("connecting", "reconnecting")
    task.cancel()
    await asyncio.wait([task])
    await servers.close()
