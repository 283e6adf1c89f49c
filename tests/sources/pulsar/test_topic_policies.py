"""Which policy holds for a topic, and who set it."""

import json

import pytest

from arcwatch.sources.pulsar.topic_policies import policies

TOPIC = "persistent://arc/a/t"
PATH = "persistent/arc/a/t"
BROKER = "brokers/configuration/runtime"


def rate(messages):
    parts = {"dispatchThrottlingRateInMsg": messages, "dispatchThrottlingRateInByte": -1}
    return parts | {"ratePeriodInSecond": 1, "relativeToPublishRate": False}


@pytest.fixture
def held(answered):
    """What holds by name: ``await held(answers)``."""

    async def ask(answers, name=TOPIC):
        cluster, _ = await answered({BROKER: b"{}", "namespaces/arc/a": b"{}"} | answers)
        return {one.name: one for one in await policies(cluster, name)}

    return ask


OWN = {f"{PATH}/dispatchRate": json.dumps(rate(7)).encode()}
OF_NAMESPACE = {
    "namespaces/arc/a": json.dumps({"topicDispatchRate": {"standalone": rate(8)}}).encode()
}
OF_BROKER = {
    BROKER: b'{"clusterName":"standalone","dispatchThrottlingRatePerTopicInMsg":"9"}',
}


async def test_the_nearest_that_is_set_holds(held):
    everywhere = await held(OF_BROKER | OF_NAMESPACE | OWN)
    inherited = await held(OF_BROKER | OF_NAMESPACE)
    assert everywhere["dispatch_rate"].set_by == "topic"
    assert inherited["dispatch_rate"].set_by == "namespace"
    assert (await held(OF_BROKER))["dispatch_rate"].set_by == "broker"
    # of a namespace its topics' own say nothing
    assert (await held(OF_BROKER | OF_NAMESPACE | OWN, "arc/a"))["dispatch_rate"].set_by == (
        "namespace"
    )


async def test_what_may_be_set_where_nobody_may_ask_is_unknown(held):
    found = await held(OF_BROKER | OF_NAMESPACE | {f"{PATH}/dispatchRate": 403})
    assert found["dispatch_rate"].set_by == ""
    found = await held(OF_BROKER | {"namespaces/arc/a": 403})
    assert found["dispatch_rate"].set_by == ""
    assert (await held(OWN | {"namespaces/arc/a": 403}))["dispatch_rate"].set_by == "topic"


async def test_a_version_without_policies_of_topics_leaves_those_of_others(held):
    found = await held(OF_BROKER | OF_NAMESPACE | {f"{PATH}/dispatchRate": None})
    assert found["dispatch_rate"].set_by == "namespace"
