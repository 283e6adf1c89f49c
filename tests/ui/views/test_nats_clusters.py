"""Two NATS clusters with the same servers, streams and clients on one screen."""

import pytest
from msgspec.structs import replace

from arcwatch.model.nats import NatsConnections, NatsJetStream, NatsServer
from arcwatch.model.reading import Failure, Reading
from arcwatch.ui.views.things import thing_at
from tests.ui.filled import Idle, Platform, refused, words_on

pytestmark = pytest.mark.usefixtures("an_hour_east")

LARGE, SMALL = (160, 48), (80, 24)
TASKS = "js:TASKS#reporter"


class World(Platform):
    """One platform twice: in west a third waits, and a server is down if told so."""

    def __init__(self, *, down="", lasting=60.0):
        self._down = down
        self.watch(trouble=False, dark=False, lasting=lasting)
        self.watcher = Idle()

    def tell(self, system, source, part, body, took=0.004):
        if system == "pulsar":
            super().tell(system, source, part, body, took)
            return
        if not self.store.called:
            for of in ("east", "west"):
                self.store.call(f"world.{of}", of)
        self.tell_of("east", source, part, body)
        source = source.replace("10.0.0.", "10.9.0.")
        if source == self._down and self.t > 30:
            body = refused(f"{source}/{part}", "nats-server -m 8222")
        self.tell_of("west", source, part, _western(body))

    def tell_of(self, of, source, part, body):
        reading = Reading(f"world.{of}", "nats", source, part, self.now, self.t, 0.004, body)
        self.store.apply(reading)


def _western(body):
    match body:
        case NatsServer() | NatsConnections():
            return replace(body, server_id=f"{body.server_id}-west")
        case NatsJetStream():
            streams = tuple(replace(s, consumers=_fewer(s.consumers)) for s in body.streams)
            return replace(body, server_id=f"{body.server_id}-west", streams=streams)
    return body


def _fewer(consumers):
    return tuple(replace(c, num_pending=c.num_pending // 3) for c in consumers)


@pytest.fixture
async def world():
    return World()


async def drawn(pilot):
    pilot.app.frame()
    await pilot.pause()
    await pilot.pause()
    return words_on(pilot.app)


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("sheet", ["connections", "streams", "consumers", "servers", "buckets"])
async def test_every_table_tells_them_apart(world, sheet, size):
    async with world.app().run_test(size=size) as pilot:
        await pilot.press("2")
        pilot.app.view.show_sheet(sheet)
        lines = await drawn(pilot)
        if sheet == "buckets":
            assert any("No key-value or object stores" in line for line in lines)
            return
        assert any("CLUSTER" in line for line in lines)
        shown = [line for line in lines if " east " in line or " west " in line]
        assert {"east", "west"} <= {word for line in shown for word in line.split()}


@pytest.mark.parametrize("cluster", ["east", "west"])
async def test_what_is_opened_tailed_and_browsed_is_that_of_its_cluster(world, cluster):
    async with world.app().run_test(size=LARGE) as pilot:
        await pilot.press("2")
        pilot.app.view.show_sheet("consumers")
        await pilot.pause()
        pilot.app.view.select_shown(lambda r: (r.cluster, r.name) == (cluster, "reporter"))
        assert pilot.app.view.address == f"world.{cluster}::{TASKS}"
        await pilot.press("enter")
        await pilot.pause()
        lines = await drawn(pilot)
        assert any(f"{cluster} · {TASKS}" in line for line in lines)
        waiting = {"east": "50,400", "west": "16,800"}
        assert any(waiting[cluster] in line for line in lines)
        await pilot.press("b")
        await pilot.pause()
        assert pilot.app.showing.browsing.address == f"world.{cluster}::js:TASKS"


async def test_an_address_opens_the_row_of_its_cluster_and_none_of_another(world):
    for of in ("east", "west"):
        thing = thing_at(world.store, f"world.{of}::{TASKS}")
        assert (thing.view, thing.row.cluster, thing.row.name) == ("nats", of, "reporter")
        subject = thing_at(world.store, f"world.{of}::nats:arc.tasks.x")
        assert subject.row.cluster == of
        client = thing_at(world.store, "client:worker-7#6", of)
        assert (client.row.cluster, client.row.name) == (of, "worker-7")
    assert thing_at(world.store, "world.east::js:TASKS#nobody") is None


async def test_a_problem_names_the_cluster_that_has_it():
    world = World(down="http://10.9.0.3:8222")
    async with world.app().run_test(size=LARGE) as pilot:
        lines = await drawn(pilot)
        assert any("west · no connection" in line and "10.9.0.3" in line for line in lines)
        assert any("2 clusters" in line for line in lines)


async def test_the_bucket_that_is_looked_into_is_asked_of_its_cluster(world):
    stream = _bucket()
    for of in ("east", "west"):
        body = NatsJetStream("ID-n3" + "-west" * (of == "west"), world.now, (stream,), accounts=1)
        source = f"http://10.{0 if of == 'east' else 9}.0.3:8222"
        world.tell_of(of, source, "jsz", body)
    async with world.app().run_test(size=LARGE) as pilot:
        await pilot.press("2")
        pilot.app.view.show_sheet("buckets")
        await pilot.pause()
        pilot.app.view.select_shown(lambda r: (r.cluster, r.bucket) == ("west", "config"))
        await pilot.press("enter")
        await pilot.pause()
        await drawn(pilot)
        wanted = [what for wish, *what in world.watcher.wanted if wish == "watch_details"]
        (target,) = wanted[-1][0]
        assert (target.bucket, target.cluster) == ("KV_config", "west")
        world.tell_of("east", "js:KV_config", "bucket", Failure("refused", "nats://e", "x", ""))
        assert not any("refused" in line for line in await drawn(pilot))


def _bucket():
    platform = Platform()
    (stream,) = platform.jetstream("n2").streams
    return replace(stream, stream="KV_config", subjects=("$KV.config.>",), consumers=())


@pytest.mark.parametrize("size", [LARGE, SMALL])
@pytest.mark.parametrize("view", ["overview", "nats"])
def test_the_picture(snap_compare, view, size):
    world = World(down="http://10.9.0.3:8222")

    async def look(pilot):
        pilot.app.filter_input.typed.cursor_blink = False
        pilot.app.action_view(view, lambda: pilot.app.view.show_sheet("consumers"))
        await pilot.pause()
        pilot.app.frame()
        await pilot.pause()

    assert snap_compare(world.app(), terminal_size=size, run_before=look)
