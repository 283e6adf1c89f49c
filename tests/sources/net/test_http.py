"""What a GET makes of every kind of answer, on servers that send exactly these bytes."""

import asyncio
import gzip
import itertools
import logging
import tracemalloc
from pathlib import Path

import pytest

from arcwatch.errors import SourceError, WireError
from arcwatch.sources.net.http import get, new_client, stream
from tests.hostile_servers import tls_context

CERTIFICATE = Path(__file__).parents[2] / "data" / "tls" / "loopback.pem"
HINT = "what the caller thinks"


def http(body=b"", status="200 OK", **headers):
    """A well-formed answer."""
    told = {"content_length": len(body)} | headers
    lines = [f"HTTP/1.1 {status}", *(f"{k.replace('_', '-')}: {v}" for k, v in told.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def failure(client, url, **bounds):
    """The error of asking for ``url``, which answers all four questions."""
    with pytest.raises(SourceError) as caught:
        await get(client, url, **({"hint": HINT, "timeout": 2.0} | bounds))
    error = caught.value
    assert all((error.what, error.where, error.why, error.hint)), vars(error)
    assert not any("\n" in part for part in (error.what, error.why, error.hint))
    return error


# -- answers ------------------------------------------------------------------------------------


async def test_hands_out_status_and_body(client, serve_bytes):
    port = await serve_bytes(http(b"hello"))
    assert await get(client, f"http://127.0.0.1:{port}/") == (200, b"hello")


@pytest.mark.parametrize("size", [0, 1, 255 * 1024, 3 * 1024 * 1024])
async def test_gzip_is_unpacked(client, serve_bytes, size):
    body = bytes(itertools.islice(itertools.cycle(b"arcwatch "), size))
    port = await serve_bytes(http(gzip.compress(body), content_encoding="gzip"))
    assert await get(client, f"http://127.0.0.1:{port}/") == (200, body)


async def test_pieces_are_handed_out_before_the_end(client, serve):
    rest = asyncio.Event()

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\none")
        await rest.wait()
        writer.write(b"two")

    port = await serve(handle)
    async with stream(client, f"http://127.0.0.1:{port}/") as (status, chunks):
        first = await anext(chunks)
        rest.set()
        assert (status, first, [chunk async for chunk in chunks]) == (200, b"one", [b"two"])


async def test_a_caller_may_leave_in_the_middle(client, serve_bytes):
    port = await serve_bytes(http(b"x" * 1_000_000))
    for _ in range(40):  # more often than the client has connections
        async with stream(client, f"http://127.0.0.1:{port}/") as (_, chunks):
            await anext(chunks)


async def test_what_the_caller_raises_is_the_callers(client, serve_bytes):
    port = await serve_bytes(http(b"x"))
    with pytest.raises(TimeoutError, match="mine"):
        async with stream(client, f"http://127.0.0.1:{port}/"):
            raise TimeoutError("mine")


async def test_cookies_are_not_kept(client, serve_bytes):
    port = await serve_bytes(http(set_cookie="a=b; Max-Age=999999"))
    await get(client, f"http://127.0.0.1:{port}/")
    assert not client.cookies.jar


# -- secrets ------------------------------------------------------------------------------------


async def test_credentials_of_the_url_are_sent_and_nowhere_told(client, serve, caplog):
    caplog.set_level(logging.DEBUG)
    asked = []

    async def handle(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(http(b"no", "404 Not Found"))

    port = await serve(handle)
    error = await failure(client, f"http://arc:s3cret@127.0.0.1:{port}/varz?token=t0ken")
    assert b"Basic YXJjOnMzY3JldA==" in asked[0]
    assert error.where == f"http://127.0.0.1:{port}/varz"
    assert "s3cret" not in caplog.text + str(vars(error))


# -- nobody there, or somebody else -------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_closed_port(client, host):
    error = await failure(client, f"http://{host}:1/")
    assert (error.what, error.why) == ("cannot connect", "connection refused")
    assert "running" in error.hint


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8222",
        "http:///varz",
        "nats://127.0.0.1:4222",
        "http://[::1",
        "http://h:8x/",
        "http://\n/",
        "http://\ud800/",
        "http://xn--a/",
        "http://999.1.1.1/",
        "http://" + "a" * 70_000,
    ],
)
async def test_what_is_not_an_url(client, url):
    with pytest.raises(SourceError) as caught:
        await get(client, url)
    assert caught.value.what == "not a URL"
    assert "http://HOST:PORT" in caught.value.hint


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b"])
async def test_an_unknown_host(client, host):
    assert (await failure(client, f"http://{host}/")).what == "unknown host"


async def test_a_server_that_stops_answering(client, serve):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http())
        await reader.read()

    url = f"http://127.0.0.1:{await serve(handle)}/"
    await get(client, url)  # the connection stays, so that the next wait is for the answer alone
    error = await failure(client, url, timeout=0.05)
    assert (error.what, error.why) == ("no answer in time", "waited 0.05 s")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_server_that_hangs_up(client, serve, how):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        getattr(writer.transport, how)()

    error = await failure(client, f"http://127.0.0.1:{await serve(handle)}/")
    assert (error.what, error.hint) == ("not an HTTP answer", HINT)


@pytest.mark.usefixtures("hasty")
async def test_a_server_that_speaks_something_else(client, serve_bytes):
    port = await serve_bytes(b"220 mail.example ESMTP\r\n\r\n")
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (error.what, error.hint) == ("not an HTTP answer", HINT)


async def test_a_header_without_an_end(client, serve):
    async def handle(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            writer.write(b"y" * 10_000)
            await writer.drain()

    error = await failure(client, f"http://127.0.0.1:{await serve(handle)}/")
    assert error.what == "not an HTTP answer"


async def test_promises_without_an_end(client, serve):
    async def handle(reader, writer):
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await writer.drain()

    error = await failure(client, f"http://127.0.0.1:{await serve(handle)}/", deadline=0.2)
    assert (error.what, error.why) == ("no whole answer in time", "waited 0.2 s")


# -- TLS ----------------------------------------------------------------------------------------


@pytest.fixture
def tls():
    return tls_context()


async def test_a_certificate_that_nobody_vouches_for(client, serve_bytes, tls):
    port = await serve_bytes(http(b"hello"), ssl=tls)
    error = await failure(client, f"https://127.0.0.1:{port}/")
    assert (error.what, error.why) == ("certificate not trusted", "self-signed certificate")
    assert "SSL_CERT_FILE" in error.hint


async def test_an_authority_of_the_users_own(serve_bytes, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    port = await serve_bytes(http(b"hello"), ssl=tls)
    async with new_client() as client:
        assert await get(client, f"https://127.0.0.1:{port}/") == (200, b"hello")


async def test_plain_http_to_a_tls_port(client, serve_bytes, tls):
    port = await serve_bytes(http(b"hello"), ssl=tls)
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (error.why, error.hint) == ("this is a TLS port", "write https://HOST:PORT")


async def test_tls_to_a_plain_port(client, serve):
    async def handle(reader, writer):
        await reader.read(1)
        writer.write(http(b"hello", "400 Bad Request"))

    error = await failure(client, f"https://127.0.0.1:{await serve(handle)}/")
    assert error.what == "not a TLS answer"
    assert "http://" in error.hint


# -- statuses -----------------------------------------------------------------------------------


async def test_a_status_counts_although_its_body_breaks_off(client, serve_bytes):
    port = await serve_bytes(http(b"half", "500 Oops", content_length=100))
    assert (await failure(client, f"http://127.0.0.1:{port}/")).what == "HTTP 500"


# -- bodies -------------------------------------------------------------------------------------


async def test_a_body_shorter_than_promised(client, serve_bytes):
    port = await serve_bytes(http(b"half", content_length=100))
    assert (await failure(client, f"http://127.0.0.1:{port}/")).what == "answer cut short"


async def test_a_body_that_stops(client, serve):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(b"half", content_length=100))
        await reader.read()

    error = await failure(client, f"http://127.0.0.1:{await serve(handle)}/", timeout=0.5)
    assert (error.what, error.why) == ("answer cut short", "no more data arrived")


async def test_a_body_that_drips(client, serve):
    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(content_length=10**9))
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    port = await serve(handle)
    error = await failure(client, f"http://127.0.0.1:{port}/", timeout=5.0, deadline=0.2)
    assert error.what == "no whole answer in time"


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((http(content_length=40 << 20), b"x" * (40 << 20)), id="told beforehand"),
        pytest.param(
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                *[b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * 640,
            ),
            id="in chunks",
        ),
    ],
)
async def test_a_body_that_is_too_large(client, serve_bytes, pieces):
    port = await serve_bytes(*pieces)
    error = await failure(client, f"http://127.0.0.1:{port}/", limit=1 << 20)
    assert error.what == "answer too large"
    assert error.why.startswith("more than 1,024 KiB")


async def test_a_limit_is_not_passed_by_a_single_byte(client, serve_bytes):
    port = await serve_bytes(http(b"x" * 500))
    url = f"http://127.0.0.1:{port}/"
    assert (await get(client, url, limit=500))[0] == 200
    assert (await failure(client, url, limit=499)).why.startswith("more than 499 bytes")


async def test_a_gzip_bomb_is_stopped_at_the_limit(client, serve_bytes):
    bomb = gzip.compress(bytes(256 << 20), 9)
    port = await serve_bytes(http(bomb, content_encoding="gzip"))
    tracemalloc.start()
    try:
        error = await failure(client, f"http://127.0.0.1:{port}/", limit=1 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.what == "answer too large"
    assert peak < 8 << 20


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"not gzip at all", id="something else"),
        pytest.param(gzip.compress(b"x" * 1000)[:-4], id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(gzip.compress(b"x") + bytes(10), id="more after its end"),
        pytest.param(gzip.compress(b"x" * 100)[:20] + b"\xff" * 30, id="spoilt"),
    ],
)
async def test_broken_gzip(client, serve_bytes, body):
    port = await serve_bytes(http(body, content_encoding="gzip"))
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (type(error), error.what) == (WireError, "broken gzip answer")


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip"])
async def test_an_encoding_nobody_asked_for(client, serve_bytes, encoding):
    port = await serve_bytes(http(b"x", content_encoding=encoding))
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (error.what, error.why) == ("unknown content encoding", encoding)


@pytest.mark.parametrize("body", [b"[" + b"{}," * 700_000 + b"{}]", b'["' + b'","' * 700_000])
async def test_json_of_nothing_but_brackets_is_refused_before_it_is_read(client, serve_bytes, body):
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    url = f"http://127.0.0.1:{await serve_bytes(head, body)}/"
    with pytest.raises(WireError, match="brackets and commas"):
        await get(client, url)
