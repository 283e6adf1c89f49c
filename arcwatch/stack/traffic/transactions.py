"""Invoices that are published in transactions.

Most are committed, some rolled back, and now and then one is left open until the coordinator ends
it: meanwhile nobody gets what was published after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import msgspec

from .pulsar_topics import INVOICES
from .report import Report
from .transactional_producer import ABORT, COMMIT, RefusedError, TransactionalProducer

MESSAGES, PAUSE = 8, 0.5
"""Of a transaction, and plan seconds between two of them."""
ABORTED, LEFT_OPEN = 5, 90
"""Every how many transactions one ends so: after minutes, like the waves of a subscription."""
FIRST_LEFT_OPEN = 6
TIMEOUT_MS = 150_000


async def publish(url: str, pace: float) -> None:
    """Publish invoices until cancelled, across any number of broker restarts."""
    report = Report("transactions")
    while True:
        with contextlib.suppress(OSError, EOFError, RefusedError):
            async with TransactionalProducer.connected(url, INVOICES.url) as producer:
                report("flowing")
                await _publish(producer, pace)
        await asyncio.sleep(1)


async def _publish(producer: TransactionalProducer, pace: float) -> None:
    done = 0
    while True:
        done += 1
        transaction = await producer.begin(TIMEOUT_MS)
        for line in range(1, MESSAGES + 1):
            invoice = {"invoice": f"i-{done:05d}", "line": line, "cents": 100 * line + done}
            now = round(time.time() * 1000)
            await producer.send(msgspec.json.encode(invoice), now, transaction=transaction)
            await asyncio.sleep(PAUSE / pace)
        if done % LEFT_OPEN != FIRST_LEFT_OPEN:
            await producer.end(transaction, COMMIT if done % ABORTED else ABORT)
