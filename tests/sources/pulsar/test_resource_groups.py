"""Resource groups, and which namespaces are in them."""

import pytest

from arcwatch.sources.pulsar import resource_groups as module
from arcwatch.sources.pulsar.resource_groups import resource_groups

GROUPS = {
    "resourcegroups": b'["small","large"]',
    "resourcegroups/small": b'{"publishRateInMsgs":10}',
    "tenants": b'["arc","pulsar"]',
    "namespaces/arc": b'["arc/a","arc/b","arc/c"]',
    "namespaces/arc/a": b'{"resource_group_name":"small"}',
    "namespaces/arc/b": b"{}",
    "namespaces/arc/c": 403,
}


async def test_only_their_names_are_asked_for_until_somebody_looks(answered):
    cluster, asked = await answered(GROUPS)
    found = await resource_groups(cluster, members=False)
    assert {*found.names} == {"small", "large"}
    assert [path for path, _ in asked] == ["/admin/v2/resourcegroups"]


async def test_each_has_its_limits_and_its_namespaces_and_those_unknown_are_counted(answered):
    cluster, _ = await answered(GROUPS)
    found = await resource_groups(cluster, members=True)
    assert {one.name for one in found.groups} == {"small", "large"}
    assert found.member_of == {"arc/a": "small"}
    assert found.not_asked == 1


async def test_of_very_many_the_first_are_looked_into(answered, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1)
    monkeypatch.setattr(module, "MOST_SPACES", 1)
    cluster, _ = await answered(GROUPS)
    found = await resource_groups(cluster, members=True)
    assert (len(found.groups), len(found.names), found.not_asked) == (1, 2, 2)


@pytest.mark.parametrize("status", [401, 403, 404, None])
async def test_where_they_may_not_be_listed_or_are_not_known_there_are_none(answered, status):
    cluster, _ = await answered({"resourcegroups": status})
    assert (await resource_groups(cluster, members=True)).names == ()
