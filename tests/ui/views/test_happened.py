"""What happened, beside a chart that marks it with letters."""

import re

from arcwatch.store.events.event import Event
from tests.ui.filled import LONG, Platform, drawn
from tests.ui.test_app import running

TOPIC = "pulsar:arc/agents/task-events"


def happened(platform, ago, place, text):
    return Event(platform.store.now - ago, "pulsar", "arc-prod", "changed", place, text)


def eventful():
    """A platform on which a topic, one of its subscriptions and another topic changed."""
    platform = Platform(lasting=LONG)
    platform.store.add_events(
        [
            happened(platform, 90, f"{TOPIC}#billing", "cursor moved"),
            happened(platform, 60, f"{TOPIC}#billing", "consumers left"),
            happened(platform, 40, TOPIC, "schema changed"),
            happened(platform, 30, "pulsar:arc/other/topic", "deleted"),
        ]
    )
    return platform


def listed(lines, text):
    """What stands before the words of an event, in the list of the newest."""
    (line,) = (line for line in lines if text in line and re.search(r"\d\d:\d\d:\d\d", line))
    return re.search(r"\d\d:\d\d:\d\d +(\S+)", line.partition(text)[0].rpartition("│")[2])[1]


async def test_the_newest_events_name_the_letters_that_stand_on_the_charts():
    async with running(eventful(), size=(160, 48)) as pilot:
        lines = await drawn(pilot)
        assert "SELECTED  task-events#billing" in "\n".join(lines)
        assert any(re.search("EVENTS .*◆b +◆c", line) for line in lines)
        assert listed(lines, "cursor moved") == "±b"
        assert listed(lines, "consumers left") == "±c"
        assert listed(lines, "schema changed") == "±"
        await pilot.press("j")
        assert listed(await drawn(pilot), "cursor moved") == "±"


async def test_an_open_topic_lists_what_happened_to_its_subscriptions_too():
    async with running(eventful(), size=(160, 48)) as pilot:
        await pilot.press("colon", *"topic task-ev", "enter")
        lines = await drawn(pilot)
        assert listed(lines, "cursor moved") == "±a"
        assert listed(lines, "schema changed") == "±"
        assert not any("deleted" in line for line in lines)
