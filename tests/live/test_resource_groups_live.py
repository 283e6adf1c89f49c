"""Resource groups of a real broker."""

import uuid

import pytest

from arcwatch.sources.net.http import new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.resource_groups import resource_groups


@pytest.fixture
def group(admin):
    name = f"group-{uuid.uuid4().hex[:8]}"
    limits = {"publishRateInMsgs": 100, "dispatchRateInBytes": 5_000}
    admin.put(f"resourcegroups/{name}", json=limits).raise_for_status()
    yield name
    admin.delete(f"resourcegroups/{name}")


async def test_a_group_has_its_limits_and_its_namespaces(stack, admin, namespace, group):
    path = f"namespaces/{namespace}/resourcegroup"
    admin.post(f"{path}/{group}").raise_for_status()
    try:
        async with new_client() as http:
            cluster = PulsarCluster(stack.pulsar_admin, http)
            found = await resource_groups(cluster, members=True)
            names = await resource_groups(cluster, members=False)
    finally:
        admin.delete(path).raise_for_status()
    (told,) = [one for one in found.groups if one.name == group]
    assert told.limits == (100, None, None, 5_000)
    assert found.member_of[namespace] == group
    assert group in names.names
    assert names.groups is None
