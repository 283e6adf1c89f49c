"""Which queue groups serve a subject, asked of the servers that are not too large to be asked."""

import json

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.nats.queue_groups import MOST_WALKED, queue_groups


@pytest.fixture
def server(broker):
    async def start(*groups, subscriptions=10):
        rows = [{"subject": "orders", "qgroup": group} for group in groups]
        body = {"num_subscriptions": subscriptions, "subscriptions_list": rows}
        port, asked = await broker({"/subsz": (200, json.dumps(body).encode())})
        return f"http://127.0.0.1:{port}/", asked

    return start


async def test_of_a_cluster_the_server_that_lists_its_own_clients_knows_most(client, server):
    (one, asked), (other, _) = await server("w", "w", "x"), await server("w", "y")
    assert await queue_groups(client, [one, other], "orders") == {"w": 2, "x": 1, "y": 1}
    assert asked[1][0].endswith("test=orders")


async def test_a_server_with_too_many_subscriptions_is_not_made_to_walk_through_them(
    client, server
):
    url, asked = await server("w", subscriptions=MOST_WALKED + 1)
    with pytest.raises(SourceError, match="not asked for one of its 50,001 subscriptions"):
        await queue_groups(client, [url], "orders")
    assert [path for path, _ in asked] == ["/subsz"]


async def test_a_subject_is_no_part_of_the_question_beyond_its_place(client, server):
    url, asked = await server()
    assert await queue_groups(client, [url], "a&subs=0#x") == {}
    assert asked[1][0] == "/subsz?subs=1&limit=1024&test=a%26subs%3D0%23x"


async def test_without_a_monitoring_address_nothing_is_known(client):
    assert await queue_groups(client, [], "orders") == {}
