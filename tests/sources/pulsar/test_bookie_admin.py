"""What bookies say of themselves, and bookies that say nothing."""

import httpx
import pytest

from arcwatch.config.credentials import PulsarCredentials, Tls
from arcwatch.engine.questions import of_bookies
from arcwatch.model.pulsar import Bookie, PulsarBookies
from arcwatch.sources.pulsar import bookie_admin
from arcwatch.sources.pulsar.bookie_admin import with_states

ANSWERS = {
    "/api/v1/bookie/state": (200, '{"readOnly":true}'),
    "/api/v1/bookie/info": (200, '{"freeSpace":30,"totalSpace":100}'),
    "/api/v1/autorecovery/list_under_replicated_ledger": (404, "No under replicated ledgers found"),
}


@pytest.fixture
def asked(monkeypatch):
    """Which addresses were asked; ``b3`` does not answer."""
    found = []

    def answer(request):
        found.append(str(request.url))
        assert "authorization" not in request.headers
        if request.url.host == "b3":
            raise httpx.ConnectError("refused")
        status, text = ANSWERS[request.url.path]
        return httpx.Response(status, stream=httpx.ByteStream(text.encode()))

    def client(tls):
        return httpx.AsyncClient(transport=httpx.MockTransport(answer))

    monkeypatch.setattr(bookie_admin, "new_client", client)
    return found


def bookies(*ids):
    return PulsarBookies(tuple(Bookie(id, "") for id in ids))


async def test_a_star_stands_for_the_host_of_each(asked):
    report = await with_states(bookies("b1:3181", "b2:3181", "b3:3181"), ["http://*:8000"], Tls())
    first, second, third = report.bookies
    assert (first.read_only, first.free, first.total, first.why) == (True, 30, 100, "")
    assert second.read_only is True
    assert third.read_only is None
    assert "b3:8000" in third.why
    assert report.underreplicated == 0
    assert "http://b2:8000/api/v1/bookie/info" in asked


async def test_one_that_no_address_is_given_for_says_so(asked):
    report = await with_states(bookies("b1:3181", "b2:3181"), ["http://b2:8000/"], Tls())
    assert report.bookies[0].why == "`bookie_admin` has no address for it"
    assert report.bookies[1].read_only is True
    assert all(url.startswith("http://b2:8000/api/") for url in asked)


async def test_the_only_one_is_asked_whatever_its_name(asked):
    report = await with_states(bookies("bookie-0"), ["http://b2:8000"], Tls())
    assert report.bookies[0].free == 30


async def test_a_name_that_is_no_host_is_not_asked(asked):
    report = await with_states(bookies("x/../@evil:1", "b1:3181"), ["http://*:8000"], Tls())
    assert report.bookies[0].why == "`bookie_admin` has no address for it"
    assert all(url.startswith("http://b1:8000/") for url in asked)


@pytest.mark.parametrize("is_shown", [True, False])
async def test_bookies_are_asked_only_while_they_are_shown(asked, is_shown):
    class Cluster:
        url = "http://p:8080"

        async def bookies(self):
            return bookies("b1:3181")

    who = PulsarCredentials(bookie_admin=("http://*:8000",))
    report = await of_bookies(Cluster(), who, lambda: is_shown).ask()
    assert (report.bookies[0].read_only, bool(asked)) == (is_shown or None, is_shown)


async def test_what_brokers_do_not_list_is_not_asked(asked):
    assert await with_states(PulsarBookies(None), ["http://*:8000"], Tls()) == PulsarBookies(None)
    assert asked == []
