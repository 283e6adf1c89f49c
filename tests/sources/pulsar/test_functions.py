"""Functions, sources and sinks, asked one by one."""

import json

import pytest

from arcwatch.errors import SourceError
from arcwatch.sources.pulsar import functions as module
from arcwatch.sources.pulsar.functions import functions

ASSIGNED = "worker/assignments"


def assigned(*names):
    return json.dumps({"w": [f"{name}:0" for name in names]}).encode()


@pytest.fixture
def running(recorded):
    """What is answered about one of a kind."""

    def about(kind, name):
        path = f"/admin/v3/{kind}s/{name}"
        return {
            path: recorded("pulsar-4.0.8/function.json"),
            f"{path}/status": recorded("pulsar-4.0.8/function-status.json"),
        }

    return about


async def test_each_is_asked_as_what_it_is(answered, running):
    names = ("p/d/f", "p/d/a source")
    cluster, _ = await answered(
        {ASSIGNED: assigned(*names)}
        | running("function", "p/d/f")
        # names are quoted
        | running("source", "p/d/a%20source")
    )
    found = await functions(cluster)
    assert [(one.kind, one.name) for one in found.functions or ()] == [
        ("source", "p/d/a source"),
        ("function", "p/d/f"),
    ]
    assert found.not_asked == 0


async def test_one_that_is_gone_or_may_not_be_read_does_not_hide_the_others(answered, running):
    refused = {"/admin/v3/functions/p/d/secret": 403}
    cluster, _ = await answered(
        {ASSIGNED: assigned("p/d/f", "p/d/gone", "p/d/secret")}
        | running("function", "p/d/f")
        | refused
    )
    found = await functions(cluster)
    assert ([one.name for one in found.functions], found.not_asked) == (["p/d/f"], 1)


async def test_of_very_many_the_first_are_asked_and_the_rest_is_counted(
    answered, running, monkeypatch
):
    monkeypatch.setattr(module, "MOST", 1)
    cluster, _ = await answered(
        {ASSIGNED: assigned("p/d/f", "p/d/g", "p/d/h")} | running("function", "p/d/f")
    )
    found = await functions(cluster)
    assert ([one.name for one in found.functions], found.not_asked) == (["p/d/f"], 2)


@pytest.mark.parametrize("status", [401, 403, None])
async def test_brokers_that_run_none_are_no_trouble_and_a_worker_that_was_named_is(
    answered, status
):
    cluster, _ = await answered({ASSIGNED: status})
    assert (await functions(cluster)).functions is None
    with pytest.raises(SourceError):
        await functions(cluster, named=True)
