"""The quotas that a broker's own settings give to topics without any."""

import pytest

from arcwatch.model.pulsar_opened import Quota
from arcwatch.model.pulsar_settings import default_quotas, number_of

POLICY = {"backlogQuotaDefaultRetentionPolicy": "producer_exception"}


def storage(**settings):
    named = {f"backlogQuotaDefaultLimit{name}": value for name, value in settings.items()}
    return default_quotas(POLICY | named).get("destination_storage")


def test_the_older_setting_of_storage_takes_precedence():
    assert storage(GB="1.5", Bytes="5") == Quota(
        "destination_storage", 1_610_612_736, None, "producer_exception"
    )


@pytest.mark.parametrize("old", ["", "0", "-1", "NaN", "1e9", "9" * 400])
def test_an_older_setting_that_says_nothing_leaves_the_other(old):
    assert storage(GB=old, Bytes="5").size == 5


@pytest.mark.parametrize("limit", ["-1", "0"])
def test_a_quota_without_a_limit_is_there_and_limits_nothing(limit):
    assert not storage(Bytes=limit).is_limited
    (age,) = default_quotas({"backlogQuotaDefaultLimitSecond": limit}).values()
    assert (age.kind, age.is_limited) == ("message_age", False)


def test_settings_that_a_broker_lacks_give_no_quota():
    assert default_quotas({}) == {}
    assert default_quotas({"backlogQuotaDefaultLimitSecond": "60"}) == {
        "message_age": Quota("message_age", None, 60, "")
    }


@pytest.mark.parametrize("text", ["", "x", "1.5", "9" * 20, "\u0665", "5\n"])
def test_what_is_no_number_is_none(text):
    assert number_of({"a": text}, "a") is None
    assert number_of({"a": "-5"}, "a") == -5
