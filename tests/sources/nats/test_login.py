"""Who we are to a server, and why one would not let us in, without a secret in it."""

import base64
import json
import time

import pytest
from nats.aio.client import Client
from nats.errors import Error

from arcwatch.config.credentials import NatsCredentials, Tls
from arcwatch.config.secret import Secret
from arcwatch.errors import SourceError
from arcwatch.sources.nats.login import NatsLogin, claims, is_encrypted, why_lost

NOBODY = NatsCredentials()


def jwt(**payload):
    return f"e30.{base64.urlsafe_b64encode(json.dumps(payload).encode()).decode()}.sig"


@pytest.fixture
def creds(tmp_path):
    """A file as ``nsc`` writes it, with a JWT of one's own."""

    def write(text):
        path = tmp_path / "me.creds"
        path.write_text(text)
        return NatsCredentials(creds=Secret("file", str(path)))

    return write


def file_of(token):
    return f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n"


@pytest.mark.parametrize(
    ("who", "url", "encrypted"),
    [
        (NOBODY, "nats://h", False),
        (NOBODY, "nats://h,tls://i", True),
        (NOBODY, "wss://h", True),
        (NatsCredentials(tls=Tls(ca="ca.pem")), "nats://h", True),
        (NatsCredentials(tls_first=True), "nats://h", True),
        (NatsCredentials(tls=Tls(insecure=True)), "nats://h", False),
    ],
)
def test_one_address_with_tls_is_enough_to_insist_on_it(who, url, encrypted):
    assert is_encrypted(who, url) is encrypted


def test_the_claims_are_those_of_the_users_jwt_wherever_it_is(creds, monkeypatch):
    who = creds(file_of(jwt(name="me", exp=5)))
    assert (claims(who).name, claims(who).expires) == ("me", 5)
    monkeypatch.setenv("MY_JWT", jwt(sub="U"))
    assert claims(NatsCredentials(jwt=Secret("env", "MY_JWT"))).subject == "U"
    assert claims(creds("no creds at all")).expires is None
    assert claims(NOBODY).name == ""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(), "nothing is listening there"),
        (TimeoutError(), "no answer in time"),
        (None, "no answer in time"),
        (SourceError("no such file", where="x"), "no such file (x)"),
        (Error("nats: 'Slow Consumer'"), "Slow Consumer"),
        (Error(""), "Error"),
        (Error("\x1b[2J" * 900), None),
    ],
)
def test_why_a_connection_was_lost_is_a_few_printable_words(error, why):
    said = why_lost(error, NOBODY)
    assert said == why or why is None
    assert said.isprintable()
    assert len(said) < 400


def test_a_server_that_wants_a_certificate_refuses_by_hanging_up():
    assert "certificate" in why_lost(Error("eof"), NOBODY, {"tls_verify": True})
    mine = NatsCredentials(tls=Tls(cert="me.pem"))
    assert why_lost(Error("eof"), mine, {"tls_verify": True}) == "eof"


def test_a_refused_login_says_with_what_and_what_to_try(creds, tmp_path):
    refused = Error("nats: 'Authorization Violation'")
    assert why_lost(refused, NOBODY) == (
        "authorization violation: the server requires credentials; set a user, token or creds in"
        " the context"
    )
    expired = why_lost(refused, creds(file_of(jwt(exp=5))))
    assert expired.endswith("its JWT expired at 1970-01-01T00:00:05.000Z: renew it")
    good = why_lost(refused, creds(file_of(jwt(exp=time.time() + 1_000))))
    assert good.endswith("`arcwatch context test` checks it")
    missing = NatsCredentials(creds=Secret("file", "/nowhere/me.creds"))
    assert "/nowhere/me.creds" in why_lost(refused, missing)


def test_secrets_are_read_for_each_connection_and_asked_for_only_where_there_are_some(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "one\n")
    who = NatsCredentials(token=Secret("env", "MY_TOKEN"))
    options = NatsLogin(who, "nats://h", Client()).options()
    assert options["token"]() == "one"
    monkeypatch.setenv("MY_TOKEN", "two")
    assert options["token"]() == "two"
    monkeypatch.delenv("MY_TOKEN")
    # anything else would end the library's attempts for good
    with pytest.raises(Error, match="MY_TOKEN"):
        options["token"]()
    assert {"token", "user", "signature_cb"}.isdisjoint(
        NatsLogin(NOBODY, "nats://h", Client()).options()
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (file_of("e30.e30.s"), "the creds file has no seed of a user"),
        ("-----BEGIN USER NKEY SEED-----\nSUs3cret\n", "user seeds begin with SU"),
    ],
)
def test_a_seed_that_is_none_is_not_quoted(creds, text, why):
    options = NatsLogin(creds(text), "nats://h", Client()).options()
    with pytest.raises(Error, match=why) as caught:
        options["signature_cb"]("nonce")
    assert "s3cret" not in str(caught.value)
