"""Which ledgers hold a topic, and where its messages end."""

from arcwatch.wire.pulsar_ledgers import parse_ledger_list
from arcwatch.wire.pulsar_policies import parse_ledgers


def test_ledgers_are_in_their_order_though_offloaded_ones_are_told_last(recorded):
    told = parse_ledger_list(recorded("pulsar-4.0.8/internal-info-offloaded.json"), "here")
    assert [(each.id, each.entries) for each in told] == [(3, 1_000), (4, 1_000), (5, None)]
    stats = recorded("pulsar-4.0.8/internal-stats-offloaded.json")
    info = recorded("pulsar-4.0.8/internal-info-offloaded.json")
    first = parse_ledgers(stats, info, "here", partitioned=False).first_closed
    assert first == 1796085911.341
