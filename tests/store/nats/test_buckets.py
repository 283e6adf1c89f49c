"""Key-value and object stores, as the streams that hold them say."""

from arcwatch.model.nats_buckets import KvKey, NatsBucket
from arcwatch.model.reading import Failure, Reading


def test_a_bucket_is_a_stream_of_its_name_and_subjects(store, tell, nouns):
    config = nouns.stream(
        "KV_config", subjects=("$KV.config.>",), max_per_subject=5, max_age=60.0, num_subjects=3
    )
    assets = nouns.stream("OBJ_assets", subjects=("$O.assets.C.>", "$O.assets.M.>"))
    mirror = nouns.stream("KV_copy", subjects=())
    others = [nouns.stream("KV_x", subjects=("orders.>",)), nouns.stream("KV_", subjects=())]
    tell.nats(0.0, "jsz", nouns.jetstream(config, assets, mirror, *others, now=1.0))
    rows = {row.bucket: row for row in store.nats_buckets()}
    assert {name: row.kind for name, row in rows.items()} == {
        "config": "key-value",
        "assets": "object",
        "copy": "key-value",
    }
    told = rows["config"]
    assert (told.keys_at_most, told.history, told.ttl, told.stream) == (3, 5, 60.0, "KV_config")
    assert (rows["assets"].keys_at_most, rows["assets"].history) == (None, None)


def told(store, at, body, stream="KV_config"):
    store.apply(Reading("prod", "nats", f"js:{stream}", "bucket", at, at, 0.0, body))


def key(name):
    return KvKey(name, f"$KV.config.{name}", 1, 0.0, "put", 1, "x", "text", is_cut=False)


def test_a_bucket_that_is_not_answered_for_is_old_and_no_problem_of_the_server(store):
    told(store, 1.0, NatsBucket("KV_config", keys=(key("a"),)))
    told(store, 2.0, Failure("no answer", "js:KV_config", "", ""))
    (row,) = store.bucket.keys
    assert (row.key, row.bucket, row.stale, store.bucket.answered_at) == ("a", "config", True, 1.0)
    assert store.bucket.failure.what == "no answer"
    assert store.problems() == []


def test_another_bucket_begins_empty(store):
    told(store, 1.0, NatsBucket("KV_config", keys=(key("a"),)))
    told(store, 2.0, Failure("no answer", "js:OBJ_x", "", ""), "OBJ_x")
    assert (store.bucket.stream, store.bucket.keys, store.bucket.answered_at) == ("OBJ_x", (), None)
