"""What a cluster's brokers are asked, where, and what becomes of answers no broker would give.

The servers here say what a single real broker cannot be made to say: redirects, refusals, pages
of the wrong kind.
"""

import asyncio
import base64
import gzip

import pytest

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.settings import load
from arcwatch.engine.engine import Engine
from arcwatch.errors import LackingError, SourceError, WireError
from arcwatch.sources.inspect.pulsar import examine_admin
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.store.store import Store

NAME = "persistent://arc/agents/task events/50%"
PATH = "/admin/v2/persistent/arc/agents/task%20events%2F50%25"
STATS = b'{"msgInCounter":20,"subscriptions":{}}'
INTERNAL_STATS = b'{"entriesAddedCounter":2}'


def listing(*ports):
    return 200, str([f"127.0.0.1:{port}" for port in ports]).replace("'", '"').encode()


def paths(asked):
    return sorted(path for path, _ in asked)


# -- where a broker is asked --------------------------------------------------------------------


async def test_the_only_broker_is_asked_where_the_user_pointed(client, broker):
    port, asked = await broker(
        {
            "/admin/v2/brokers": (200, b'["pulsar-0.inside:8080"]'),
            "/admin/v2/brokers/ready": (200, b"ok"),
        }
    )
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
    (name,) = (await cluster.brokers()).brokers
    health = await cluster.ready(name)
    assert (health.broker, health.healthy) == ("pulsar-0.inside:8080", True)
    assert paths(asked) == ["/admin/v2/brokers", "/admin/v2/brokers/ready"]


@pytest.mark.parametrize("status", [401, 403])
async def test_where_the_list_of_brokers_is_refused_the_one_that_was_named_is_all(
    client, broker, status
):
    port, _ = await broker(
        {"/admin/v2/brokers": (status, b"no"), "/metrics/": (200, PAGE)},
    )
    cluster = PulsarCluster(f"http://user:secret@127.0.0.1:{port}", client)
    found = await cluster.brokers()
    assert (found.brokers, found.refused) == ((f"127.0.0.1:{port}",), True)
    assert (await cluster.metrics(found.brokers[0])).version == "4.0.8"


async def test_of_several_brokers_each_is_asked_itself(client, broker):
    ready = {"/admin/v2/brokers/ready": (200, b"ok")}
    other, other_asked = await broker(ready)
    answers = dict(ready)
    first, first_asked = await broker(answers)
    answers["/admin/v2/brokers"] = listing(first, other)
    cluster = PulsarCluster(f"http://user:secret@127.0.0.1:{first}/", client)
    await cluster.brokers()
    await cluster.ready(f"127.0.0.1:{first}")
    await cluster.ready(f"127.0.0.1:{other}")
    assert paths(first_asked) == ["/admin/v2/brokers", "/admin/v2/brokers/ready"]
    assert paths(other_asked) == ["/admin/v2/brokers/ready"]
    (headers,) = (headers for _, headers in other_asked)
    assert headers["authorization"] == f"Basic {base64.b64encode(b'user:secret').decode()}"


async def test_a_broker_that_is_not_ready_is_an_answer(client, broker):
    port, _ = await broker({"/admin/v2/brokers/ready": (503, b'{"reason":"starting"}')})
    health = await PulsarCluster(f"http://127.0.0.1:{port}", client).ready(f"127.0.0.1:{port}")
    assert (health.healthy, health.error) == (False, "starting")


async def test_a_broker_that_will_not_tell_is_an_error(client, broker):
    port, _ = await broker({"/admin/v2/brokers/ready": (401, b"")})
    with pytest.raises(SourceError, match="HTTP 401"):
        await PulsarCluster(f"http://127.0.0.1:{port}", client).ready(f"127.0.0.1:{port}")


NO_SUCH_PATH = (404, b"<html><title>Error 404 Not Found</title></html>", "content-type: text/html")
NO_SUCH_METHOD = (405, b"")


def old_broker():
    """Answers of Pulsar 2.8, whose cluster is ``mine``, geo-replicated with ``other``."""
    return {
        "/admin/v2/brokers": NO_SUCH_PATH,
        "/admin/v2/brokers/ready": (404, b'{"reason":"Cluster does not exist: cluster=ready"}'),
        "/admin/v2/brokers/version": (404, b'{"reason":"Cluster does not exist: cluster=version"}'),
        "/admin/v2/clusters": (200, b'["global","mine","other"]'),
        "/admin/v2/brokers/global": (412, b'{"reason":"Cluster does not exist"}'),
        "/admin/v2/brokers/mine": (200, b'["127.0.0.1:8080"]'),
        "/admin/v2/brokers/other": (
            307,
            b"",
            "location: http://elsewhere:8080/admin/v2/brokers/other",
        ),
        "/admin/v2/bookies/all": NO_SUCH_PATH,
        "/admin/v2/tenants": (200, b"[]"),
        "/metrics/": (200, PAGE),
    }


@pytest.mark.parametrize("missing", [NO_SUCH_PATH, NO_SUCH_METHOD, (404, b"")])
@pytest.mark.parametrize("first", [b'["global","mine","other"]', b'["other","global","mine"]'])
async def test_brokers_of_old_are_listed_by_cluster(client, broker, missing, first):
    answers = old_broker() | {"/admin/v2/brokers": missing, "/admin/v2/clusters": (200, first)}
    port, _ = await broker(answers)
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
    found = await cluster.brokers()
    assert (found.brokers, found.refused) == (("127.0.0.1:8080",), False)
    assert (await cluster.ready("127.0.0.1:8080")).healthy is None
    assert (await cluster.bookies()).bookies is None
    assert await cluster.version() is None


async def test_what_no_broker_answers_is_a_wrong_port(client, broker):
    port, _ = await broker(dict.fromkeys(old_broker(), NO_SUCH_PATH))
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
    for ask in (cluster.brokers, cluster.bookies):
        with pytest.raises(SourceError, match="HTTP 404") as caught:
            await ask()
        assert "is this a Pulsar broker's web service?" in caught.value.hint


async def test_a_list_of_brokers_by_cluster_that_is_refused_leaves_the_one_that_was_named(
    client, broker
):
    port, _ = await broker(old_broker() | {"/admin/v2/clusters": (403, b"no")})
    found = await PulsarCluster(f"http://127.0.0.1:{port}", client).brokers()
    assert (found.brokers, found.refused) == ((f"127.0.0.1:{port}",), True)


@pytest.mark.parametrize("answer", [NO_SUCH_PATH, NO_SUCH_METHOD])
async def test_what_a_version_lacks_is_no_missing_topic_and_no_wrong_port(client, broker, answer):
    port, _ = await broker({f"{PATH}/stats": answer, f"{PATH}/internalStats": answer})
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
    with pytest.raises(LackingError, match="not in this version of Pulsar") as caught:
        await cluster.topic(NAME)
    assert "is this" not in caught.value.hint


async def test_a_broker_of_old_is_watched_and_looked_into_without_a_problem(broker):
    port, _ = await broker(old_broker())
    flags = {"nats": "off", "pulsar": "off", "pulsar_admin": f"http://127.0.0.1:{port}"}
    settings, store = load(flags), Store()
    await Engine(settings, store).sample_twice(0.01)
    (row,) = store.pulsar_brokers()
    assert (row.version, row.healthy, store.problems()) == ("4.0.8", None, [])
    steps = {
        step.name: step async for step in examine_admin(settings.pulsar_admin, PulsarCredentials())
    }
    assert steps["version"].result == "Pulsar of a version too old to report it"
    assert {step.verdict for step in steps.values()} == {"ok"}


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_bookies_that_may_not_be_read_or_are_not_known_are_no_error(client, broker, status):
    port, _ = await broker({"/admin/v2/bookies/all": (status, b"{}")})
    found = await PulsarCluster(f"http://127.0.0.1:{port}", client).bookies()
    assert found.bookies is None


# -- metrics ------------------------------------------------------------------------------------

PAGE = b'# TYPE pulsar_version_info gauge\npulsar_version_info{cluster="c",version="4.0.8"} 1.0\n'


async def test_asks_for_the_page_itself_packed(client, broker):
    port, asked = await broker({"/metrics/": (200, gzip.compress(PAGE), "content-encoding: gzip")})
    page = await PulsarCluster(f"http://127.0.0.1:{port}", client).metrics(f"127.0.0.1:{port}")
    assert (page.version, page.size) == ("4.0.8", len(PAGE))
    ((path, headers),) = asked
    assert (path, headers["accept-encoding"]) == ("/metrics/", "gzip")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<html>\n<h1>Welcome", "not metrics"),
        (b"", "no metrics"),
        (PAGE[:-5], "metrics cut short"),
        (b"# TYPE go_info gauge\ngo_info 1\n", "not the metrics of a Pulsar broker"),
    ],
)
async def test_a_page_that_is_none_names_the_place(client, broker, body, what):
    port, _ = await broker({"/metrics/": (200, body)})
    cluster = PulsarCluster(f"http://u:secret@127.0.0.1:{port}", client)
    with pytest.raises(WireError, match=what) as caught:
        await cluster.metrics(f"127.0.0.1:{port}")
    error = caught.value
    assert error.where == f"http://127.0.0.1:{port}/metrics/"
    assert all((error.what, error.where, error.why, error.hint)), vars(error)


async def test_a_page_that_drips_is_given_up(client, serve):
    given_up = asyncio.Event()

    async def drip(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(PAGE)
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            given_up.set()

    port = await serve(drip)
    cluster = PulsarCluster(f"http://127.0.0.1:{port}", client, metrics_timeout=0.2)
    with pytest.raises(SourceError, match="no whole answer in time"):
        await cluster.metrics(f"127.0.0.1:{port}")
    await given_up.wait()


# -- one topic ----------------------------------------------------------------------------------


def topic_answers(path=PATH):
    return {f"{path}/stats": (200, STATS), f"{path}/internalStats": (200, INTERNAL_STATS)}


async def test_asks_for_a_topic_by_its_quoted_name_without_its_clients(client, broker):
    port, asked = await broker(topic_answers())
    topic = await PulsarCluster(f"http://127.0.0.1:{port}", client).topic(NAME)
    assert (topic.name, topic.in_messages, topic.entries_added) == (NAME, 20, 2)
    internal, stats = paths(asked)
    assert internal == f"{PATH}/internalStats"
    assert stats.startswith(f"{PATH}/stats?")
    assert set(stats.partition("?")[2].split("&")) == {
        "excludePublishers=true",
        "excludeConsumers=true",
        "subscriptionBacklogSize=true",
    }
    await PulsarCluster(f"http://127.0.0.1:{port}", client).topic(NAME, consumers=True)
    assert "excludeConsumers" not in "".join(paths(asked[2:]))


async def test_a_topic_that_is_gone_is_a_sentence(client, broker):
    port, _ = await broker({})
    with pytest.raises(SourceError, match="no such topic") as caught:
        await PulsarCluster(f"http://127.0.0.1:{port}", client).topic("persistent://a/b/c\x1b[2J")
    error = caught.value
    assert error.where == "persistent://a/b/c␛[2J"
    assert all((error.why, error.hint))


QUESTIONS = (f"{PATH}/stats", f"{PATH}/internalStats")


async def topic_of_redirecting(client, broker, location, *listed):
    """Ask for the topic where both questions are answered with ``location``; and what was asked.

    ``{port}`` in ``location`` is the redirecting broker itself, which is always listed.
    """
    answers = {}
    port, asked = await broker(answers)
    answers["/admin/v2/brokers"] = listing(port, *listed)
    for path in QUESTIONS:
        answers[path] = (307, b"", f"location: {location.format(port=port, path=path)}")
    cluster = PulsarCluster(f"http://user:secret@127.0.0.1:{port}", client)
    await cluster.brokers()
    return cluster.topic(NAME), asked


async def test_a_redirect_to_a_broker_of_the_cluster_is_followed_with_credentials(client, broker):
    owner, owner_asked = await broker(topic_answers())
    location = f"http://127.0.0.1:{owner}{{path}}"
    topic, _ = await topic_of_redirecting(client, broker, location, owner)
    assert (await topic).in_messages == 20
    assert len(owner_asked) == 2
    assert all(headers["authorization"].startswith("Basic ") for _, headers in owner_asked)


async def test_a_redirect_to_anyone_else_is_not_followed(client, broker):
    stranger, stranger_asked = await broker(topic_answers())
    location = f"http://127.0.0.1:{stranger}{{path}}"
    topic, _ = await topic_of_redirecting(client, broker, location)
    with pytest.raises(SourceError, match="HTTP 307") as caught:
        await topic
    assert f"127.0.0.1:{stranger}" in caught.value.why
    assert stranger_asked == []


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("https://127.0.0.1:{port}{path}", id="another scheme"),
        pytest.param("http://127.0.0.1:{port}@127.0.0.2{path}", id="a broker's name as a user"),
        pytest.param("http://[", id="no place"),
        pytest.param("", id="nothing"),
        pytest.param("http://127.0.0.1:{port}{path}", id="in a circle"),
    ],
)
async def test_no_other_redirect_is_followed_for_long(client, broker, location):
    topic, asked = await topic_of_redirecting(client, broker, location)
    with pytest.raises(SourceError, match="HTTP 307"):
        await topic
    # each asks once more who belongs to the cluster
    assert len(asked) <= 1 + 3 * len(QUESTIONS)
