"""What the tree and an opened topic look like, on a large screen and on the smallest."""

import msgspec
import pytest

from arcwatch.model.pulsar import PulsarNames, PulsarNamespaces, PulsarTenants
from arcwatch.model.pulsar_opened import Ledgers, Quota, Replication, TopicAbout
from arcwatch.notation.address import topic_address
from arcwatch.ui.views.things import thing_at
from arcwatch.wire.pulsar_opened import parse_opened_partitions
from tests.ui.filled import ADMIN, START, Platform

EVENTS = "persistent://arc/agents/task-events"
ABOUT = TopicAbout(
    name=EVENTS,
    retention_seconds=86_400,
    retention_size=10_000_000_000,
    ttl=None,
    quotas=(Quota("message_age", None, 3600, "consumer_backlog_eviction"),),
    schema_type="AVRO",
    schema_version=2,
    offload_status=None,
    offload_error="",
    ledgers=Ledgers(9, 72_000, 6_100_000, 3, START - 7_200),
    unknown=("quota",),
)


@pytest.fixture
def platform(recorded):
    """One with a topic that is not loaded, and answers about an opened one."""
    platform = Platform(lasting=60.0)
    idle = tuple(f"persistent://arc/agents/{name}" for name in ("archive-2024", "支払い"))
    told = parse_opened_partitions(
        EVENTS,
        recorded("pulsar-4.0.8/partitioned-stats.json").replace(
            b"persistent://tree/belt/parted", EVENTS.encode()
        ),
        "",
    )
    west = Replication("west", False, 7_000, 0.0, 5, 5, "")
    parts = [msgspec.structs.replace(part, replication=(west,)) for part in told.parts]
    for part, body in (
        ("tenants", PulsarTenants(("arc", "lonely"))),
        ("namespaces", PulsarNamespaces("arc", ("arc/agents", "arc/audit", "arc/cdc"))),
        ("names", PulsarNames("arc/agents", idle, (EVENTS,))),
        ("opened", msgspec.structs.replace(told, parts=tuple(parts))),
        ("opened", ABOUT),
    ):
        platform.tell("pulsar", ADMIN, part, body)
    # what was recorded happened on a day of its own
    platform.store.now = 1_795_458_600.0
    return platform


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
@pytest.mark.parametrize("keys", ["", "escape right", "L", "H"])
def test_the_picture(snap_compare, platform, keys, size):
    async def open_it(pilot):
        await pilot.press("z")
        # where escape leads back to
        pilot.app.action_view("pulsar")
        pilot.app.open_thing(thing_at(platform.store, topic_address(EVENTS)))
        await pilot.press(*keys.split())
        pilot.app.frame()
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(platform.app(), terminal_size=size, run_before=open_it)
