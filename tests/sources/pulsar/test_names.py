"""The names of a cluster, which loads nothing."""

import pytest

from arcwatch.errors import RefusedError
from arcwatch.sources.pulsar.names import names, namespaces, tenants

SPACE = "persistent/a/b"


async def test_tenants_and_namespaces_are_listed(answered):
    cluster, asked = await answered({"tenants": b'["b","a"]', "namespaces/a%2Fb": b'["a/b/x"]'})
    assert {*(await tenants(cluster)).tenants} == {"a", "b"}
    found = await namespaces(cluster, "a/b")
    assert (found.tenant, found.namespaces) == ("a/b", ("a/b/x",))
    # a tenant that is gone has none
    assert (await namespaces(cluster, "gone")).namespaces == ()
    assert [path for path, _ in asked][-1] == "/admin/v2/namespaces/gone"


@pytest.mark.parametrize("scalable", [None, 403, 404, b"[]"])
async def test_a_broker_without_scalable_topics_has_the_others(answered, scalable):
    topics = {SPACE: b'["persistent://a/b/x"]', f"{SPACE}/partitioned": b"[]"}
    cluster, _ = await answered(topics | {"scalable/a/b": scalable})
    assert (await names(cluster, "a/b")).topics == ("persistent://a/b/x",)


async def test_a_namespace_that_is_gone_has_no_topics_and_one_that_is_refused_is_no_empty_one(
    answered,
):
    cluster, _ = await answered({})
    found = await names(cluster, "a/b")
    assert (found.topics, found.partitioned, found.left_out) == ((), (), 0)
    cluster, _ = await answered({SPACE: 403})
    with pytest.raises(RefusedError):
        await names(cluster, "a/b")
