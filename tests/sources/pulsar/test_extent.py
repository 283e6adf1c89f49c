"""What is told of ledgers that are not to be read, and which have to be."""

import pytest

from arcwatch.model.history import Stretch
from arcwatch.sources.pulsar.extent import archived, needed
from arcwatch.sources.pulsar.stored_topic import EARLIEST
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
    first = Stretch(1_000, 1_000, 200, offloaded=True, size=5_000)
    assert archived(ledgers, 2.0) == [first, Stretch(2_000, 3_000, 100, offloaded=True, size=2_500)]


@pytest.mark.parametrize(
    ("start", "end", "most", "back", "found"),
    [
        (EARLIEST, (13, 8, 0), None, False, [3, 9, 12, 13]),
        ((9, 10, 0), (12, 5, 0), None, False, [9, 12]),
        # the first 100 are in the first, of which 40 are left after the 60th
        (EARLIEST, (13, 8, 0), 100, False, [3]),
        ((3, 60, 0), (13, 8, 0), 41, False, [3, 9]),
        # the last 8 are in the one that is written to
        (EARLIEST, (13, 8, 0), 8, True, [13]),
        (EARLIEST, (13, 8, 0), 9, True, [13, 12]),
    ],
)
def test_only_ledgers_that_hold_what_is_read_are_needed(start, end, most, back, found):
    ledgers = [Ledger(n, size, 0, 0, True) for n, size in ((3, 100), (9, 50), (12, 70))]
    ledgers.append(Ledger(13, None, None, None, False))
    known = [(3, 100), (9, 50), (12, 70), (13, end[1])]
    assert [each.id for each in needed(ledgers, known, (start, end), most, back=back)] == found
