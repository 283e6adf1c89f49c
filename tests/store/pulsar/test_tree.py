"""The tree: what is in what, what it sums up to, and what is only a name."""

import math

import pytest

from arcwatch.model.pulsar import (
    PulsarBroker,
    PulsarNames,
    PulsarNamespaces,
    PulsarTenants,
    Subscription,
    Topic,
)
from arcwatch.model.reading import Reading
from arcwatch.store.pulsar import names as pulsar_names
from arcwatch.store.store import Store

ORDERS, PARTED = "persistent://arc/agents/orders", "persistent://arc/agents/parted"


def topic(name, messages, *, entries=0):
    sub = Subscription(
        name="billing",
        backlog_entries=entries,
        out_messages=0,
        out_bytes=0,
        unacked_messages=0,
        consumers=1,
        delayed_messages=0,
        blocked=False,
        redeliver_rate=0.0,
        last_consumed=None,
        last_acked=None,
        backlog_size=None,
    )
    return Topic(
        name=name,
        in_messages=messages,
        in_bytes=messages * 10,
        out_messages=0,
        out_bytes=0,
        storage_size=1000,
        offloaded_size=100,
        backlog_size=0,
        producers=1,
        consumers=1,
        subscriptions=(sub,),
    )


class Watched:
    """A store that is told what a test says."""

    def __init__(self):
        self.store, self.now = Store(), 100.0

    def tell(self, body, part="metrics"):
        self.store.apply(Reading("c", "pulsar", "b:8080", part, self.now, self.now, 0.0, body))

    def page(self, *topics):
        self.now += 2.0
        page = PulsarBroker(
            broker="b:8080",
            cluster="belt",
            version="4.0.8",
            started=1.0,
            heap_used=None,
            heap_max=None,
            direct_used=None,
            direct_max=None,
            topic_metrics=True,
            topics=topics,
            lines=1,
            size=1,
        )
        self.tell(page)

    def rows(self, **options):
        return {row.name: row for row in self.store.pulsar_tree(**options)}


@pytest.fixture
def watched():
    return Watched()


@pytest.fixture
def moving(watched):
    """Two topics, of which one has three partitions that were sent 20, 20 and 200 in 2 s."""
    parts = [f"{PARTED}-partition-{n}" for n in range(3)]
    watched.page(topic(ORDERS, 0), *(topic(name, 0) for name in parts))
    watched.page(
        topic(ORDERS, 8, entries=5),
        *(topic(name, sent, entries=1) for name, sent in zip(parts, (20, 20, 200), strict=True)),
    )
    return watched


def test_every_row_comes_after_what_it_is_in(moving):
    rows = moving.store.pulsar_tree(opened=[PARTED])
    assert [(row.kind, row.parent) for row in rows] == [
        ("tenant", ""),
        ("namespace", "arc"),
        ("topic", "arc/agents"),
        ("topic", "arc/agents"),
        ("partition", PARTED),
        ("partition", PARTED),
        ("partition", PARTED),
    ]


def test_what_is_above_is_the_sum_of_what_is_below(moving):
    rows = moving.rows()
    assert rows[ORDERS].msg_rate_in == 4.0
    assert rows[PARTED].msg_rate_in == 120.0
    for name in ("arc", "arc/agents"):
        assert rows[name].msg_rate_in == 124.0
        assert rows[name].throughput_in == 1240.0
        assert rows[name].storage_size == 4000
        assert rows[name].offloaded_size == 400
        assert rows[name].backlog_entries == 8
        assert (rows[name].topics, rows[name].partitions, rows[name].subscriptions) == (2, 3, 2)
        assert (rows[name].producers, rows[name].consumers) == (4, 4)


def test_partitions_are_rows_only_where_they_are_wanted(moving):
    assert {row.kind for row in moving.store.pulsar_tree()} == {"tenant", "namespace", "topic"}


def test_a_partition_that_is_sent_far_more_than_its_siblings_is_hot(moving):
    rows = moving.rows(opened=[PARTED])
    assert [rows[f"{PARTED}-partition-{n}"].hot for n in range(3)] == [False, False, True]


def test_before_anything_was_listed_there_may_be_more_topics(moving):
    assert not moving.rows()["arc/agents"].all_listed
    moving.tell(PulsarTenants(("arc",)), "tenants")
    moving.tell(PulsarNamespaces("arc", ("arc/agents",)), "namespaces")
    assert not moving.rows()["arc"].all_listed
    moving.tell(PulsarNames("arc/agents", (ORDERS,), (PARTED,)), "names")
    assert moving.rows()["arc/agents"].all_listed
    assert moving.rows()["arc"].all_listed


def test_a_namespace_without_topics_takes_nothing_from_the_sum(moving):
    moving.tell(PulsarNamespaces("arc", ("arc/agents", "arc/empty")), "namespaces")
    moving.tell(PulsarNames("arc/empty", (), ()), "names")
    rows = moving.rows()
    assert math.isnan(rows["arc/empty"].msg_rate_in)
    assert rows["arc"].msg_rate_in == 124.0
    assert rows["arc"].loaded


def test_a_topic_that_no_broker_has_loaded_is_a_name_and_nothing_else(moving):
    idle = "persistent://arc/agents/idle"
    moving.tell(PulsarNames("arc/agents", (ORDERS, idle), ()), "names")
    row = moving.rows()[idle]
    assert not row.loaded
    assert row.backlog_entries is row.storage_size is row.consumers is None
    assert math.isnan(row.msg_rate_in)
    above = moving.rows()["arc/agents"]
    assert (above.topics, above.not_loaded, above.msg_rate_in) == (3, 1, 124.0)


def test_a_partition_that_is_not_loaded_is_among_its_siblings(moving):
    names = tuple(f"{PARTED}-partition-{n}" for n in (11, 2, 3))
    moving.tell(PulsarNames("arc/agents", names, (PARTED,)), "names")
    rows = moving.store.pulsar_tree(opened=[PARTED])
    found = [(row.name[-2:].strip("-"), row.loaded) for row in rows if row.kind == "partition"]
    assert found == [("0", True), ("1", True), ("2", True), ("3", False), ("11", False)]


def test_a_namespace_without_topics_is_there(watched):
    watched.tell(PulsarTenants(("empty",)), "tenants")
    watched.tell(PulsarNamespaces("empty", ("empty/ns",)), "namespaces")
    assert [row.name for row in watched.store.pulsar_tree()] == ["empty", "empty/ns"]


def test_what_was_deleted_goes_from_the_lists(moving):
    moving.tell(PulsarTenants(("arc", "old")), "tenants")
    moving.tell(PulsarNamespaces("old", ("old/a", "old/b")), "namespaces")
    moving.tell(PulsarNames("old/a", ("persistent://old/a/x",), ()), "names")
    moving.tell(PulsarNamespaces("old", ("old/b",)), "namespaces")
    assert "persistent://old/a/x" not in moving.rows()
    moving.tell(PulsarTenants(("arc",)), "tenants")
    assert "old" not in moving.rows()


def test_pulsars_own_topics_are_neither_shown_nor_summed_unless_wanted(moving):
    own, health = "persistent://arc/agents/__change_events", "persistent://pulsar/system/health"
    moving.page(topic(own, 0, entries=7), topic(health, 0))
    assert not {own, health, "pulsar"} & set(moving.rows())
    assert {own, health, "pulsar"} <= set(moving.rows(internal=True))
    assert moving.rows(internal=True)["arc"].backlog_entries == 7


def test_names_beyond_what_is_kept_are_counted(watched, monkeypatch):
    monkeypatch.setattr(pulsar_names, "MOST", 5)
    for namespace in ("a/b", "a/c"):
        listed = tuple(f"persistent://{namespace}/{n}" for n in range(4))
        watched.tell(PulsarNames(namespace, listed, ()), "names")
    (cluster,) = watched.store.pulsar
    assert cluster.names.left_out == 3
    assert sum(row.kind == "topic" for row in watched.store.pulsar_tree()) == 5


def test_the_same_list_again_changes_nothing(watched):
    watched.tell(PulsarNames("a/b", ("persistent://a/b/x",), ()), "names")
    (cluster,) = watched.store.pulsar
    version = cluster.names.version
    watched.tell(PulsarNames("a/b", ("persistent://a/b/x",), ()), "names")
    assert cluster.names.version == version


# -- topics that are called as partitions are --------------------------------------------------

LOOKALIKE = f"{ORDERS}-partition-3"


def topics(watched):
    return {row.topic: row.partitions for row in watched.store.pulsar_topics()}


def test_beside_the_topic_without_the_number_it_is_no_partition(watched):
    watched.page(topic(ORDERS, 1), topic(LOOKALIKE, 2))
    assert topics(watched) == {ORDERS: 0, LOOKALIKE: 0}
    rows = watched.rows()
    assert (rows[LOOKALIKE].kind, rows[LOOKALIKE].topic) == ("topic", LOOKALIKE)
    assert rows[ORDERS].partitions == 0


def test_numbers_with_gaps_are_partitions_until_the_list_says_that_they_are_none(watched):
    watched.page(topic(LOOKALIKE, 2))
    (cluster,) = watched.store.pulsar
    assert topics(watched) == {ORDERS: 1}
    assert cluster.unsure_namespaces() == {"arc/agents"}
    watched.tell(PulsarNames("arc/agents", (LOOKALIKE,), ()), "names")
    assert topics(watched) == {LOOKALIKE: 0}
    assert cluster.topic_of(LOOKALIKE) == LOOKALIKE
    rows = watched.rows(opened=[LOOKALIKE, ORDERS])
    assert [name for name, row in rows.items() if row.kind in ("topic", "partition")] == [LOOKALIKE]


def test_partitions_of_which_not_all_are_loaded_stay_partitions(watched):
    watched.tell(PulsarNames("arc/agents", (LOOKALIKE,), (ORDERS,)), "names")
    watched.page(topic(LOOKALIKE, 2))
    assert topics(watched) == {ORDERS: 1}
    assert watched.rows(opened=[ORDERS])[LOOKALIKE].topic == ORDERS


def test_a_list_that_was_cut_proves_nothing(watched):
    watched.tell(PulsarNames("arc/agents", (LOOKALIKE,), (), left_out=5), "names")
    watched.page(topic(LOOKALIKE, 2))
    assert topics(watched) == {ORDERS: 1}


def test_of_partitions_without_a_gap_no_list_is_wanted(moving):
    (cluster,) = moving.store.pulsar
    assert cluster.unsure_namespaces() == set()


def test_a_lookalike_that_nobody_has_loaded_is_a_topic(watched):
    watched.tell(PulsarTenants(("arc",)), "tenants")
    watched.tell(PulsarNamespaces("arc", ("arc/agents",)), "namespaces")
    listed = (LOOKALIKE, f"{PARTED}-partition-0")
    watched.tell(PulsarNames("arc/agents", listed, (PARTED,)), "names")
    rows = watched.rows(opened=[PARTED, ORDERS])
    assert {name: row.partitions for name, row in rows.items() if row.kind == "topic"} == {
        LOOKALIKE: 0,
        PARTED: 1,
    }
