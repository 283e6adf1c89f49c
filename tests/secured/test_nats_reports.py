"""Who connects and leaves, and why, as real servers report it to the system account."""

import asyncio

import nats
import pytest
from msgspec.structs import replace

from arcwatch.engine.engine import Engine
from arcwatch.sources.nats import reports as source
from arcwatch.sources.nats.reports import reports
from arcwatch.store.events.clients import MOST
from arcwatch.store.store import Store
from tests.secured.joined import ACCOUNTS
from tests.secured.test_doctor_nats import cut_off

NAMES = ("came", "went")


@pytest.fixture
def server(nats_server, tmp_path):
    return nats_server(ACCOUNTS + f"max_pending: 2MB\njetstream {{ store_dir: {tmp_path}/js }}\n")


@pytest.fixture
async def watched(server, settings):
    """The store of an engine that is logged in as a user: ``await watched("sys")``."""
    tasks = []

    async def watch(user):
        login = (
            f'{{ url = "nats://127.0.0.1:{server.nats}", user = "{user}", password = "env:PW" }}'
        )
        found = settings(f'pulsar = "off"\nnats = {login}', PW="pw")
        found = replace(found, nats_monitors=(f"http://127.0.0.1:{server.nats_monitor}",))
        store = Store()
        engine = Engine(found, store, refresh=0.2)
        engine.watch_reports()
        tasks.append(asyncio.create_task(engine.run()))
        await until(lambda: store.clients_reported is not None and is_polled(store))
        return store

    yield watch
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def until(there, seconds=15):
    async with asyncio.timeout(seconds):
        while not there():  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.02)


def is_polled(store):
    return any(c.part == "connz" and c.answers > 1 for c in store.contacts.values())


def found(store, *kinds):
    return [one for one in store.events if one.kind in kinds]


async def test_a_connection_too_short_for_any_list_is_heard_with_why_it_ended(
    server, watched, nats_users
):
    store = await watched("sys")
    assert store.clients_reported
    worker = await nats_users(server, "app")
    await worker.close()
    await until(lambda: len(found(store, *NAMES)) >= 2)
    came, went = found(store, *NAMES)[:2]
    assert (came.kind, came.text, came.how) == ("came", "connected", "reported")
    assert came.place.startswith("client:app#")
    assert (went.place, went.text, went.after) == (came.place, "disconnected", "Client Closed")


async def test_a_slow_consumer_is_one_event_though_both_the_server_and_its_list_say_so(
    server, watched, nats_users, monkeypatch
):
    store = await watched("sys")
    publisher = await nats_users(server, "app")
    await cut_off(server, publisher, user="app")
    await until(lambda: found(store, "slow-consumer"))
    await until(lambda: any(row.slow for row in store.nats_closed()))
    (slow,) = found(store, "slow-consumer")
    assert slow.after.startswith("Slow Consumer")
    assert (slow.how, slow.severity) == ("reported", "warning")
    assert slow.place.startswith("client:stuck#")


async def test_an_ordinary_user_hears_none_of_it_and_compares(server, watched, nats_users):
    store = await watched("app")
    assert store.clients_reported is False
    worker = await nats_users(server, "etl")
    await until(lambda: found(store, "came"))
    await worker.close()
    await until(lambda: found(store, "went"))
    assert {one.how for one in found(store, *NAMES)} == {"compared"}


async def test_many_clients_are_listed_a_few_at_a_time_and_the_rest_counted(
    server, watched, monkeypatch
):
    monkeypatch.setattr("arcwatch.store.events.clients.WINDOW", 4.0)
    store = await watched("sys")
    line = b'CONNECT {"verbose":false,"user":"etl","pass":"pw","name":"crowd"}\r\nPING\r\n'

    async def come_and_go():
        reader, writer = await asyncio.open_connection("127.0.0.1", server.nats)
        writer.write(line)
        while await reader.readline() != b"PONG\r\n":
            pass
        writer.close()

    for _ in range(20):
        await asyncio.gather(*(come_and_go() for _ in range(50)))
    await until(lambda: any("more clients connected" in one.text for one in store.events))
    listed = [one for one in found(store, *NAMES) if one.place]
    assert len(listed) <= 3 * MOST


async def test_a_server_sends_no_more_than_was_asked_for_in_a_second(server, settings, monkeypatch):
    monkeypatch.setattr(source, "MOST", 5)
    login = f'{{ url = "nats://127.0.0.1:{server.nats}", user = "sys", password = "env:PW" }}'
    answers = reports(settings(f'pulsar = "off"\nnats = {login}', PW="pw"))
    begun = await anext(answers)
    assert begun.of_clients
    url = f"nats://etl:pw@127.0.0.1:{server.nats}"
    for client in [await nats.connect(url) for _ in range(20)]:
        await client.close()
    answer = await anext(answers)
    kinds = [one.kind for one in answer.reports]
    assert kinds.count("connected") <= 5
    assert answer.is_limited
    # and in the next second it sends some again
    await (await nats.connect(url, name="late")).close()
    while not any(one.client == "late" for one in answer.reports):
        answer = await anext(answers)
    await answers.aclose()


async def test_a_server_that_goes_into_lame_duck_mode_says_so(server, watched, nats_server):
    store = await watched("sys")
    nats_server.lame_duck("safe")
    await until(lambda: any("lame duck" in one.text for one in store.events))
