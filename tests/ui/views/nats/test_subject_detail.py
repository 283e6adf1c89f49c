"""An opened subject under a user's hands: from a connection to its queue group and back."""

import pytest

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.nats import NatsInterest, NatsSubscriber, NatsSubscription
from arcwatch.model.reading import Failure
from arcwatch.ui.views.things import thing_at
from tests.ui.filled import words_on
from tests.ui.views.nats.test_view import BILLING, N1, NOW, Server, drawn, facts

OTHER = 7
"""The cid of another member."""


@pytest.fixture
def server(recorded):
    return Server(recorded)


def interested(server, t, subject, queue):
    """Let the server tell who receives a subject: two members, and one that hears everything."""

    def one(cid, msgs, subject=subject, queue=queue):
        told = NatsSubscription("1", subject, queue, msgs, None)
        return NatsSubscriber("$G", cid, told)

    members = [one(BILLING, 30 * t), one(OTHER, 10 * t), one(99, 40 * t, ">", "")]
    server.tell(t, "interest", NatsInterest("N", NOW + t, subject, tuple(members)))


async def opened(pilot, server):
    """Open the first subscription of a connection."""
    await drawn(pilot, "2")
    pilot.app.view.select_shown(lambda row: row.cid == BILLING)
    await drawn(pilot, "enter")
    server.opened(2.0)
    server.opened(4.0)
    await drawn(pilot)
    row = pilot.app.view.table.cursor_item
    await drawn(pilot, "enter")
    return row


async def test_a_subscription_opens_its_subject_with_the_other_members(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        row = await opened(pilot, server)
        assert server.watcher.closely == {DetailTarget(N1, None, row.subject)}
        assert "Loading …" in "\n".join(words_on(pilot.app))
        for t in (4.0, 6.0):
            interested(server, t, row.subject, "workers")
        await drawn(pilot)
        told = facts(pilot)
        assert told["subscribers"] == "3"
        assert told["queue group"] == "workers, 2 members"
        assert told["fair share"] == "50 %"
        assert told["skew"].startswith("3.0 ×")
        text = "\n".join(words_on(pilot.app))
        assert "75 % ████████████" in text
        assert "25 % ████" in text
        assert [each.cid for each in pilot.app.view.table.items] == [BILLING, OTHER]


async def test_a_member_opens_its_connection_and_escape_leads_back(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        row = await opened(pilot, server)
        interested(server, 4.0, row.subject, "workers")
        await drawn(pilot)
        subject = pilot.app.view.opened.title
        await drawn(pilot, "enter")
        assert f"cid {BILLING}" in pilot.app.view.opened.title
        await drawn(pilot, "escape")
        assert pilot.app.view.opened.title == subject
        await drawn(pilot, "escape")
        assert f"cid {BILLING}" in pilot.app.view.opened.title
        await drawn(pilot, "escape")
        assert pilot.app.view.opened is None


async def test_who_else_subscribes_and_what_stores_it(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        await drawn(pilot, "2")
        pilot.app.open_thing(thing_at(server.store, "nats:ord.created"))
        await drawn(pilot)
        interested(server, 2.0, "ord.created", "")
        await drawn(pilot, "L")
        assert [each.subject for each in pilot.app.view.table.items].count(">") == 1
        assert "ORDERS" in facts(pilot)["stored by"]
        await drawn(pilot, "L", "enter")
        assert pilot.app.view.opened.title == "js:ORDERS"


async def test_what_no_stream_stores_is_said(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        pilot.app.open_thing(thing_at(server.store, "nats:nobody.stores"))
        await drawn(pilot)
        assert facts(pilot)["stored by"] == "no stream"
        assert facts(pilot)["subscribers"] == "–"


async def test_a_server_that_does_not_tell_says_why(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        pilot.app.open_thing(thing_at(server.store, "nats:ord.created"))
        await drawn(pilot)
        server.tell(
            4.0, "interest", Failure("not asked for one of its 60,000 subscriptions", N1, "", "")
        )
        await drawn(pilot)
        assert "not asked for one of its 60,000" in "\n".join(words_on(pilot.app))


@pytest.mark.parametrize("size", [(160, 48), (100, 30), (80, 24)])
def test_looks(snap_compare, server, size):
    async def before(pilot):
        row = await opened(pilot, server)
        for t in (4.0, 6.0):
            interested(server, t, row.subject, "workers")
        await drawn(pilot)

    assert snap_compare(server.app(), terminal_size=size, run_before=before)
