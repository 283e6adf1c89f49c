"""Open transactions, and what each hides."""

import pytest

from arcwatch.sources.pulsar.transactions import transactions

SLOW = "/admin/v3/transactions/slowTransactions/0"
STATS = "persistent/public/default/orders/internalStats"
INTERNAL = b'{"lastConfirmedEntry":"3:9","currentLedgerEntries":10,"ledgers":[{"ledgerId":3}]}'


async def test_what_is_hidden_is_asked_for_only_where_somebody_looks(answered, recorded):
    slow = recorded("pulsar-4.0.8/slow-transactions.json")
    cluster, asked = await answered({SLOW: slow, STATS: INTERNAL})
    shown = await transactions(cluster, hides=False)
    assert len(shown.open) == 2
    assert [path for path, _ in asked] == [SLOW]
    (orders,) = (await transactions(cluster, hides=True)).open[0].produced
    # ten entries, the second of which is the first of the transaction's
    assert (orders.entry, orders.hides) == (1, 9)


async def test_a_topic_that_may_not_be_read_hides_nobody_knows_how_much(answered, recorded):
    slow = recorded("pulsar-4.0.8/slow-transactions.json")
    cluster, _ = await answered({SLOW: slow, STATS: 403})
    (orders,) = (await transactions(cluster, hides=True)).open[0].produced
    assert orders.hides != orders.hides


@pytest.mark.parametrize("status", [401, 403, None])
async def test_where_they_may_not_be_listed_that_is_not_none(answered, status):
    cluster, _ = await answered({SLOW: status})
    assert (await transactions(cluster, hides=True)).open is None
