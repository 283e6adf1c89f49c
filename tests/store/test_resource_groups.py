"""Resource groups: what their namespaces may do together, and what they do."""

from math import isnan
from types import SimpleNamespace

import pytest

from arcwatch.model.pulsar import PulsarResourceGroups, ResourceGroup
from arcwatch.store.pulsar.resource_group_rows import resource_group_rows
from arcwatch.wire.pulsar_admin import parse_resource_group, parse_resource_groups


def topic(name, rate=10.0):
    return SimpleNamespace(
        topic=f"persistent://{name}",
        msg_rate_in=rate,
        throughput_in=rate * 100,
        msg_rate_out=rate * 2,
        throughput_out=rate * 200,
    )


def rows(report, *topics, listed=("p1:8080",)):
    brokers = {"p1:8080": SimpleNamespace(page="read")}
    cluster = SimpleNamespace(
        name="c", resource_groups=report, topics=topics, brokers=brokers, listed=listed
    )
    return list(resource_group_rows(cluster))


GROUP = ResourceGroup("g", (100, None, 50, 50_000))
REPORT = PulsarResourceGroups(("g",), (GROUP,), {"t/a": "g", "t/b": "g", "t/c": "other"})


def test_topics_of_all_its_namespaces_count_together():
    (row,) = rows(REPORT, topic("t/a/x"), topic("t/b/y"), topic("t/c/z"), topic("t/d/z"))
    assert row.namespaces == ("t/a", "t/b")
    assert (row.msg_rate_in, row.throughput_in) == (20, 2_000)
    assert (row.msg_rate_out, row.throughput_out) == (40, 4_000)
    assert (row.in_limit, row.in_bytes_limit, row.out_limit) == (100, None, 50)
    assert row.used == 0.8
    assert row.is_near


@pytest.mark.parametrize(
    ("report", "rate"),
    [
        (PulsarResourceGroups(("g",)), 10.0),
        (PulsarResourceGroups(("g",), (GROUP,), {"t/a": "g"}, not_asked=3), 10.0),
        (REPORT, float("nan")),
        (PulsarResourceGroups(("g",), (ResourceGroup("g", (None,) * 4),), {"t/a": "g"}), 10.0),
    ],
)
def test_what_is_not_known_is_no_share(report, rate):
    (row,) = rows(report, topic("t/a/x", rate))
    assert isnan(row.used)
    assert not row.is_near


def test_a_broker_whose_metrics_were_never_read_leaves_the_sums_unknown():
    (row,) = rows(REPORT, topic("t/a/x"), listed=("p1:8080", "p2:8080"))
    assert isnan(row.msg_rate_in)
    assert isnan(row.used)
    (empty,) = rows(PulsarResourceGroups(("g",), (GROUP,), {}), listed=("p1:8080", "p2:8080"))
    assert empty.msg_rate_in == 0


def test_the_answers_of_a_broker():
    assert parse_resource_groups(b'["w6rg","a\\u001bb"]', "x") == ("a␛b", "w6rg")
    told = (
        b'{"publishRateInMsgs":100,"publishRateInBytes":100000,"dispatchRateInMsgs":50,'
        b'"dispatchRateInBytes":-1}'
    )
    assert parse_resource_group("g", told, "x").limits == (100, 100_000, 50, None)
    assert parse_resource_group("g", b"{}", "x").limits == (None,) * 4
