"""What may be listed of a cluster is listed, whatever else is refused."""

import json
import time

import pytest

from arcwatch.engine import catalog
from arcwatch.engine.catalog import NameLists
from arcwatch.model.pulsar import PulsarBroker, PulsarLatencies, PulsarNames, Topic
from arcwatch.model.reading import Failure, Reading
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.store.store import Store

LOADED = "persistent://arc/agents/events"
ADMIN = "/admin/v2"


@pytest.fixture
def told():
    """What was told to the store, and a store to which a page of one loaded topic was told."""
    store, bodies = Store(), []

    def report(part, body, took):
        bodies.append(body)
        store.apply(Reading("local", "pulsar", "http://p1:8080", part, 1000.0, 1000.0, took, body))

    topic = dict.fromkeys(Topic.__struct_fields__, 0)
    topic |= {"name": LOADED, "subscriptions": (), "replicators": ()}
    page = dict.fromkeys(PulsarBroker.__struct_fields__, 0)
    page |= {
        "broker": "p1:8080",
        "cluster": "belt",
        "topic_metrics": True,
        "latencies": PulsarLatencies(),
    }
    page |= {"topics": (Topic(**topic),), "coordinators": (), "functions": ()}
    report("metrics", PulsarBroker(**page), 0.1)
    return store, bodies, report


def tree(store):
    return {row.name: row.all_listed for row in store.pulsar_tree()}


async def listed(client, port, told):
    store, _, report = told
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
    await NameLists(cluster, store, "local", report=report, steady=time.monotonic).ask_once()


async def test_without_the_list_of_tenants_those_of_loaded_topics_are_looked_into(
    client, broker, told
):
    port, _ = await broker(
        {
            f"{ADMIN}/tenants": (403, b"no"),
            f"{ADMIN}/namespaces/arc": (200, b'["arc/agents","arc/other"]'),
            f"{ADMIN}/persistent/arc/agents": (200, b'["persistent://arc/agents/idle"]'),
            f"{ADMIN}/persistent/arc/agents/partitioned": (200, b"[]"),
            f"{ADMIN}/persistent/arc/other": (403, b"no"),
        }
    )
    await listed(client, port, told)
    assert told[0].problems() == []
    assert tree(told[0]) == {
        "arc": False,
        "arc/agents": True,
        LOADED: True,
        "persistent://arc/agents/idle": True,
        "arc/other": False,
    }


async def test_a_refusal_is_nobodys_trouble_and_a_failure_is(client, broker, told):
    store, bodies, _ = told
    answers = {f"{ADMIN}/tenants": (403, b"no"), f"{ADMIN}/namespaces/arc": (401, b"no")}
    port, _ = await broker(answers)
    await listed(client, port, told)
    assert store.problems() == []
    answers[f"{ADMIN}/namespaces/arc"] = (500, b"oh")
    await listed(client, port, told)
    assert [type(body) for body in bodies[1:]] == [Failure]
    assert [problem.what for problem in store.problems()] == ["HTTP 500"]


async def test_of_very_many_the_first_are_listed_and_the_rest_is_counted(
    client, broker, told, monkeypatch
):
    store, bodies, _ = told
    monkeypatch.setattr(catalog, "MOST_TENANTS", 2)
    monkeypatch.setattr(catalog, "MOST_NAMESPACES", 3)
    answers = {f"{ADMIN}/tenants": (200, b'["a","arc","b"]')}
    for tenant in ("a", "arc", "b"):
        spaces = [f"{tenant}/{name}" for name in "xyz"]
        answers[f"{ADMIN}/namespaces/{tenant}"] = (200, json.dumps(spaces).encode())
        for space in spaces:
            answers[f"{ADMIN}/persistent/{space}"] = (200, b"[]")
            answers[f"{ADMIN}/persistent/{space}/partitioned"] = (200, b"[]")
    port, _ = await broker(answers)
    await listed(client, port, told)
    assert [one.namespace for one in bodies if isinstance(one, PulsarNames)] == [
        "a/x",
        "a/y",
        "a/z",
    ]
    assert list(NameLists.left_out(store)) == [
        "not listed: the namespaces of 1 more tenant",
        "not listed: unloaded topics of 3 more namespaces",
    ]
