"""Buckets under a user's hands: the list, what is asked while one is open, and its keys."""

import json

import pytest

from arcwatch.engine.questions import DetailTarget
from arcwatch.model.nats_buckets import KvKey, NatsBucket, StoredObject
from arcwatch.model.reading import Failure, Reading
from arcwatch.wire.nats_jetstream import parse_jsz
from tests.ui.filled import words_on
from tests.ui.views.nats.test_view import NOW, Server, drawn, facts


@pytest.fixture
def server(recorded):
    """A server with a bucket of each kind."""
    server = Server(recorded)
    doc = json.loads(recorded("nats-2.15.1/jsz.json"))
    streams = doc["account_details"][0]["stream_detail"]
    for stream, name, subjects in zip(
        streams, ("KV_config", "OBJ_assets"), (["$KV.config.>"], ["$O.assets.>"]), strict=False
    ):
        stream["name"], stream["config"]["name"] = name, name
        stream["config"] |= {"subjects": subjects, "max_msgs_per_subject": 5}
    server.streams = parse_jsz(json.dumps(doc).encode())
    for t in (4.0, 6.0):
        server.beat(t)
    return server


def tell(server, body, stream="KV_config"):
    at = NOW + 6.0
    server.store.apply(Reading("prod", "nats", f"js:{stream}", "bucket", at, at, 0.0, body))


def key(name, operation="put", value="v"):
    subject = f"$KV.config.{name}"
    return KvKey(name, subject, 7, NOW, operation, len(value), value, "text", is_cut=False)


async def turned(pilot, sheet):
    await drawn(pilot, "2")
    while pilot.app.view.sheet.id != sheet:
        await drawn(pilot, "L")


async def test_a_key_value_store_is_read_while_it_is_open(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        await turned(pilot, "buckets")
        assert not server.watcher.closely
        pilot.app.view.table.select_where(lambda row: row.bucket == "config")
        await drawn(pilot, "enter")
        assert server.watcher.closely == {DetailTarget("", None, bucket="KV_config")}
        assert "Loading …" in "\n".join(words_on(pilot.app))
        tell(server, NatsBucket("KV_config", keys=(key("a.b"), key("c", "delete", ""))))
        await drawn(pilot)
        assert [row.key for row in pilot.app.view.table.items] == ["a.b", "c"]
        assert facts(pilot)["history"] == "5 per key"
        assert pilot.app.view.address == "js:KV_config/$KV.config.a.b"
        await drawn(pilot, "escape")
        assert server.watcher.closely == set()


async def test_an_object_store_has_its_objects(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        await turned(pilot, "buckets")
        pilot.app.view.table.select_where(lambda row: row.bucket == "assets")
        await drawn(pilot, "enter")
        one = StoredObject("logo", "$O.assets.M.bG9nbw==", 3, 1, "SHA-256=x", 2, NOW, link="b/n")
        tell(server, NatsBucket("OBJ_assets", objects=(one,), is_whole=False), "OBJ_assets")
        await drawn(pilot)
        text = "\n".join(words_on(pilot.app))
        assert "link to b/n" in text
        assert "Objects 1+" in text
        assert facts(pilot)["read"] == "the first 10,000 only"


async def test_why_a_bucket_cannot_be_read_is_said(server):
    async with server.app().run_test(size=(140, 40)) as pilot:
        await turned(pilot, "buckets")
        pilot.app.view.table.select_where(lambda row: row.bucket == "config")
        await drawn(pilot, "enter")
        tell(server, Failure("no such stream", "js:KV_config", "another account's", ""))
        await drawn(pilot)
        assert facts(pilot)["reason"] == "no such stream: another account's"
