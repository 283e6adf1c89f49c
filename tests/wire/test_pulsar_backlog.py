"""How far a scan of a backlog came, and the oldest message in it."""

import msgspec
import pytest

from arcwatch.errors import WireError
from arcwatch.wire.pulsar_backlog import Analysis, parse_analysis, parse_earliest


def analysis(**told):
    return parse_analysis(msgspec.json.encode({"entries": 5, "messages": 9} | told), "here")


def test_a_scan_that_came_to_the_end_goes_on_nowhere():
    assert analysis(lastMessageId="4:5:-1") == Analysis(5, 9, None)


@pytest.mark.parametrize("last", ["4:5", "4:5:-1", "4:5:-1:2"])
def test_a_scan_that_was_stopped_goes_on_behind_its_last_message(last):
    assert analysis(aborted=True, lastMessageId=last).next == (4, 6)


@pytest.mark.parametrize(
    "told",
    [
        {"lastMessageId": None},
        {"lastMessageId": "4"},
        {"lastMessageId": "4:" + "9" * 400},
        {"lastMessageId": "4:5:-1", "entries": 0},
    ],
)
def test_a_scan_that_says_not_how_far_it_came_would_never_end(told):
    with pytest.raises(WireError, match="not how far a scan came") as caught:
        analysis(aborted=True, **told)
    assert len(caught.value.why) <= 60


def test_only_a_subscription_with_a_backlog_has_an_oldest_message():
    def of(milliseconds):
        return {"earliestMsgPublishTimeInBacklog": milliseconds}

    told = {"a": of(1_700_000_000_500), "b": of(0), "c": of(-1), "d": {}}
    body = msgspec.json.encode({"subscriptions": told})
    assert parse_earliest(body, "here") == {"a": 1_700_000_000.5}
