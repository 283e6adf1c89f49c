"""What is implausible in the times of stored messages."""

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.pulsar.clocks import PENDING, SLACK, disagreement, too_early
from arcwatch.sources.pulsar.stored_topic import Found, MessageRun

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([], ""),
        ([NOW], ""),
        ([NOW - 5_000, NOW - 5_000 - SLACK, NOW + SLACK], ""),
        (
            [NOW, NOW - 60_000, NOW],
            "of 3 messages looked at 1 is dated up to 1m 00s before what was stored before",
        ),
        ([NOW + 60_000], "of 1 message looked at 1 is up to 1m 00s ahead of this machine's clock"),
        (
            [NOW, NOW - 60_000, NOW, NOW - 90_000, NOW + 60_000, NOW + 60_000],
            "of 6 messages looked at 2 are dated up to 1m 30s before what was stored before and "
            "2 are up to 1m 00s ahead of this machine's clock",
        ),
    ],
)
def test_what_no_clock_explains_is_said_in_a_line(times, said):
    assert disagreement(times, NOW) == (said and f"{said}: some producer's clock is wrong")


class Topic:
    """A topic whose ledger begins with a message that is dated so long before it."""

    def __init__(self, early, ledger=5):
        self._early, self._ledger = early, ledger

    async def begun(self, ledger):
        if isinstance(self._early, Exception):
            raise self._early
        return None if self._early is None else NOW

    async def after(self, position, count):
        place = (self._ledger, 0, 0)
        return MessageRun([Found(NOW - self._early, place, place, None)], False)


async def test_a_message_dated_long_before_its_ledger_is_doubted():
    said = await too_early(Topic(PENDING + 3_600_000), 5)
    assert said.startswith("the first message of ledger 5 is dated 1h 01m before")
    assert "slow, or it was copied from elsewhere" in said


@pytest.mark.parametrize(
    "topic",
    [Topic(PENDING), Topic(None), Topic(PENDING * 9, ledger=6), Topic(SourceError("HTTP 403"))],
)
async def test_what_clients_may_have_waited_for_or_nobody_knows_is_not(topic):
    assert await too_early(topic, 5) == ""
