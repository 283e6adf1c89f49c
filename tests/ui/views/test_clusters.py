"""Two Pulsar clusters with the same topic on one screen, under a user's hands."""

from contextlib import asynccontextmanager

import pytest

from arcwatch.model.reading import Failure, Reading
from arcwatch.store.store import Store
from arcwatch.ui.app import Arcwatch
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.views.things import thing_at
from arcwatch.wire.pulsar_metrics import MetricsPage
from tests.ui.filled import START, Idle, words_on

ORDERS = "persistent://geo/ns/orders"


@pytest.fixture
def world(recorded):
    """A store of both: us, whose remote is dead, and eu."""
    store = Store()
    for name in ("us", "eu"):
        store.call(f"world.{name}", name)
    for at in range(0, 20, 2):
        for name, data in (("us", "remote-dead"), ("eu", "replicated")):
            page = MetricsPage()
            page.feed(recorded(f"pulsar-4.0.8/metrics-{data}.txt"))
            tell(store, name, at, page.finish("localhost:8080"))
    return store


def tell(store, name, at, body):
    at = float(at)
    reading = Reading(
        f"world.{name}", "pulsar", "localhost:8080", "metrics", START + at, at, 0.0, body
    )
    store.apply(reading)


@asynccontextmanager
async def screen(store, size=(160, 48)):
    watcher = Idle()
    app = Arcwatch(lambda: ViewContext(store, watcher))
    async with app.run_test(size=size) as pilot:
        await pilot.press("3")
        await pilot.pause()
        yield pilot, watcher


def cursor_to(pilot, cluster):
    pilot.app.view.select_shown(
        lambda row: (row.cluster, getattr(row, "topic", "")) == (cluster, ORDERS)
    )


async def drawn(pilot):
    pilot.app.frame()
    await pilot.pause()
    await pilot.pause()
    return words_on(pilot.app)


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_the_same_topic_is_a_row_of_each(world, size):
    async with screen(world, size) as (pilot, _):
        lines = await drawn(pilot)
        (heading,) = (line for line in lines if "TOPIC" in line and "IN/S" in line)
        rows = [line.split() for line in lines if " orders " in line]
        assert "CLUSTER" in heading
        assert sorted(row[1] for row in rows) == ["eu", "us"]


@pytest.mark.parametrize("cluster", ["us", "eu"])
async def test_what_is_opened_tailed_and_browsed_is_that_of_its_cluster(world, cluster):
    async with screen(world) as (pilot, watcher):
        cursor_to(pilot, cluster)
        assert pilot.app.view.address == f"world.{cluster}::pulsar:geo/ns/orders"
        await pilot.press("enter")
        await pilot.pause()
        assert (watcher.opened, watcher.opened_in) == (ORDERS, cluster)
        assert any(f"{cluster} · geo/ns/orders" in line for line in await drawn(pilot))
        assert pilot.app.view.address.startswith(f"world.{cluster}::")


async def test_an_address_opens_the_row_of_its_cluster_and_none_of_another(world):
    for cluster in ("us", "eu"):
        thing = thing_at(world, f"world.{cluster}::pulsar:geo/ns/orders")
        assert (thing.view, thing.row.cluster, thing.row.name) == ("pulsar", cluster, ORDERS)
    thing = thing_at(world, "world.us::pulsar:geo/ns/orders#pulsar.repl.eu")
    assert (thing.row.cluster, thing.row.remote) == ("us", "eu")
    assert thing_at(world, "world.us::pulsar:geo/ns/orders#nobody") is None


async def test_a_problem_names_the_cluster_that_has_it(world):
    tell(world, "eu", 22, Failure("cannot connect", "localhost:8080", "refused", "start it"))
    async with screen(world) as (pilot, _):
        lines = await drawn(pilot)
        assert any("▲ eu · canno" in line for line in lines)
        assert any("us · remote cluster eu is not connected" in line for line in lines)


async def test_one_alone_has_no_such_column(recorded):
    store, page = Store(), MetricsPage()
    page.feed(recorded("pulsar-4.0.8/metrics-replicated.txt"))
    tell(store, "us", 0, page.finish("localhost:8080"))
    async with screen(store) as (pilot, _):
        assert not any("CLUSTER" in line for line in await drawn(pilot))
        cursor_to(pilot, store.pulsar[0].name)
        assert pilot.app.view.address == "pulsar:geo/ns/orders"
