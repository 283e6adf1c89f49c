"""The steps of checking a broker, and what each says."""

import pytest

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.secret import Secret
from arcwatch.sources.inspect.pulsar import examine_admin, examine_broker
from tests.hostile_servers import pulsar

NOBODY = PulsarCredentials()


async def steps(examining):
    return {step.name: step async for step in examining}


async def test_a_broker_that_lets_us_in_says_its_version(serve):
    url = f"pulsar://127.0.0.1:{await serve(pulsar())}"
    found = await steps(examine_broker(url, NOBODY))
    assert [*found] == ["DNS", "TCP", "login"]
    assert found["login"].result == "no credentials, Pulsar Server"
    assert await steps(examine_broker("", NOBODY)) == {}


async def test_a_token_that_cannot_be_read_fails_the_login_and_no_other_step(serve):
    url = f"pulsar://127.0.0.1:{await serve(pulsar())}"
    found = await steps(examine_broker(url, PulsarCredentials(token=Secret("env", "NOT_SET"))))
    assert found["TCP"].verdict == "ok"
    assert found["TLS"].verdict == "warning"
    assert found["login"].verdict == "failed"
    assert "NOT_SET" in found["login"].result


async def test_the_end_of_a_token_is_told_with_what_to_do(serve, monkeypatch):
    # {"sub":"arc","exp":1700000000}
    monkeypatch.setenv("TOKEN", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhcmMiLCJleHAiOjE3MDAwMDAwMDB9.")
    url = f"pulsar://127.0.0.1:{await serve(pulsar())}"
    found = await steps(examine_broker(url, PulsarCredentials(token=Secret("env", "TOKEN"))))
    assert (found["expiry"].verdict, found["expiry"].expires) == ("failed", 1_700_000_000)
    assert found["expiry"].result == "token until 2023-11-14T22:13:20.000Z"
    # the broker decides
    assert found["login"].verdict == "ok"


ADMIN = {
    "/admin/v2/brokers/version": (200, b"4.0.8"),
    "/admin/v2/brokers": (200, b'["b:8080"]'),
    "/metrics/": (200, b""),
    "/admin/v2/tenants": (200, b"[]"),
}


async def admin(broker, **refused):
    names = {"brokers": "/admin/v2/brokers", "metrics": "/metrics/", "tenants": "/admin/v2/tenants"}
    answers = ADMIN | {names[name]: (status, b"no") for name, status in refused.items()}
    port, _ = await broker(answers)
    return await steps(examine_admin(f"http://127.0.0.1:{port}", NOBODY))


async def test_a_web_service_that_may_be_read_says_its_version(broker):
    found = await admin(broker)
    assert found["version"].result == "Pulsar 4.0.8"
    assert {step.verdict for step in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("part", "without"),
    [
        ("brokers", "only this broker is monitored"),
        ("metrics", "no figures are available"),
        ("tenants", "idle topics are not listed"),
    ],
)
async def test_what_may_not_be_read_is_a_warning_that_says_what_is_missing(broker, part, without):
    found = await admin(broker, **{part: 403})
    step = found[f"permissions: {part}"]
    assert step.verdict == "warning"
    assert step.result.endswith(without)
    assert [one.verdict for one in found.values()].count("ok") == len(found) - 1
