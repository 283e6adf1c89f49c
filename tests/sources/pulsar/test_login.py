"""What the client library is told of who we are."""

import base64
import json

import pytest

from arcwatch.config.credentials import Oauth2, PulsarCredentials, Tls
from arcwatch.config.secret import Secret
from arcwatch.errors import SourceError
from arcwatch.sources.pulsar.login import client_login


def test_nobody_has_no_login_and_names_are_checked_unless_told_otherwise():
    login = client_login(PulsarCredentials())
    assert login["authentication"] is None
    assert login["tls_validate_hostname"]
    assert not login["tls_allow_insecure_connection"]
    loose = client_login(PulsarCredentials(tls=Tls(verify_name=False)))
    assert not loose["tls_validate_hostname"]
    assert not loose["tls_allow_insecure_connection"]
    assert client_login(PulsarCredentials(tls=Tls(insecure=True)))["tls_allow_insecure_connection"]


def test_trust_is_what_was_named_or_what_the_system_is_told(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/system.pem")
    assert client_login(PulsarCredentials())["tls_trust_certs_file_path"] == "/system.pem"
    own = client_login(PulsarCredentials(tls=Tls(ca="/own.pem", cert="/me.pem")))
    assert own["tls_trust_certs_file_path"] == "/own.pem"
    # a key may be in the file of its certificate
    assert own["tls_private_key_file_path"] == own["tls_certificate_file_path"] == "/me.pem"
    assert own["authentication"] is not None


def test_a_secret_that_cannot_be_read_is_said_at_once():
    for who in (
        PulsarCredentials(token=Secret("env", "NOT_SET")),
        PulsarCredentials(user=Secret("text", "me"), password=Secret("env", "NOT_SET")),
        PulsarCredentials(oauth2=Oauth2(issuer="https://i", key=Secret("env", "NOT_SET"))),
    ):
        with pytest.raises(SourceError, match="NOT_SET"):
            client_login(who)


class Library:
    """What of the client library is told a login."""

    def __getattr__(self, name):
        return lambda given: (name, given)


def test_a_token_is_read_for_each_connection_and_the_last_one_is_kept(monkeypatch):
    monkeypatch.setattr("arcwatch.sources.pulsar.login.pulsar", Library())
    monkeypatch.setenv("TOKEN", "one\n")
    kind, supply = client_login(PulsarCredentials(token=Secret("env", "TOKEN")))["authentication"]
    assert (kind, supply()) == ("AuthenticationToken", "one")
    monkeypatch.setenv("TOKEN", "two")
    assert supply() == "two"
    monkeypatch.delenv("TOKEN")
    # an error in a thread of the library would end the process
    assert supply() == "two"


@pytest.mark.parametrize("key", ['{"client_id":"me"}', "data:application/json;base64,e30="])
def test_a_key_of_oauth_goes_along_as_data(monkeypatch, key):
    monkeypatch.setattr("arcwatch.sources.pulsar.login.pulsar", Library())
    monkeypatch.setenv("KEY", key)
    who = PulsarCredentials(oauth2=Oauth2(issuer="https://i", key=Secret("env", "KEY")))
    _, given = client_login(who)["authentication"]
    told = json.loads(given)
    assert told["issuer_url"] == "https://i"
    assert "client_secret" not in told
    data = told["private_key"].removeprefix("data:application/json;base64,")
    assert base64.b64decode(data) in (key.encode(), b"{}")
