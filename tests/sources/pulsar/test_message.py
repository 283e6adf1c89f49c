"""Messages of the client library as ours, whatever their producers wrote."""

from types import SimpleNamespace

import pytest

from arcwatch.sources.pulsar.message import message_of, published_ms
from arcwatch.text.units import LATEST_NS


class Raw:
    """A message as the library hands it out; what a test gives replaces what it says."""

    def __init__(self, **given):
        said = {
            "data": b"body",
            "partition_key": "",
            "publish_timestamp": 1_700_000_000_000,
            "event_timestamp": 0,
            "properties": {"a": "b"},
            "producer_name": "p",
            "ordering_key": "",
            "encryption_context": None,
        }
        for name, value in (said | given).items():
            setattr(self, name, lambda value=value: value() if callable(value) else value)
        version = given.get("int_schema_version", -1)
        # older libraries cannot tell it as a number
        old = SimpleNamespace()
        new = SimpleNamespace(int_schema_version=lambda: version)
        self._message = old if "schema_version" in given else new
        self.place = (5, 7, -1)

    def message_id(self):
        ledger, entry, batch = self.place
        return SimpleNamespace(
            ledger_id=lambda: ledger, entry_id=lambda: entry, batch_index=lambda: batch
        )


def told(raw, partition=None, **more):
    return message_of(raw, "pulsar:a/b/c", partition, "", **more)


def test_what_is_not_set_is_none():
    found = told(Raw())
    assert (found.key, found.event_time, found.ordering_key, found.schema_version) == (None,) * 4
    assert (found.publish_time, found.size, found.headers) == (
        1_700_000_000 * 10**9,
        4,
        (("a", "b"),),
    )
    assert (found.unread, found.replicated_from) == (None, "")
    assert told(Raw(), may_be_replicated=True).replicated_from is None


@pytest.mark.parametrize(
    ("place", "partition", "said"),
    [((5, 7, -1), None, "5:7:-1"), ((5, 7, 0), None, "5:7:-1:0"), ((5, 7, 3), 2, "5:7:2:3")],
)
def test_its_id_has_its_partition_and_its_place_in_a_batch(place, partition, said):
    raw = Raw()
    raw.place = place
    assert told(raw, partition).id == said


def test_a_name_that_is_no_text_costs_the_rest_and_not_the_message(bugs):
    def broken():
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid")

    found = told(Raw(producer_name=broken))
    assert (found.body, found.id, found.publish_time) == (
        b"body",
        "5:7:-1",
        1_700_000_000 * 10**9,
    )
    assert "could not be read" in found.unread
    assert told(Raw(ordering_key=broken)).ordering_key == "\ufffd"


def test_an_encrypted_body_names_its_keys_and_no_more_than_a_few():
    keys = [SimpleNamespace(key=f"k{n}\x1b") for n in range(7)]
    found = told(Raw(encryption_context=lambda: SimpleNamespace(keys=lambda: keys)))
    assert found.unread.startswith("encrypted, key names k0")
    assert found.unread.endswith("and 2 more")
    assert found.unread.isprintable()


@pytest.mark.parametrize("version", [0, 127, 128, 2**40])
def test_a_schemas_version_is_its_number_in_newer_and_older_libraries(version):
    assert told(Raw(int_schema_version=version)).schema_version == version
    old = Raw(schema_version=version.to_bytes(8, "big").decode("latin-1"))
    assert told(old).schema_version == version


def test_a_time_that_no_calendar_has_is_bounded():
    assert published_ms(Raw(publish_timestamp=2**63 - 1)) == LATEST_NS // 1_000_000
