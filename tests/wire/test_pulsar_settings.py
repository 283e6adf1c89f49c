"""A broker's settings and a namespace's policies, as Pulsar 4.0.8 answers them."""

import json

import pytest

from arcwatch.errors import WireError
from arcwatch.model.pulsar_opened import Quota
from arcwatch.model.pulsar_settings import NamespaceSettings
from arcwatch.wire.pulsar_settings import parse_broker_settings, parse_policies


def test_only_the_settings_that_are_needed_are_read(recorded):
    settings = parse_broker_settings(recorded("pulsar-4.0.8/broker-settings.json"), "x")
    assert settings["brokerServicePort"] == "6650"
    assert settings["brokerServicePortTls"] == ""
    assert settings["managedLedgerDefaultEnsembleSize"] == "1"
    assert "metadataStoreUrl" not in settings


def test_a_setting_may_hold_anything(recorded):
    body = json.dumps({"bindAddress": "\x1b[2J" + "x" * 900, "brokerServicePort": None}).encode()
    settings = parse_broker_settings(body, "x")
    assert settings["bindAddress"].startswith("␛[2J")
    assert len(settings["bindAddress"]) <= 200
    assert settings["brokerServicePort"] == ""


def test_policies_that_are_not_set_are_not_known(recorded):
    found = parse_policies("a/b", recorded("pulsar-4.0.8/namespace.json"), "x")
    assert found == NamespaceSettings("a/b", retention=(-1, -1), offload_bytes=-1)


def test_policies_that_are_set():
    told = {
        "backlog_quota_map": {"message_age": {"limitTime": 9, "policy": "producer_exception"}},
        "message_ttl_in_seconds": 60,
        "persistence": {
            "bookkeeperEnsemble": 3,
            "bookkeeperWriteQuorum": 2,
            "bookkeeperAckQuorum": 1,
        },
        "offload_policies": {"managedLedgerOffloadThresholdInBytes": 0},
    }
    assert parse_policies("a/b", json.dumps(told).encode(), "x") == NamespaceSettings(
        "a/b",
        quotas=(Quota("message_age", None, 9, "producer_exception"),),
        ttl=60,
        bookies=(3, 2, 1),
        offload_bytes=0,
    )


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message_ttl_in_seconds":"x"}'])
def test_what_is_no_policy_is_an_error_with_its_place(body):
    with pytest.raises(WireError):
        parse_policies("a/b", body, "where")
