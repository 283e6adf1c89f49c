"""What checks, alerts and probes make of a Pulsar broker that dies, freezes or restarts.

A broker takes long to start: everything that can run during one outage does.
"""

import asyncio
import json
import time

import httpx
import pytest

from .conftest import BOUND, away

pytestmark = pytest.mark.slow

FORMS = ("text", "json", "nagios", "prometheus")
RATE = 100
RECONNECTS = 15.0
"""Seconds within which a probe measures again, on a machine that does much else."""
WAITING = 10
"""Messages that nobody acknowledges."""


async def ends_of_checks(verb, flags):
    """The exit codes of a check in each format, and what each printed."""
    checks = [await verb("check", "--format", form, *flags) for form in FORMS]
    ends = [await check.end() for check in checks]
    return [code for code, _ in ends], dict(zip(FORMS, (text for _, text in ends), strict=True))


def is_unknown_and_names(where, codes, printed):
    assert codes == [3] * len(FORMS)
    for form in ("text", "nagios"):
        assert "UNKNOWN" in printed[form].splitlines()[0]
        assert where in printed[form].splitlines()[0]
    document = json.loads(printed["json"])
    assert (document["status"], document["exit_code"]) == ("UNKNOWN", 3)
    assert where in document["summary"]
    assert "\narcwatch_check_status 3\n" in printed["prometheus"]
    return document


def states(changes, rule="not-answering"):
    """Of which addresses it was told that a rule holds, and that it is over."""
    told = [row for row in changes if row["rule"] == rule]
    return {
        state: {row["address"] for row in told if row["state"] == state}
        for state in ("firing", "resolved")
    }


async def sends(broker, domain):
    """Wait until a probe has sent some messages to a topic of its own."""
    admin = f"{broker.admin}/admin/v2/{domain}/public/default"
    async with asyncio.timeout(BOUND), httpx.AsyncClient(timeout=10) as http:
        while True:
            for name in (await http.get(admin)).json():
                if "arcwatch-probe-" in name:
                    stats = (await http.get(f"{admin}/{name.rpartition('/')[2]}/stats")).json()
                    if stats.get("msgOutCounter", 0) > RATE:
                        return
            await asyncio.sleep(0.1)


def acknowledge_all(client, topic):
    """What loads the topic, too."""
    consumer = client.subscribe(topic, "billing")
    for _ in range(WAITING):
        consumer.acknowledge(consumer.receive(20_000))
    consumer.close()


@pytest.mark.parametrize("fault", ["frozen", "killed", "restarted"])
async def test_an_outage_is_told_by_checks_alerts_and_probes(
    fault, broker, server, client, verb, tmp_path
):
    topic = f"persistent://public/default/{fault}-waits"
    client.subscribe(topic, "billing").close()
    producer = client.create_producer(topic)
    for number in range(WAITING):
        producer.send(b"%d" % number)
    # nobody has the topic loaded again after a start
    producer.close()
    settings = tmp_path / "rules.toml"
    settings.write_text(f"""\
[alerts.rules.not-answering]
when = 'silent > "2s"'
[alerts.rules.waits]
when = 'backlog.entries >= {WAITING}'
at = ["pulsar:public/default/{fault}-waits#*"]
resolves = "1s"
""")
    bounds = {
        "arcwatch.store.alerts.alerts.UNKNOWN_FOR": 3.0,
        "arcwatch.engine.schedule.MAX_BACKOFF": 1.0,
    }
    watch = await verb(
        *("watch", "--json", "--rule", "not-answering", "--rule", "waits", *broker.flags),
        config=settings,
        bounds=bounds,
    )
    changes = [json.loads(await watch.line())]
    assert (changes[0]["rule"], changes[0]["state"]) == ("waits", "firing")

    span = 60 if fault == "frozen" else 120
    begun = time.monotonic()
    flags = ["--rate", str(RATE), "--for", f"{span}s", "--json", *broker.flags]
    probes = {
        "non-persistent": await verb("probe", "pulsar", *flags),
        "persistent": await verb("probe", "pulsar-persistent", "--allow-changes", *flags),
    }
    for domain in probes:
        await sends(broker, domain)

    gone = time.monotonic()
    async with away(broker, fault):
        both = await verb("check", "--format", "json", *server.flags[:4], *broker.flags[:4])
        codes, printed = await ends_of_checks(verb, broker.flags)
        code, told_of_both = await both.end()
        changes.append(json.loads(await watch.line()))
        # longer than what is gone would need to be over
        await asyncio.sleep(max(0.0, gone + 6 - time.monotonic()))
    returned = time.monotonic()
    while states(changes)["firing"] != states(changes)["resolved"]:
        changes.append(json.loads(await watch.line()))

    document = is_unknown_and_names(broker.admin, codes, printed)
    assert not any(rule["judged"] for rule in document["rules"])
    # the other half is judged all the same
    document = json.loads(told_of_both)
    assert (code, document["status"]) == (3, "UNKNOWN")
    assert broker.admin in document["summary"]
    assert any(rule["judged"] for rule in document["rules"])
    assert f"server:{broker.admin}" in states(changes)["firing"]
    check = await verb("check", "--rule", "not-answering", *broker.flags)
    assert (await check.end())[0] == 0
    for probe in probes.values():
        code, printed = await probe.end()
        assert code == 0, probe.said
        (row,) = json.loads(printed)
        assert row["sent"] == RATE * span
        assert row["lost"] + row["count"] == row["sent"]
        # what waited for the broker counts from when it was due, and nothing from before
        assert row["max"] < returned - gone + RECONNECTS
        # a machine that does much else may start the broker after the probes' end
        if returned + RECONNECTS < begun + span:
            # it goes on afterwards
            assert row["count"] > RATE * (gone - begun) + RATE
    assert not states(changes, "waits")["resolved"]
    await asyncio.to_thread(acknowledge_all, client, topic)
    row = json.loads(await watch.line())
    assert (row["rule"], row["state"], row["unknown_since"]) == ("waits", "resolved", None)
    code, _ = await watch.interrupt()
    assert code == 0
