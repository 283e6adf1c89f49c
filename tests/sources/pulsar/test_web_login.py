"""Who we are in every request to Pulsar, read anew each time, and sent to no one else."""

import json

import pytest

from arcwatch.config.credentials import Oauth2, PulsarCredentials
from arcwatch.config.secret import Secret
from arcwatch.errors import RefusedError, SourceError
from arcwatch.sources.net.http import ISSUER_LIMIT, get, new_client
from arcwatch.sources.pulsar.cluster import PulsarCluster
from arcwatch.sources.pulsar.web_login import login_of

CANARY = "c4n4ry-of-the-mine"
ROLE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ3YXRjaGVyIn0."
BROKERS = "/admin/v2/brokers"


@pytest.fixture
def asking():
    """``await asking(who, url)``: one answer to somebody."""

    async def ask(who, url, **more):
        async with new_client(who.tls, login_of(who)) as client:
            return await get(client, url, **more)

    return ask


async def test_a_token_is_read_for_each_request(asking, broker, tmp_path):
    port, asked = await broker({"/x": (200, b"ok")})
    file = tmp_path / "token"
    who = PulsarCredentials(token=Secret("file", str(file)))
    for token in ("one", "two"):
        file.write_text(f"{token}\n")
        await asking(who, f"http://127.0.0.1:{port}/x")
    assert [told["authorization"] for _, told in asked] == ["Bearer one", "Bearer two"]
    file.unlink()
    with pytest.raises(SourceError, match="cannot read a secret"):
        await asking(who, f"http://127.0.0.1:{port}/x")


async def test_basic(asking, broker):
    port, asked = await broker({"/x": (200, b"ok")})
    who = PulsarCredentials(user=Secret("text", "me"), password=Secret("text", "pw"))
    await asking(who, f"http://127.0.0.1:{port}/x")
    assert asked[0][1]["authorization"] == "Basic bWU6cHc="


async def test_a_login_that_does_not_hold_is_told_with_its_role(asking, broker, tmp_path):
    port, _ = await broker({"/401": (401, b"Authentication required"), "/403": (403, b"no")})
    (tmp_path / "token").write_text(ROLE)
    who = PulsarCredentials(token=Secret("file", f"{tmp_path}/token"), origin="context.prod")
    with pytest.raises(SourceError) as caught:
        await asking(who, f"http://127.0.0.1:{port}/401")
    assert caught.value.what == "HTTP 401, login refused"
    told = f"with role watcher, token of file:{tmp_path}/token (from context.prod): "
    assert caught.value.why == f"{told}Authentication required"
    assert not isinstance(caught.value, RefusedError)
    with pytest.raises(RefusedError) as caught:
        await asking(who, f"http://127.0.0.1:{port}/403")
    assert (caught.value.what, caught.value.why) == ("HTTP 403, not permitted", f"{told}no")
    with pytest.raises(RefusedError, match="HTTP 401, not logged in"):
        await asking(PulsarCredentials(), f"http://127.0.0.1:{port}/401")


async def test_a_token_goes_along_to_a_listed_broker_and_to_no_other(broker, tmp_path):
    (tmp_path / "token").write_text(CANARY)
    who = PulsarCredentials(token=Secret("file", f"{tmp_path}/token"))
    path = "/admin/v2/schemas"
    owner, at_owner = await broker({path: (200, b"[]")})
    thief, at_thief = await broker({})
    for target, listed in ((owner, owner), (thief, owner)):
        brokers = json.dumps([f"127.0.0.1:{listed}", "127.0.0.1:1"]).encode()
        moved = (307, b"", f"location: http://127.0.0.1:{target}{path}")
        port, _ = await broker({BROKERS: (200, brokers), path: moved})
        async with new_client(who.tls, login_of(who)) as client:
            cluster = PulsarCluster(f"http://127.0.0.1:{port}", client)
            await cluster.brokers()
            if target == owner:
                assert await cluster.ask("schemas", about="x") == b"[]"
            else:
                with pytest.raises(SourceError, match="HTTP 307"):
                    await cluster.ask("schemas", about="x")
    assert at_owner[0][1]["authorization"] == f"Bearer {CANARY}"
    assert at_thief == []


@pytest.fixture
async def issuer(broker):
    """An OAuth2 issuer; ``answers["/token"]`` is what it gives out."""
    answers = {}
    port, asked = await broker(answers)
    url = f"http://127.0.0.1:{port}"
    found = json.dumps({"token_endpoint": f"{url}/token"}).encode()
    answers["/.well-known/openid-configuration"] = (200, found)
    answers["/token"] = (200, b'{"access_token": "given", "expires_in": 3600}')
    return url, answers, asked


def oauth2_of(url, tmp_path):
    key = {"type": "client_credentials", "client_id": "me", "client_secret": CANARY}
    (tmp_path / "key.json").write_text(json.dumps(key))
    kept = Secret("file", f"{tmp_path}/key.json")
    return PulsarCredentials(oauth2=Oauth2(url, key=kept, audience="belt"))


async def test_an_access_token_is_asked_for_once_and_used_until_it_ends(broker, issuer, tmp_path):
    url, _, asked = issuer
    port, at_broker = await broker({"/x": (200, b"ok")})
    who = oauth2_of(url, tmp_path)
    async with new_client(who.tls, login_of(who)) as client:
        for _ in range(2):
            await get(client, f"http://127.0.0.1:{port}/x")
    assert [path for path, _ in asked] == ["/.well-known/openid-configuration", "/token"]
    assert {told["authorization"] for _, told in at_broker} == {"Bearer given"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, b'{"error": "invalid_client"}'), "OAuth2 login refused: HTTP 401"),
        ((200, b"{}"), "the answer has no `access_token`"),
        ((200, b"not json"), "the answer has no `access_token`"),
    ],
)
async def test_an_issuer_that_gives_no_token(asking, issuer, tmp_path, answer, told):
    url, answers, _ = issuer
    answers["/token"] = answer
    with pytest.raises(SourceError) as caught:
        await asking(oauth2_of(url, tmp_path), "http://127.0.0.1:1/x")
    assert told in caught.value.headline
    assert CANARY not in f"{caught.value.headline} {caught.value.hint}"


@pytest.mark.parametrize("held", ["c4n4ry-of-the-mine\nsecond-c4n4ry", "c4n4ry\x01of", "c4n4ry é"])
async def test_a_token_that_no_header_can_carry_is_refused_and_not_quoted(
    asking, broker, tmp_path, held
):
    port, asked = await broker({"/x": (200, b"ok")})
    (tmp_path / "token").write_text(held)
    who = PulsarCredentials(token=Secret("file", f"{tmp_path}/token"))
    with pytest.raises(SourceError, match="cannot use a token") as caught:
        await asking(who, f"http://127.0.0.1:{port}/x")
    assert "c4n4ry" not in f"{caught.value.headline} {caught.value.hint}"
    assert asked == []


async def test_what_a_server_repeats_of_a_login_is_not_quoted(asking, broker, tmp_path):
    said = f'{{"reason":"no such token: {CANARY}"}}'.encode()
    port, _ = await broker({"/401": (401, said), "/500": (500, said)})
    (tmp_path / "token").write_text(CANARY)
    who = PulsarCredentials(token=Secret("file", f"{tmp_path}/token"))
    for path in ("/401", "/500"):
        with pytest.raises(SourceError, match="no such token: …"):
            await asking(who, f"http://127.0.0.1:{port}{path}")


@pytest.mark.parametrize("lasts", [b"1" + b"0" * 400, b"NaN", b"1e999", b"-1", b"true", b"null"])
async def test_an_access_token_lasts_a_while_whatever_its_issuer_says(
    broker, issuer, tmp_path, lasts
):
    url, answers, _ = issuer
    answers["/token"] = (200, b'{"access_token": "given", "expires_in": ' + lasts + b"}")
    port, at_broker = await broker({"/x": (200, b"ok")})
    who = oauth2_of(url, tmp_path)
    async with new_client(who.tls, login_of(who)) as client:
        await get(client, f"http://127.0.0.1:{port}/x")
    assert at_broker[0][1]["authorization"] == "Bearer given"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[" * 200_000, "the answer has no `access_token`"),
        (rb'{"access_token": "a\ud800c"}', "characters that no token has"),
        (rb'{"access_token": "a\r\nx-more: 1"}', "characters that no token has"),
        (b"x" * (ISSUER_LIMIT + 1), "answer too large"),
    ],
    ids=["deep", "surrogate", "lines", "large"],
)
async def test_what_an_issuer_may_answer_is_a_refused_login(asking, issuer, tmp_path, body, why):
    url, answers, _ = issuer
    answers["/token"] = (200, body)
    with pytest.raises(SourceError) as caught:
        await asking(oauth2_of(url, tmp_path), "http://127.0.0.1:1/x")
    assert why in caught.value.headline


async def test_no_secret_goes_in_the_clear_where_the_issuer_has_tls(
    asking, issuer, tmp_path, monkeypatch
):
    url, _, asked = issuer

    async def get_in_the_clear(client, url, **more):
        return await get(client, url.replace("https:", "http:"), **more)

    monkeypatch.setattr("arcwatch.sources.pulsar.web_login.get", get_in_the_clear)
    who = oauth2_of(url.replace("http:", "https:"), tmp_path)
    with pytest.raises(SourceError, match="the issuer uses https"):
        async with new_client(who.tls, login_of(who)) as client:
            await client.get("http://127.0.0.1:1/x")
    assert [path for path, _ in asked] == ["/.well-known/openid-configuration"]
