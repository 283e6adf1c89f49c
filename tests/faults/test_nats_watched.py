"""What checks, alerts and probes make of a NATS server that dies, freezes or restarts."""

import asyncio
import json

import pytest

from .conftest import away, connections

FAULTS = ("killed", "frozen", "restarted")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_check_of_a_server_that_does_not_answer_is_unknown_and_names_it(
    fault, server, verb
):
    forms = ("text", "json", "nagios", "prometheus")
    async with away(server, fault):
        checks = [await verb("check", "--format", form, *server.flags) for form in forms]
        ends = [await check.end() for check in checks]
    assert [code for code, _ in ends] == [3] * 4
    printed = dict(zip(forms, (text for _, text in ends), strict=True))
    for form in ("text", "nagios"):
        assert "UNKNOWN" in printed[form].splitlines()[0]
        assert server.monitor in printed[form].splitlines()[0]
    document = json.loads(printed["json"])
    assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)
    assert server.monitor in document["summary"]
    assert not any(rule["judged"] for rule in document["rules"])
    assert "\narcwatch_check_status 3\n" in printed["prometheus"]

    check = await verb("check", "--rule", "not-answering", *server.flags)
    assert (await check.end())[0] == 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_alerts_tell_of_an_outage_and_of_its_end_and_resolve_nothing_between(
    fault, server, verb, bus, tmp_path
):
    name, stream = f"W{fault}", bus.jetstream()
    await stream.add_stream(name=name, subjects=[f"w.{fault}"], max_msgs=10)
    for _ in range(10):
        await stream.publish(f"w.{fault}", b"x")
    settings = tmp_path / "rules.toml"
    settings.write_text(f"""\
[alerts.rules.not-answering]
when = 'silent > "2s"'
[alerts.rules.full]
when = 'topic.used > "90%"'
at = ["js:{name}"]
""")
    bounds = {
        "arcwatch.store.alerts.alerts.UNKNOWN_FOR": 3.0,
        "arcwatch.engine.schedule.MAX_BACKOFF": 1.0,
    }
    watch = await verb("watch", "--json", *server.flags, config=settings, bounds=bounds)
    changes = [json.loads(await watch.line())]
    assert (changes[0]["rule"], changes[0]["state"]) == ("full", "firing")
    async with away(server, fault):
        changes.append(json.loads(await watch.line()))
        assert changes[-1]["rule"] == "not-answering"
        assert changes[-1]["state"] == "firing"
        assert server.monitor in changes[-1]["address"]
        # longer than what is gone would need to be over
        await asyncio.sleep(5)
    changes.append(json.loads(await watch.line()))
    assert (changes[-1]["rule"], changes[-1]["state"]) == ("not-answering", "resolved")
    code, rest = await watch.interrupt()
    assert (code, rest) == (0, "")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_probe_counts_what_was_lost_and_times_only_what_came_back(fault, server, verb):
    argv = ["probe", "nats-publish", "--rate", "200", "--for", "6s", "--json", *server.flags]
    probe = await verb(*argv)
    await connections(server, 1)
    await server.suffer(fault)
    code, printed = await probe.end()
    (row,) = json.loads(printed)
    assert code == 0
    assert row["sent"] == 1_200
    assert row["lost"] + row["count"] == row["sent"]
    if fault == "frozen":
        assert row["lost"] == 0
        # what waited for the server counts from when it was due
        assert row["max"] >= 0.9
    else:
        # none of those that were sent when nobody was there has a time
        assert 0 < row["lost"] < row["sent"] - 200
        assert row["max"] < 2.0
