"""What the NATS source asks for, and what it makes of servers that are none or half one."""

import gzip
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from arcwatch.errors import SourceError, WireError
from arcwatch.sources.nats.monitor import NatsMonitor

pytestmark = pytest.mark.usefixtures("hasty")

PARTS = ["varz", "healthz", "connections", "jetstream"]
everywhere = pytest.mark.parametrize("part", PARTS)


def answer(body, status="200 OK", *more):
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.fixture
def monitor(client, serve):
    """A monitor of ``reply(path, query) -> bytes``, and the questions it was asked."""

    async def start(reply, **bounds):
        asked = []

        async def handle(reader, writer):
            line = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            url = urlsplit(line)
            asked.append((url.path, dict(parse_qsl(url.query))))
            writer.write(reply(*asked[-1]))
            await writer.drain()

        url = f"http://arc:s3cret@127.0.0.1:{await serve(handle)}/nats/"
        return NatsMonitor(url, client, **bounds), asked

    return start


async def failure(monitor, part):
    """The error of asking for ``part``, which answers all four questions and keeps the secret."""
    with pytest.raises(SourceError) as caught:
        await getattr(monitor, part)()
    error = caught.value
    assert all((error.what, error.where, error.why, error.hint)), vars(error)
    assert error.where.startswith("http://127.0.0.1:")
    assert "s3cret" not in str(vars(error))
    return error


# -- what is asked ------------------------------------------------------------------------------


@pytest.fixture
async def asked(monitor, recorded):
    """Paths and queries of every question, all of which were answered."""

    def reply(path, query):
        return answer(recorded(f"nats-2.15.1/{path.removeprefix('/nats/')}.json"))

    server, asked = await monitor(reply)
    for part in PARTS:
        await getattr(server, part)()
    return asked


async def test_a_base_path_stands_before_every_question(asked):
    assert [path for path, _ in asked] == [
        "/nats/varz",
        "/nats/healthz",
        "/nats/connz",
        "/nats/jsz",
    ]


async def test_nothing_secret_is_asked_for(asked):
    assert not {"auth", "subs"} & {key for _, query in asked for key in query}


def crowd(recorded, size, *, shift=0):
    """Answers of a server with ``size`` connections, which lists some of them twice."""
    doc = json.loads(recorded("nats-2.15.1/connz.json"))
    row = doc["connections"][0]

    def reply(path, query):
        offset, limit = int(query["offset"]), int(query["limit"])
        first = max(0, offset - shift)
        rows = [row | {"cid": cid} for cid in range(first, min(size, first + limit))]
        return answer(json.dumps(doc | {"connections": rows, "total": size}).encode())

    return reply


async def test_pages_are_asked_for_until_one_is_not_full(monitor, recorded):
    server, asked = await monitor(crowd(recorded, 25))
    answered = await server.connections(page=10)
    assert [(q["offset"], q["limit"]) for _, q in asked] == [
        ("0", "10"),
        ("10", "10"),
        ("20", "10"),
    ]
    assert {(q["sort"], q["state"]) for _, q in asked} == {("cid", "open")}
    assert [row.cid for row in answered.connections] == list(range(25))


async def test_who_slid_to_the_next_page_is_listed_once(monitor, recorded):
    server, _ = await monitor(crowd(recorded, 25, shift=3))
    cids = [row.cid for row in (await server.connections(page=10)).connections]
    assert cids == list(range(25))


async def test_reading_stops_at_the_limit_and_the_total_tells_of_the_rest(monitor, recorded):
    server, asked = await monitor(crowd(recorded, 10**6))
    answered = await server.connections(page=10, limit=25)
    assert [q["limit"] for _, q in asked] == ["10", "10", "5"]
    assert (len(answered.connections), answered.total) == (25, 10**6)


async def test_ten_thousand_connections_are_the_most_that_is_read(monitor, recorded):
    server, asked = await monitor(crowd(recorded, 10**6))
    assert len((await server.connections()).connections) == 10_000
    assert len(asked) == 10


async def test_a_server_that_claims_accounts_without_end_is_left(monitor, recorded):
    doc = json.loads(recorded("nats-2.15.1/jsz.json")) | {"accounts": 10**12}

    def reply(path, query):
        return answer(
            recorded("nats-2.15.1/varz.json") if "varz" in path else json.dumps(doc).encode()
        )

    server, asked = await monitor(reply)
    await server.jetstream()
    assert len(asked) < 20


async def test_a_server_that_restarted_is_asked_for_its_name_again(monitor, recorded):
    varz = json.loads(recorded("nats-2.15.1/varz.json"))
    jsz = json.loads(recorded("nats-2.15.1/jsz.json"))
    run = {"server_id": "first", "server_name": "somebody"}

    def reply(path, query):
        return answer(json.dumps((varz if "varz" in path else jsz) | run).encode())

    server, asked = await monitor(reply)
    assert (await server.jetstream()).streams == ()
    assert (await server.jetstream()).streams == ()
    run |= {"server_id": "second", "server_name": "n1"}
    assert len((await server.jetstream()).streams) == 4
    paths = [path.removeprefix("/nats/") for path, _ in asked]
    assert paths == ["jsz", "varz", "jsz", "jsz", "varz"]


# -- health -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["500 Internal Server Error", "503 Service Unavailable"])
async def test_an_unhealthy_server_has_answered(monitor, recorded, status):
    server, _ = await monitor(
        lambda path, query: answer(recorded("nats-2.15.1/healthz-503.json"), status)
    )
    health = await server.healthz()
    assert (health.healthy, "meta leader" in health.error) == (False, True)


async def test_a_broken_proxy_is_no_unhealthy_server(monitor):
    page = b"<html><body>No backend</body></html>"
    server, _ = await monitor(lambda path, query: answer(page, "503 Service Unavailable"))
    error = await failure(server, "healthz")
    assert (type(error), error.why) == (
        WireError,
        "a web page: <html><body>No backend</body></html>",
    )


# -- what a version lacks -----------------------------------------------------------------------


async def test_what_a_version_lacks_is_not_known_and_no_failure(monitor, recorded):
    varz = json.loads(recorded("nats-2.15.1/varz.json")) | {"routes": 1, "leafnodes": 1}
    missing = answer(b"404 page not found\n", "404 Not Found")

    def reply(path, query):
        return answer(json.dumps(varz).encode()) if "varz" in path else missing

    server, _ = await monitor(reply)
    health = await server.healthz()
    assert (health.healthy, health.error) == (None, "this version has no /healthz")
    assert (await server.jetstream()).streams == ()
    assert (await server.links()).answers == ()
    assert (await server.accounts()).accounts == ()
    assert "8222" in (await failure(server, "connections")).hint


# -- somebody else ------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"<!DOCTYPE html><title>nginx</title>", "a web page", id="a web page"),
        pytest.param(b"", "an empty answer", id="nothing"),
        pytest.param(b"[]", "got `array`", id="a list"),
        pytest.param(b'{"server_id": "N", "stat', "truncated", id="half an answer"),
        pytest.param(b"# HELP pulsar_rate_in\n", "malformed", id="metrics"),
    ],
)
async def test_what_is_no_monitoring_answer_is_told_with_a_hint(monitor, part, body, why):
    server, _ = await monitor(lambda path, query: answer(body))
    error = await failure(server, part)
    assert (type(error), error.what) == (WireError, "not an answer from NATS monitoring")
    assert why in error.why
    assert "8222" in error.hint


@everywhere
async def test_an_http_server_that_knows_no_such_path(monitor, part):
    server, _ = await monitor(lambda path, query: answer(b"<h1>Not Found</h1>", "404 Not Found"))
    error = await failure(server, part)
    assert (error.what, error.why) == ("HTTP 404", "Not Found")
    assert "8222" in error.hint


@everywhere
@pytest.mark.parametrize(
    ("raw", "what"),
    [
        pytest.param(b"", "not an HTTP answer", id="closes at once"),
        pytest.param(b"\x00\x01\x02\r\n\r\n", "not an HTTP answer", id="bytes"),
        pytest.param(answer(b"oops", "400 Bad Request"), "HTTP 400", id="refuses"),
        pytest.param(
            answer(b"", "302 Found", "location: http://u:s3cret@h/"), "HTTP 302", id="points away"
        ),
        pytest.param(answer(b"{}")[:-1], "answer cut short", id="a body cut short"),
        pytest.param(
            answer(b"no gzip", "200 OK", "content-encoding: gzip"), "broken gzip answer", id="gzip"
        ),
        pytest.param(
            answer(gzip.compress(bytes(40 << 20)), "200 OK", "content-encoding: gzip"),
            "answer too large",
            id="a gzip bomb",
        ),
        pytest.param(answer(b" " * (2 << 20)), "answer too large", id="a flood"),
    ],
)
async def test_every_way_to_answer_wrongly_has_its_sentence(monitor, part, raw, what):
    server, _ = await monitor(lambda path, query: raw, limit=1 << 20)
    assert (await failure(server, part)).what == what


@everywhere
async def test_a_server_that_falls_silent(client, serve, part):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        await reader.read()

    url = f"http://arc:s3cret@127.0.0.1:{await serve(handle)}"
    await failure(NatsMonitor(url, client), part)  # opens the connection, which stays
    error = await failure(NatsMonitor(url, client, timeout=0.05), part)
    assert error.what == "no answer in time"


@everywhere
async def test_nobody_is_there(client, part):
    error = await failure(NatsMonitor("http://arc:s3cret@127.0.0.1:1", client), part)
    assert (error.what, error.why) == ("cannot connect", "connection refused")
