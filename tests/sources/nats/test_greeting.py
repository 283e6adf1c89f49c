"""Who servers say they are at the client port, before any login."""

import pytest

from arcwatch.config.settings import load
from arcwatch.errors import ArcwatchError, SourceError
from arcwatch.sources.nats.greeting import greetings
from tests.hostile_servers import closing, lines, long_info

INFO = b'INFO {"server_id":"N","server_name":"n1","cluster":"c","auth_required":true}'


@pytest.fixture
def greeted(serve):
    async def ask(*handles, more=()):
        urls = [f"nats://127.0.0.1:{await serve(handle)}" for handle in handles]
        return await greetings(load({"nats": ",".join([*urls, *more]), "pulsar": "off"}))

    return ask


async def test_a_server_is_named_without_the_login_in_its_address(greeted, serve):
    port = await serve(lines(INFO))
    found = await greetings(load({"nats": f"nats://u:s3cret@127.0.0.1:{port}", "pulsar": "off"}))
    (one,) = found.servers
    assert (one.server_id, one.server_name, one.cluster, one.auth_required) == (
        "N",
        "n1",
        "c",
        True,
    )
    assert "s3cret" not in one.url


async def test_one_that_is_down_does_not_hide_the_others(greeted):
    found = await greeted(lines(INFO), closing, more=["nats://127.0.0.1:1"])
    assert [one.server_name for one in found.servers] == ["n1"]


async def test_where_none_answers_the_first_reason_is_told(greeted):
    with pytest.raises(SourceError, match="no greeting from nats-server"):
        await greeted(closing, more=["nats://127.0.0.1:1"])


@pytest.mark.parametrize(
    ("handle", "why"),
    [(long_info, "a line longer than 64 KiB"), (lines(b"INFO {"), "not an answer")],
)
async def test_what_is_no_greeting_says_so(greeted, handle, why):
    with pytest.raises(ArcwatchError, match=why):
        await greeted(handle)


async def test_a_websocket_greets_only_once_it_is_one():
    assert (await greetings(load({"nats": "ws://127.0.0.1:1", "pulsar": "off"}))).servers == ()
