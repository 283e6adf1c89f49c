"""Moving a cursor over HTTP: redirects, refusals and credentials."""

import httpx
import msgspec
import pytest

from arcwatch.actions.reset_cursor import ResetPosition, UncertainError, reset_cursor
from arcwatch.errors import NotThereError, RefusedError, SourceError

URL = "http://me:secret@broker-1:8080/admin/v2/persistent/a/b/c/subscription/s/resetcursor"


async def reset(answer, follow=()):
    asked = []

    def handle(request):
        asked.append(request)
        return answer(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        try:
            await reset_cursor(client, URL, ResetPosition(3, 7), where="c#s", follow=follow)
        finally:
            reset.asked = asked


def redirected(request):
    if request.url.host == "broker-1":
        return httpx.Response(307, headers={"location": "http://broker-2:8080/elsewhere"})
    return httpx.Response(204)


async def test_the_place_is_told_as_the_broker_takes_it():
    await reset(lambda request: httpx.Response(204))
    (request,) = reset.asked
    assert request.method == "POST"
    assert msgspec.json.decode(request.content) == {
        "ledgerId": 3,
        "entryId": 7,
        "partitionIndex": -1,
        "batchIndex": -1,
    }
    assert request.headers["authorization"].startswith("Basic ")
    assert "secret" not in str(request.url)


async def test_a_redirect_is_followed_to_a_broker_of_the_cluster_and_nowhere_else():
    await reset(redirected, follow=("broker-2:8080",))
    assert [request.url.host for request in reset.asked] == ["broker-1", "broker-2"]
    with pytest.raises(SourceError, match="HTTP 307"):
        await reset(redirected)
    assert [request.url.host for request in reset.asked] == ["broker-1"]


async def test_a_redirect_out_of_tls_is_not_followed():
    """The token would be readable on the way."""

    def handle(request):
        asked.append(request)
        return httpx.Response(307, headers={"location": "http://broker-2:8443/elsewhere"})

    asked, url = [], "https://broker-1:8443/admin"
    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        with pytest.raises(SourceError, match="HTTP 307"):
            await reset_cursor(
                client, url, ResetPosition(3, 7), where="s", follow=("broker-2:8443",)
            )
    assert [request.url.scheme for request in asked] == ["https"]


@pytest.mark.parametrize(
    "body",
    [b"[" * 50_000, b'{"reason":' * 50_000, b'{"reason":"\xff"}', b'{"reason":[1]}', b"[]", b""],
)
async def test_a_refusal_may_say_anything(body):
    with pytest.raises(SourceError, match="HTTP 409"):
        await reset(lambda request: httpx.Response(409, content=body))


async def test_an_answer_without_an_end_is_not_read_to_it():
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1
            assert read < 100
            yield b"x" * 10_000

    with pytest.raises(SourceError, match="HTTP 409"):
        await reset(lambda request: httpx.Response(409, content=endless()))
    bomb = {"content-encoding": "gzip"}
    with pytest.raises(SourceError, match="HTTP 409"):
        await reset(lambda request: httpx.Response(409, headers=bomb, content=endless()))


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotThereError), (403, RefusedError), (412, SourceError)]
)
async def test_a_refusal_says_why(status, kind):
    with pytest.raises(kind, match=r"not moved \(c#s\): because ") as caught:
        await reset(lambda request: httpx.Response(status, json={"reason": "because \x1b"}))
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError]
)
async def test_an_answer_that_does_not_come_may_have_been_a_move(error):
    def lost(request):
        raise error("", request=request)

    with pytest.raises(UncertainError, match="it is not known whether the cursor was moved"):
        await reset(lost)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, "timeout"),
        # of a broker that was shut down meanwhile, and had moved it
        (412, "Unable to find position for position specified: unable to persist readPosition"),
    ],
)
async def test_a_broker_that_fails_at_it_may_have_moved_it(status, reason):
    with pytest.raises(UncertainError):
        await reset(lambda request: httpx.Response(status, json={"reason": reason}))


async def test_a_broker_that_was_never_told_moved_nothing():
    def refused(request):
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(SourceError, match="the cursor was not moved") as caught:
        await reset(refused)
    assert not isinstance(caught.value, UncertainError)
