"""Histories of what is rarely stored: encrypted, ends of transactions, dated by a wrong clock."""

import json
import os
import uuid

import httpx
import pytest

from arcwatch.config.settings import load
from arcwatch.decode import decode_message
from arcwatch.decode.record import message_json
from arcwatch.history.open import open_history
from arcwatch.stack.traffic.transactional_producer import TransactionalProducer as Producer
from tests.raw_pulsar import encrypted_with, transaction_marker

HOUR = 3_600_000
NOON = 1_762_689_600_000
"""Milliseconds; 2025-11-09 12:00 UTC."""


@pytest.fixture
def odd(stack, pulsar_client):
    """A namespace with a topic of two partitions and a plain one, which a broker serves."""
    namespace = f"odd/{uuid.uuid4().hex[:8]}"
    with httpx.Client(base_url=f"{stack.pulsar_admin}/admin/v2/", timeout=30) as admin:
        admin.put("tenants/odd", json={"allowedClusters": ["standalone"]})
        admin.put(f"namespaces/{namespace}").raise_for_status()
        keep = {"retentionTimeInMinutes": -1, "retentionSizeInMB": -1}
        admin.post(f"namespaces/{namespace}/retention", json=keep).raise_for_status()
        admin.put(f"persistent/{namespace}/parted/partitions", json=2).raise_for_status()
        admin.put(f"persistent/{namespace}/plain").raise_for_status()
    for name in ("parted", "plain"):
        pulsar_client.create_producer(f"persistent://{namespace}/{name}").close()
    return namespace


@pytest.fixture
def opened(stack, odd):
    def opened(name):
        places = {"pulsar": stack.pulsar, "pulsar_admin": stack.pulsar_admin, "nats": "off"}
        settings = load(places, environ={"ARCWATCH_CONFIG": os.devnull})
        return open_history(settings, f"pulsar:{odd}/{name}")

    return opened


async def walked(history, limit):
    """All messages, page by page from the beginning, and again from the end."""
    forth, back, at = [], [], await history.earliest()
    while (page := await history.page_after(at, limit)).messages:
        forth += page.messages
        at = page.end
    at = await history.latest()
    while (page := await history.page_before(at, limit)).messages:
        back = [*page.messages, *back]
        at = page.start
    return forth, back


async def test_a_clock_an_hour_wrong_breaks_no_partitions_order_and_loses_nothing(
    stack, odd, opened
):
    names = [f"persistent://{odd}/parted-partition-{number}" for number in range(2)]
    async with Producer.connected(stack.pulsar, names[0]) as right:
        for number in range(20):
            await right.send(b"%d" % number, NOON + 1_000 * number)
    async with Producer.connected(stack.pulsar, names[1]) as other:
        for number in range(100, 120):
            # every third message is of a producer whose clock is an hour behind, then ahead
            wrong = (-HOUR if number < 110 else HOUR) * (number % 3 == 0)
            await other.send(b"%d" % number, NOON + 1_000 * (number - 100) + wrong)
    async with opened("parted") as history:
        forth, back = await walked(history, 7)
        numbers = [int(message.body) for message in forth]
        assert sorted(numbers) == [*range(20), *range(100, 120)]
        for first in (0, 100):
            part = [number for number in numbers if first <= number < first + 20]
            assert part == [*range(first, first + 20)]
        assert sorted(int(message.body) for message in back) == sorted(numbers)
        for first in (0, 100):
            part = [int(m.body) for m in back if first <= int(m.body) < first + 20]
            assert part == [*range(first, first + 20)]


async def test_an_encrypted_message_is_there_as_its_bytes(stack, odd, opened):
    async with Producer.connected(stack.pulsar, f"persistent://{odd}/plain") as producer:
        await producer.send(b"before", NOON)
        await producer.send(b"\x8f\x02\xff\x91", NOON + 1, encrypted_with(b"orders", b"\x01" * 32))
        await producer.send(b"after", NOON + 2)
    async with opened("plain") as history:
        forth, back = await walked(history, 2)
        assert [message.id for message in forth] == [message.id for message in back]
        told = [json.loads(message_json(each, decode_message(each))) for each in forth]
        assert [each["value"] for each in told] == ["before", "jwL/kQ==", "after"]
        notes = [each.unread for each in forth]
        assert notes == [None, "encrypted, key names orders", None]


async def test_ends_of_transactions_are_passed_over_and_keep_nobody_waiting(stack, odd, opened):
    async with Producer.connected(stack.pulsar, f"persistent://{odd}/plain") as producer:
        for number in range(6):
            await producer.send(b"%d" % number, NOON + number)
            await producer.send(b"", NOON + number, transaction_marker(21), marks=True)
    async with opened("plain") as history:
        forth, back = await walked(history, 2)
        assert [int(message.body) for message in forth] == [*range(6)]
        assert [int(message.body) for message in back] == [*range(6)]
        start, end = await history.earliest(), await history.latest()
        scanned = [int(m.body) async for step in history.scan(start, end) for m in step.messages]
        assert scanned == [*range(6)]
