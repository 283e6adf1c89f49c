"""Figures of a server that is none of those at the client port are a problem, and said to be."""

import asyncio
import os
import time

from msgspec.structs import replace

from arcwatch.cli import run
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.store.store import Store

MONITORED = 'http: "MONITOR"\n'
FOREIGN = "figures are from another server"


async def shown(expected, nats, *monitors):
    """The problems of a client port and monitoring ports, once they are as expected."""
    flags = {"nats": f"nats://127.0.0.1:{nats.nats}", "pulsar": "off"}
    flags["nats_monitor"] = ",".join(f"http://127.0.0.1:{m.nats_monitor}" for m in monitors)
    store, settings = Store(), load(flags)
    watching = asyncio.create_task(Engine(settings, store, refresh=0.05).run())
    try:
        async with asyncio.timeout(20):
            # each server is to say who it is, then the client port, then each server again
            while not store.nats or store.has_new_servers(settings.context):  # noqa: ASYNC110 - as below
                await asyncio.sleep(0.02)
            greeted = time.time()
            # servers of a cluster may still be joining each other
            while not answered(store, greeted) or what(store) != expected:  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.02)
        return store.problems()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def answered(store, since):
    """Whether every server has answered since a time, about its links too."""
    return all(state.answered_at > since and state.links_are_known for state in store.nats)


def what(store):
    return [problem.what for problem in store.problems()]


async def test_a_monitor_of_another_server_is_a_problem_that_names_both(nats_server):
    mine = nats_server(MONITORED, Ports.free(), name="mine")
    others = nats_server(MONITORED, Ports.free(), name="somebody-elses")
    (problem,) = await shown([FOREIGN], mine, others)
    assert problem.where == f"http://127.0.0.1:{others.nats_monitor}"
    assert "somebody-elses" in problem.why
    assert f"nats://127.0.0.1:{mine.nats} is mine" in problem.why
    flags = {"nats_monitor": problem.where, "nats": f"nats://127.0.0.1:{mine.nats}"}
    store = Store()
    await Engine(load(flags | {"pulsar": "off"}), store).sample_twice(0.5)
    assert what(store) == [FOREIGN]
    await shown([], mine, mine)
    await shown([FOREIGN], mine, mine, others)


async def test_any_server_that_is_joined_to_the_one_at_the_client_port_belongs_to_it(nats_server):
    *routes, leafs = free_ports(3)
    joined = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
    first, second = (
        nats_server(
            f'{MONITORED}cluster {{ name: c, listen: "127.0.0.1:{route}", routes: [{joined}] }}\n'
            + (f'leafnodes {{ listen: "127.0.0.1:{leafs}" }}' if number == 0 else ""),
            Ports.free(),
            name=f"n{number}",
        )
        for number, route in enumerate(routes)
    )
    leaf = nats_server(
        f'{MONITORED}leafnodes {{ remotes: [ {{ url: "nats://127.0.0.1:{leafs}" }} ] }}',
        Ports.free(),
        name="leaf",
    )
    alone = nats_server(MONITORED, Ports.free(), name="alone")
    await shown([], first, second)
    await shown([], leaf, first, second)
    await shown([], second, leaf, first)
    await shown([FOREIGN], first, second, alone)


async def test_a_guessed_monitoring_port_of_another_server_is_not_used(nats_server):
    mine = nats_server("", Ports.free(), name="mine", host="127.0.0.77")
    ports = replace(Ports.free(), nats_monitor=8222)
    nats_server(MONITORED, ports, name="others", host="127.0.0.77")
    store = Store()
    settings = load({"nats": f"nats://127.0.0.77:{mine.nats}", "pulsar": "off"})
    assert settings.nats_monitors == ("http://127.0.0.77:8222",)
    await Engine(settings, store).sample_twice(0.2)
    assert [row.server_name for row in store.nats_servers()] == ["mine"]
    assert what(store) == []


def test_check_and_context_test_say_that_the_monitor_is_of_another_server(
    nats_server, capsys, monkeypatch
):
    monkeypatch.setenv("ARCWATCH_CONFIG", os.devnull)
    mine = nats_server(MONITORED, Ports.free(), name="mine")
    others = nats_server(MONITORED, Ports.free(), name="somebody-elses")

    def told(verb, monitor, *more):
        flags = ["--nats", f"nats://127.0.0.1:{mine.nats}", "--pulsar", "off", *more]
        code = run([*verb, *flags, "--nats-monitor", f"http://127.0.0.1:{monitor.nats_monitor}"])
        return code, capsys.readouterr().out

    code, said = told(["check"], others)
    assert (code, said.partition(" (")[0]) == (3, f"UNKNOWN  not-answering: {FOREIGN}")
    assert told(["check"], others, "--rule", "stalling")[0] == 3
    assert told(["check"], mine)[0] == 0
    assert "somebody-elses is not mine at nats://" in told(["context", "test"], others)[1]
    assert "is not" not in told(["context", "test"], mine)[1]
