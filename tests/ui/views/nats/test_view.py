"""View 2 under a user's hands: what opens, what is asked for it, and how it looks.

The platform is two servers of a cluster, told from figures that never change.
"""

import asyncio
import json

import pytest
from msgspec.structs import replace

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.nats import NatsClosed, NatsOpened
from arcwatch.model.nats_links import NatsLinks
from arcwatch.model.reading import Failure, Reading
from arcwatch.store.store import Store
from arcwatch.ui.entries import handle
from arcwatch.ui.view_context import ViewContext
from arcwatch.wire.nats_accounts import parse_accstatz
from arcwatch.wire.nats_connz import parse_closed, parse_connz_page, parse_opened
from arcwatch.wire.nats_jetstream import parse_jsz
from arcwatch.wire.nats_links import parse_gatewayz, parse_leafz, parse_routez
from arcwatch.wire.nats_monitor import parse_varz
from tests.ui.filled import Whole, words_on

N1 = "http://10.0.0.1:8222"
NOW = 1_795_456_090.0
"""2026-11-23 17:48:10 UTC, when the payloads were recorded."""
BILLING = 6
"""The cid of the connection that is opened."""


class Asked:
    """An engine that asks nobody, and remembers what it is to look at closely."""

    def __init__(self):
        self.closely = None

    async def run(self):
        await asyncio.Event().wait()

    def refresh(self):
        pass

    def focus(self, topics):
        pass

    def list_names(self, places):
        pass

    def watch_details(self, at):
        self.closely = set(at)


class Server:
    """One server as it was recorded, told to a store twice, so that there are rates."""

    def __init__(self, recorded):
        self.store, self.watcher = Store(), Asked()
        read = {
            name: recorded(f"nats-2.15.1/{name}.json")
            for name in ("varz", "connz", "jsz", "connz-one", "connz-closed")
        }
        self.server = replace(
            parse_varz(read["varz"]),
            server_name="n1",
            cluster="flash",
            tls_cert_not_after=NOW + 12 * 86_400,
            slow_consumers=0,
            start=NOW - 1000.0,
            config_loaded=NOW - 1000.0,
            remote_clusters=("east", "north"),
        )
        page = parse_connz_page(read["connz"])
        own = replace(page.connections[0], cid=40, name="arcwatch/0.1.0@desk")
        rows = (*page.connections, own)
        self.connections = replace(page, total=len(rows), connections=rows)
        one = parse_opened(BILLING, read["connz-one"])
        self.subscriptions = one.subscriptions
        gone = parse_closed(read["connz-closed"]).connections
        self.closed = tuple(replace(row, stop=NOW - 60.0 * at) for at, row in enumerate(gone, 1))
        streams = json.loads(read["jsz"])
        replicas = [
            {"name": "n2", "current": True, "offline": False, "active": 120_000_000},
            {"name": "n3", "current": False, "offline": True, "active": 0, "lag": 1204},
        ]
        for stream in streams["account_details"][0]["stream_detail"]:
            if stream["name"] == "ORDERS":
                stream["config"]["num_replicas"] = 3
                stream["cluster"]["replicas"] = replicas
        streams["account_details"][0]["reserved_storage"] = 4000
        self.streams = parse_jsz(json.dumps(streams).encode())
        answers = (
            parse_routez(recorded("nats-2.15.1/routez.json")),
            parse_gatewayz(recorded("nats-2.15.1/gatewayz.json")),
            parse_leafz(recorded("nats-2.15.1/leafz.json")),
        )
        self.links = [told for answer in answers for told in answer.answers]
        self.accounts = parse_accstatz(recorded("nats-2.15.1/accstatz.json"))
        self.beat(0.0)
        self.beat(2.0)

    def beat(self, t):
        """Let everything be told at ``t`` seconds after the start."""
        more = 120 * int(t)
        self.tell(t, "varz", replace(self.server, now=self.server.now + t))
        rows = tuple(
            replace(row, in_msgs=row.in_msgs + more, stalls=(row.stalls or 0) + int(t))
            if row.cid == BILLING
            else row
            for row in self.connections.connections
        )
        now = self.connections.now + t
        self.tell(t, "connz", replace(self.connections, now=now, connections=rows))
        self.tell(t, "jsz", replace(self.streams, now=self.streams.now + t))
        links = [replace(told, now=told.now + t, links=_grown(told, more)) for told in self.links]
        self.tell(t, "links", NatsLinks("N", tuple(links)))
        self.tell(t, "accounts", replace(self.accounts, now=self.accounts.now + t))
        self.tell(t, "closed", NatsClosed("N", NOW + t, 8310, self.closed))

    def opened(self, t, **told):
        """Let the opened connection be told."""
        more = 30 * int(t)
        subs = tuple(replace(sub, msgs=sub.msgs + more) for sub in self.subscriptions)
        connection = self.connections.connections[1]
        answer = NatsOpened("N", NOW + t, BILLING, connection, subs)
        self.tell(t, "connection", replace(answer, **told))

    def tell(self, t, part, body):
        self.store.apply(Reading("prod", "nats", N1, part, NOW + t, t, 0.004, body))

    def app(self):
        showing = ViewContext(self.store, self.watcher, utc=True)
        return Whole(lambda: showing, context="arc-prod", now=lambda: NOW + 2.0)


def _grown(told, more):
    first, *others = told.links
    busy = replace(first, out_msgs=first.out_msgs + more, out_bytes=first.out_bytes + 128 * more)
    return (replace(busy, pending_bytes=2_400_000), *others)


@pytest.fixture
def server(recorded):
    return Server(recorded)


async def drawn(pilot, *keys):
    """Press these keys, one after the other, and let one frame be drawn."""
    await pilot.press(*keys)
    await pilot.pause()
    pilot.app.frame()
    await pilot.pause()


def facts(pilot):
    """What is said of the opened row, by label."""
    return {fact.label: fact.value for fact in pilot.app.view.opened.facts()}


def column(pilot, name):
    return [getattr(row, name) for row in pilot.app.view.table.items]


# -- connections --------------------------------------------------------------------------------


async def test_our_own_connections_are_hidden_until_they_are_asked_for(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2")
        assert not any(name.startswith("arcwatch") for name in column(pilot, "name"))
        await drawn(pilot, "i")
        assert "arcwatch/0.1.0@desk" in column(pilot, "name")
        await drawn(pilot, "i")
        assert "arcwatch/0.1.0@desk" not in column(pilot, "name")


NATS_TOP = ["cid", "start", "subs", "pending", "msgs_to", "msgs_from", "bytes_to", "bytes_from"]
NATS_TOP += ["last", "idle", "uptime", "rtt"]


async def sorted_by(pilot, key):
    """The column that a table is sorted by once this key was typed."""
    handle(f"sort {key}", pilot.app)
    await pilot.pause()
    return pilot.app.view.table.sort.column


async def test_every_sort_key_of_nats_top_sorts_the_connections(server):
    own = {"msgs_to": "out_msgs", "msgs_from": "in_msgs"}
    own |= {"bytes_to": "out_bytes", "bytes_from": "in_bytes"}
    async with server.app().run_test(size=(260, 40)) as pilot:
        await drawn(pilot, "2", "colon", *"sort rtt", "enter")
        assert pilot.app.view.table.sort.column == "rtt"
        for key in NATS_TOP:
            assert await sorted_by(pilot, key) == own.get(key, key), key


async def test_closed_connections_sort_as_in_nats_top(server):
    async with server.app().run_test(size=(160, 40)) as pilot:
        await drawn(pilot, "2", "L")
        for key in ("reason", "stop", "reason"):
            assert await sorted_by(pilot, key) == key


async def test_who_makes_producers_wait_is_told_with_a_rate(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "colon", *"sort stalls_rate", "enter")
        row = pilot.app.view.table.items[0]
        assert (row.cid, row.stalls_rate) == (BILLING, 1.0)


# -- what opens ---------------------------------------------------------------------------------


async def open_billing(pilot):
    await drawn(pilot, "2")
    pilot.app.view.table.select_where(lambda row: row.cid == BILLING)
    await drawn(pilot, "enter")


async def test_an_opened_connection_is_asked_about_until_it_is_left(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        assert server.watcher.closely == {DetailTarget(N1, BILLING)}
        await drawn(pilot, "escape")
        assert server.watcher.closely == set()
        assert pilot.app.view.sheet.id == "connections"
        assert pilot.app.view.table.cursor_item.cid == BILLING


async def test_another_view_ends_the_asking_and_coming_back_begins_it_again(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        await drawn(pilot, "1")
        assert server.watcher.closely == set()
        await drawn(pilot, "2")
        assert server.watcher.closely == {DetailTarget(N1, BILLING)}


async def test_an_opened_connection_lists_its_subscriptions_with_rates(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        server.opened(0.0)
        server.opened(2.0)
        await drawn(pilot)
        told = {row.subject: (row.queue, row.msgs_rate) for row in pilot.app.view.table.items}
        assert told == {"ord.*": ("workers", 30.0), "once": ("", 30.0), "audit.>": ("", 30.0)}
        assert facts(pilot)["in"].startswith("120 msg/s")
        assert facts(pilot)["stalls"].startswith("1.0/s")


async def test_subscriptions_not_told_yet_are_not_told_as_none(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        assert pilot.app.view.table.empty == "Loading …"
        assert pilot.app.view.opened.count(pilot.app.view.sheet) == "–"
        server.opened(2.0, subscriptions=())
        await drawn(pilot)
        assert pilot.app.view.table.empty == "No subscriptions."


async def test_an_opened_connection_that_is_not_told_of_says_why(server):
    async with server.app().run_test() as pilot:
        server.tell(3.0, "connection", Failure("HTTP 500", N1, "of another", ""))
        await open_billing(pilot)
        assert pilot.app.view.table.empty == "Loading …"
        server.tell(4.0, "connection", Failure("HTTP 500", N1, "out of memory", "restart it"))
        await drawn(pilot)
        assert pilot.app.view.table.empty == f"HTTP 500 ({N1}): out of memory.  restart it"
        assert facts(pilot)["reason"] == "HTTP 500: out of memory"
        server.opened(6.0)
        await drawn(pilot)
        assert "because" not in facts(pilot)


async def test_closed_connections_not_told_yet_are_not_told_as_none(server):
    server.store = Store()
    server.tell(0.0, "varz", server.server)
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "L")
        assert pilot.app.view.table.empty == "Loading …"
        assert pilot.app.view.count(pilot.app.view.sheet) == "–"
        server.tell(1.0, "closed", Failure("no answer in time", N1, "waited 10 s", ""))
        await drawn(pilot)
        assert pilot.app.view.table.empty == f"no answer in time ({N1}): waited 10 s"
        server.tell(2.0, "closed", NatsClosed("N", NOW + 2, 0, ()))
        await drawn(pilot)
        assert "No connections have closed" in pilot.app.view.table.empty


async def test_an_opened_connections_list_is_filtered_and_left_like_any_other(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        server.opened(2.0)
        await drawn(pilot, "slash", *"audit", "enter")
        assert column(pilot, "subject") == ["audit.>"]
        await drawn(pilot, "escape")  # the filter goes first
        assert len(column(pilot, "subject")) == 3
        await drawn(pilot, "escape")
        assert pilot.app.view.opened is None


async def test_the_next_row_opens_from_an_opened_one(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "g", "enter")
        first = pilot.app.view.opened.title
        await drawn(pilot, "J")
        second = pilot.app.view.opened.title
        assert second != first
        (asked,) = server.watcher.closely
        assert f"cid {asked.cid}" in second
        await drawn(pilot, "K")
        assert pilot.app.view.opened.title == first


async def test_a_connection_that_closes_while_open_says_when_and_why(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        server.opened(2.0)
        left = tuple(c for c in server.connections.connections if c.cid != BILLING)
        server.tell(4.0, "connz", replace(server.connections, now=NOW + 4, connections=left))
        server.opened(4.0, stop=NOW + 3.0, reason="Stale Connection", subscriptions=())
        await drawn(pilot)
        assert (facts(pilot)["closed"], facts(pilot)["reason"]) == ("17:48:13", "Stale Connection")
        assert facts(pilot)["in"].startswith("–")
        assert {row.stale for row in pilot.app.view.table.items} == {True}


async def test_closed_connections_are_asked_for_while_they_are_on_screen(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2")
        assert not server.watcher.closely
        await drawn(pilot, "L")
        assert server.watcher.closely == {DetailTarget(N1, None)}
        assert pilot.app.view.count(pilot.app.view.sheet) == "2 of 8,310"
        assert column(pilot, "slow") == [False, True]
        await drawn(pilot, "L")
        assert server.watcher.closely == set()


async def test_a_closed_connection_opens_on_all_that_is_remembered_of_it(server):
    back = replace(server.connections.connections[0], cid=99, name="slow")
    again = replace(server.connections, now=NOW + 4, connections=(back,), total=1)
    slow = next(one for one in server.closed if one.reason.startswith("Slow"))
    slow = replace(slow, connection=replace(slow.connection, name="slow", cid=7))
    before = replace(slow, connection=replace(slow.connection, cid=3), stop=slow.stop - 600.0)
    server.tell(4.0, "connz", again)
    server.tell(4.0, "closed", NatsClosed("N", NOW + 4, 3, (slow, before, server.closed[0])))
    async with server.app().run_test(size=(160, 48)) as pilot:
        await drawn(pilot, "2", "L")
        pilot.app.view.table.select_where(lambda row: row.cid == 7)
        await drawn(pilot, "enter")
        assert "cid 7" in pilot.app.view.opened.title
        assert facts(pilot)["reason"] == slow.reason
        assert facts(pilot)["lifetime"] != "–"
        assert column(pilot, "cid") == [99]
        assert server.watcher.closely == {DetailTarget(N1, None)}
        await drawn(pilot, "L")
        assert column(pilot, "cid") == [3]
        await drawn(pilot, "escape")
        assert pilot.app.view.sheet.id == "closed"


async def test_a_consumer_opens_on_its_progress_its_limits_and_its_neighbours(server):
    (orders,) = [stream for stream in server.streams.streams if stream.stream == "ORDERS"]
    first, *others = orders.consumers
    stuck = replace(first, num_ack_pending=1000, max_ack_pending=1000, filters=("orders.eu.*",))
    told = replace(orders, consumers=(stuck, *others))
    server.tell(4.0, "jsz", replace(server.streams, now=server.streams.now + 4, streams=(told,)))
    async with server.app().run_test(size=(160, 48)) as pilot:
        await drawn(pilot, "2", "colon", *"consumers", "enter")
        pilot.app.view.table.select_where(lambda row: row.name == stuck.name)
        await drawn(pilot, "enter")
        assert pilot.app.view.opened.title == f"js:ORDERS#{stuck.name}"
        assert facts(pilot)["unacked"] == "1,000 of 1,000"
        assert facts(pilot)[""] == "max ack pending reached"
        assert facts(pilot)["filter"] == "orders.eu.*"
        assert set(column(pilot, "name")) == {other.name for other in others}
        await drawn(pilot, "L")
        assert column(pilot, "stream") == ["ORDERS"]
        server.tell(6.0, "jsz", replace(server.streams, now=server.streams.now + 6, streams=()))
        await drawn(pilot)
        assert facts(pilot)["state"] == "gone"


async def test_a_stream_opens_on_its_own_consumers_and_tells_its_replicas(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "L", "L")
        pilot.app.view.table.select_where(lambda row: row.stream == "ORDERS")
        await drawn(pilot, "enter")
        assert set(column(pilot, "stream")) == {"ORDERS"}
        assert len(column(pilot, "name")) == 4
        assert facts(pilot)["replicas"] == "2 of 3, 1 off"
        assert (facts(pilot)["on n2"], facts(pilot)["on n3"]) == ("current", "offline")


async def test_a_server_opens_on_its_limits_connections_accounts_and_links(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "H", "enter")
        assert facts(pilot)["TLS until"] == "11d 23h from now"
        assert facts(pilot)["payload"] == "at most 1.05 MB"
        assert facts(pilot)["storage"] == "3.76 kB of 268 MB"
        assert len(pilot.app.view.table.items) == 4  # ours is hidden here too
        await drawn(pilot, "L")
        assert column(pilot, "account")[0] == "$G"
        assert column(pilot, "limit_used")[0] == pytest.approx(3762 / 4000)
        assert sorted(column(pilot, "account")) == ["$G", "ARC", "PLAIN", "SYS"]
        await drawn(pilot, "L")
        assert column(pilot, "peer") == ["a1", "east", "leaf", "leaf", "north"]


async def test_rows_that_do_not_open_stay_where_they_are(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2", "colon", *"accounts", "enter", "enter")
        assert pilot.app.view.opened is None
        assert pilot.app.view.sheet.id == "accounts"


def hinted(pilot):
    """The keys in the last line."""
    return words_on(pilot.app)[-1]


async def test_the_key_that_opens_is_offered_where_rows_open(server):
    async with server.app().run_test() as pilot:
        await drawn(pilot, "2")
        assert "enter open" in hinted(pilot)
        await drawn(pilot, "enter")
        assert "enter open" not in hinted(pilot)
        await drawn(pilot, "escape", "colon", *"accounts", "enter")
        assert "enter open" not in hinted(pilot)


async def test_a_server_that_went_silent_greys_what_it_told(server):
    async with server.app().run_test() as pilot:
        await open_billing(pilot)
        server.opened(2.0)
        failure = Failure("no answer in time", N1, "waited 10 s", "")
        for part in ("varz", "connz", "connection"):
            server.tell(14.0, part, failure)
        await drawn(pilot)
        assert {row.stale for row in pilot.app.view.table.items} == {True}
        assert facts(pilot)["in"].startswith("–")


async def test_names_meant_to_do_harm_are_only_text(server):
    async with server.app().run_test(size=(160, 48)) as pilot:
        await open_billing(pilot)
        server.opened(2.0)
        await drawn(pilot)
        assert "\x1b" not in pilot.app.export_screenshot()


# -- looks --------------------------------------------------------------------------------------

SCREENS = {
    "closed": ("2", "L"),
    "gone": ("2", "L", "enter"),
    "connection": ("2", "enter"),
    "consumer": ("2", "L", "L", "L", "enter"),
    "stream": ("2", "L", "L", "G", "k", "k", "enter"),
    "accounts": ("2", "H", "H", "H"),
    "links": ("2", "H", "H"),
    "server": ("2", "H", "enter"),
}


@pytest.mark.parametrize("size", [(160, 48), (80, 24)], ids=["large", "small"])
@pytest.mark.parametrize("name", SCREENS)
def test_how_it_looks(server, snap_compare, name, size):
    async def before(pilot):
        await drawn(pilot, *SCREENS[name])
        if name == "connection":
            server.opened(0.0)
            server.opened(2.0)
        await drawn(pilot)

    assert snap_compare(server.app(), terminal_size=size, run_before=before)


async def test_what_is_wrong_has_a_column_while_something_is_and_is_explained(server):
    async with server.app().run_test(size=(260, 40)) as pilot:
        await drawn(pilot, "2")
        table = pilot.app.view.table
        (row,) = [one for one in table.items if one.cause]
        assert (row.cause.kind, table.column_keys()[-1]) == ("near-cut", "cause")
        assert table.select_item(row)
        await drawn(pilot, "W")
        told = str(pilot.app.screen.query_one("#why Static").render())
        assert told.startswith(f"client:{row.name}#{row.cid}")
        assert "closed at " in told
        await drawn(pilot, "escape")
        well = [replace(one, pending_bytes=0) for one in server.connections.connections]
        for at in (4, 6, 8):
            again = replace(server.connections, now=NOW + at, connections=tuple(well))
            server.tell(float(at), "connz", again)
            server.tell(float(at), "jsz", replace(server.streams, now=NOW + at))
        await drawn(pilot)
        assert "cause" not in table.column_keys()


async def test_a_link_is_explained_by_its_neighbour(server):
    async with server.app().run_test(size=(160, 40)) as pilot:
        await drawn(pilot, "2", "colon", *"links", "enter")
        table = pilot.app.view.table
        assert table.cursor_item.cause.kind == "link-behind"
        await drawn(pilot, "W")
        told = str(pilot.app.screen.query_one("#why Static").render())
        assert told.startswith("link:n1/route/a1")
        assert "behind: bytes pending" in told
