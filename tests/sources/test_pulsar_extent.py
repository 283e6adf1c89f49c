"""What is told of ledgers that are not to be read."""

from arcwatch.model.history import Stretch
from arcwatch.sources.pulsar.extent import archived
from arcwatch.wire.pulsar_ledgers import Ledger


def test_ledgers_in_tiered_storage_are_laid_out_by_when_they_were_closed():
    ledgers = (
        Ledger(3, 100, 5_000, 1_000, offloaded=True),
        Ledger(5, 0, 0, 2_000, offloaded=True),
        Ledger(9, 50, 2_500, 3_000, offloaded=True),
        Ledger(12, 70, 3_500, 4_000, offloaded=False),
        Ledger(13, None, None, None, offloaded=False),
    )
    # when the first of all was begun nobody tells
    first = Stretch(1_000, 1_000, 200, offloaded=True)
    assert archived(ledgers, 2.0) == [first, Stretch(2_000, 3_000, 100, offloaded=True)]
