"""Who we are: read from the settings that people have, and never told to anyone."""

import json
import os
from pathlib import Path

import msgspec
import pytest

from arcwatch.commands.status import status
from arcwatch.config import secret
from arcwatch.config.reveal import reveal
from arcwatch.config.secret import Secret
from arcwatch.config.settings import load
from arcwatch.errors import SourceError, UsageError
from arcwatch.store.store import Store

CANARY = "c4n4ry-of-the-mine"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder that has whatever a user may have: ``home("nats/context/a.json", {…})``."""
    monkeypatch.chdir(tmp_path)

    def write(path, told):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(told if isinstance(told, str) else json.dumps(told))
        return file

    return write


@pytest.fixture
def settings(home, tmp_path, monkeypatch):
    """Loads settings: ``settings(toml="…", env={…}, context=…)``."""

    def loads(flags=None, *, toml="", env=None, context=None):
        config = home("arcwatch.toml", toml)
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        environ = {"XDG_CONFIG_HOME": str(tmp_path), "ARCWATCH_CONFIG": str(config), **(env or {})}
        return load(flags or {}, context=context, environ=environ, directory=tmp_path)

    return loads


@pytest.fixture
def mistake(settings):
    def fails(*args, **kwargs):
        with pytest.raises(UsageError) as caught:
            settings(*args, **kwargs)
        error = caught.value
        assert CANARY not in f"{error.headline} {error.hint}"
        return error

    return fails


# -- the NATS CLI's contexts --------------------------------------------------------------------


def test_the_context_that_the_nats_cli_has_selected_is_used(settings, home):
    home("nats/context/prod.json", {"url": "tls://n1", "token": CANARY, "tls_first": True})
    home("nats/context.txt", "prod\n")
    found = settings()
    assert found.nats == "tls://n1:4222"
    assert "selected in the NATS CLI" in found.origins["nats"]
    assert reveal(found.nats_credentials.token) == CANARY
    assert found.nats_credentials.tls_first


def test_nats_context_names_another_and_nats_url_another_address(settings, home):
    home("nats/context/prod.json", {"url": "tls://n1", "user": "u", "password": CANARY})
    found = settings(env={"NATS_CONTEXT": "prod", "NATS_URL": "nats://n2"})
    assert found.nats == "nats://n2:4222"
    assert reveal(found.nats_credentials.password) == CANARY
    assert found.nats_credentials.origin == "NATS_CONTEXT"


def test_every_way_in_of_a_nats_context_is_read(settings, home, tmp_path):
    told = {
        "creds": "file://~/x.creds",
        "user_jwt": CANARY,
        "user_seed": "env://SEED",
        "nkey": str(tmp_path / "k.nk"),
        "ca": str(tmp_path / "ca.pem"),
        "cert": f"file://{tmp_path}/c.pem",
        "key": str(tmp_path / "k.pem"),
        "inbox_prefix": "_INBOX_me",
        "color_scheme": "red",
    }
    home("nats/context/all.json", told)
    who = settings(env={"NATS_CONTEXT": "all", "SEED": "SU1"}).nats_credentials
    assert who.creds.name == str(Path("~/x.creds").expanduser())
    assert who.nkey.name == str(tmp_path / "k.nk")
    assert (reveal(who.jwt), reveal(who.seed)) == (CANARY, "SU1")
    assert (who.tls.ca, who.tls.cert) == (str(tmp_path / "ca.pem"), str(tmp_path / "c.pem"))
    assert who.inbox_prefix == "_INBOX_me"


@pytest.mark.parametrize("field", ["password", "creds", "user_seed", "cert"])
@pytest.mark.parametrize("scheme", ["op", "nsc"])
def test_a_reference_that_is_not_resolved_is_refused_by_name(mistake, home, scheme, field):
    home("nats/context/x.json", {"url": "n1", field: f"{scheme}://vault/{CANARY}"})
    error = mistake(env={"NATS_CONTEXT": "x"})
    assert error.what == f"cannot resolve `{field}`"
    assert f"{scheme}://" in error.why


@pytest.mark.parametrize("field", ["nsc", "socks_proxy", "windows_cert_store"])
def test_what_would_be_left_out_is_refused_by_name(mistake, home, field):
    home("nats/context/x.json", {"url": "n1", field: CANARY})
    assert mistake(env={"NATS_CONTEXT": "x"}).what == f"cannot use `{field}`"


@pytest.mark.parametrize("text", [CANARY, f'{{"token": ["{CANARY}"]}}', f'{{"token": "{CANARY}'])
def test_a_broken_context_is_named_and_not_quoted(mistake, home, text):
    home("nats/context/x.json", text)
    assert mistake(env={"NATS_CONTEXT": "x"}).what == "not a NATS context"


def test_a_context_that_is_not_there_names_those_that_are(mistake, home):
    home("nats/context/prod.json", {})
    assert mistake(env={"NATS_CONTEXT": "pord"}).hint == "one of prod"


def test_where_there_is_no_context_the_hint_says_how_to_create_one(mistake, home):
    assert mistake(env={"NATS_CONTEXT": "prod"}).hint == "create it with `nats context add`"


def test_a_selected_context_that_cannot_be_used_is_nobodys_business_elsewhere(settings, home):
    home("nats/context/x.json", {"nsc": "nsc://a"})
    home("nats/context.txt", "x")
    assert settings({"nats": "n2"}).nats == "nats://n2:4222"


# -- client.conf --------------------------------------------------------------------------------

PLUGIN = "authPlugin=org.apache.pulsar.client.impl.auth."


def conf(home, *lines):
    return str(home("client.conf", "# a comment\n" + "\n".join(lines)))


@pytest.mark.parametrize("written", [f"token:{CANARY}", CANARY, f'{{"token":"{CANARY}"}}'])
def test_a_token_in_client_conf(settings, home, written):
    path = conf(home, f"{PLUGIN}AuthenticationToken", f"authParams={written}")
    found = settings(env={"PULSAR_CLIENT_CONF": path})
    assert reveal(found.pulsar_credentials.token) == CANARY
    assert found.pulsar_credentials.method == f"token of {path}#token"


@pytest.mark.parametrize("written", ["file://{}/t", "file:{}/t", "env:TOK"])
def test_a_token_elsewhere_is_read_where_it_is(settings, home, tmp_path, written):
    home("t", f"{CANARY}\n")
    path = conf(home, "authPlugin=token", f"authParams={written.format(tmp_path)}")
    found = settings(env={"PULSAR_CLIENT_CONF": path, "TOK": CANARY})
    assert reveal(found.pulsar_credentials.token) == CANARY


def test_addresses_certificates_and_checks_in_client_conf(settings, home):
    path = conf(
        home,
        "webServiceUrl=https://p1:8443/,p2:8443/",
        "brokerServiceUrl=pulsar+ssl://p1:6651,p2:6651",
        f"{PLUGIN}AuthenticationTls",
        "authParams=tlsCertFile:/c.pem,tlsKeyFile:/k.pem",
        "tlsTrustCertsFilePath=/ca.pem",
        "tlsEnableHostnameVerification=false",
    )
    found = settings(env={"PULSAR_CLIENT_CONF": path})
    assert found.pulsar == "pulsar+ssl://p1:6651,pulsar+ssl://p2:6651"
    assert found.pulsar_admin == "https://p1:8443"
    tls = found.pulsar_credentials.tls
    assert (tls.ca, tls.cert, tls.key) == ("/ca.pem", "/c.pem", "/k.pem")
    assert found.tls_warning == "TLS names not verified"


ADDRESSES = ("pulsar://127.0.0.1:21257", "http://127.0.0.1:26226")


@pytest.mark.parametrize(
    "text",
    [
        "webServiceUrl=http://127.0.0.1:26226\nbrokerServiceUrl=pulsar://127.0.0.1:21257",
        "webServiceUrl: http://127.0.0.1:26226\nbrokerServiceUrl:pulsar://127.0.0.1:21257",
        "  webServiceUrl http://127.0.0.1:26226\nbrokerServiceUrl\tpulsar://127.0.0.1:21257",
        "\ufeffwebServiceUrl = http://127.0.0.1:26226\r\nbrokerServiceUrl=pulsar://127.0.0.1:21257",
        "webServiceUrl=http://127.0\\\n   .0.1:26226\nbrokerServiceUrl=pulsar://127.0.0.1:21257",
        "webServiceUrl=http\\://127.0.0.1\\:26226\nbroker\\u0053erviceUrl=pulsar://127.0.0.1:21257",
        "! caf\xe9\nwebServiceUrl=http://127.0.0.1:26226\nbrokerServiceUrl=pulsar://127.0.0.1:21257",
        "webServiceUrl=http://no:1\nwebServiceUrl=http://127.0.0.1:26226\n"
        "brokerServiceUrl=pulsar://127.0.0.1:21257",
        "serviceUrl=http://127.0.0.1:26226\nbrokerServiceUrl=pulsar://127.0.0.1:21257",
        "serviceUrl=pulsar://127.0.0.1:21257\nwebServiceUrl=http://127.0.0.1:26226",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_client_conf_is_read_as_java_reads_it(settings, home, text, encoding):
    path = home("client.conf", "")
    # a byte order mark is one of UTF-8
    path.write_bytes(text.encode("utf-8" if "\ufeff" in text else encoding))
    found = settings(env={"PULSAR_CLIENT_CONF": str(path)})
    assert (found.pulsar, found.pulsar_admin) == ADDRESSES
    assert not found.notes


def test_the_one_address_of_old_leads_to_the_other(settings, home):
    found = settings(env={"PULSAR_CLIENT_CONF": conf(home, "serviceUrl=http://p1:26226")})
    assert (found.pulsar, found.pulsar_admin) == ("pulsar://p1:6650", "http://p1:26226")


def test_a_key_that_is_not_understood_is_said_and_so_is_localhost(settings, home):
    path = conf(home, "brokerServiceURL=pulsar://p1", "authPlugin=token", "authParams=")
    found = settings(env={"PULSAR_CLIENT_CONF": path})
    key, localhost = found.notes
    assert key.endswith(
        "`brokerServiceURL` is not understood and is ignored; did you mean brokerServiceUrl?"
    )
    assert localhost.endswith("has neither webServiceUrl nor brokerServiceUrl; using localhost")


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["hello=world"], "not a client.conf"),
        ([f"{CANARY}"], "not a client.conf"),
        (["webServiceUrl=http://p", f"authParams=\\u{CANARY}"], "cannot read settings"),
        (["webServiceUrl=http://p", "proxyServiceUrl=pulsar+ssl://x"], "cannot use `proxyService"),
    ],
)
def test_a_client_conf_that_cannot_be_followed_is_refused(mistake, home, lines, what):
    assert what in mistake(env={"PULSAR_CLIENT_CONF": conf(home, *lines)}).what


def test_the_rest_of_a_secret_on_a_line_of_its_own_is_not_shown(settings, home):
    path = conf(home, "webServiceUrl=http://p", "authParams=token:abc", CANARY * 3)
    found = settings(env={"PULSAR_CLIENT_CONF": path})
    assert "a key of 54 characters" in found.notes[0]
    assert CANARY not in found.notes[0]


@pytest.mark.parametrize("params", ['["a"]', "[" * 50_000, '{"token":' * 10_000, "{}"])
def test_parameters_of_any_shape_are_no_token(settings, home, params):
    path = conf(home, "webServiceUrl=http://p", "authPlugin=token", f"authParams={params}")
    assert settings(env={"PULSAR_CLIENT_CONF": path}).pulsar_credentials.token


def test_basic_and_oauth2_in_client_conf(settings, home):
    basic = {"userId": "me", "password": CANARY}
    path = conf(home, f"{PLUGIN}AuthenticationBasic", f"authParams={json.dumps(basic)}")
    who = settings(env={"PULSAR_CLIENT_CONF": path}).pulsar_credentials
    assert (reveal(who.user), reveal(who.password)) == ("me", CANARY)
    told = {"issuerUrl": "https://i", "privateKey": "file:///k.json", "audience": "a"}
    conf(home, f"{PLUGIN}oauth2.AuthenticationOAuth2", f"authParams={json.dumps(told)}")
    oauth2 = settings(env={"PULSAR_CLIENT_CONF": path}).pulsar_credentials.oauth2
    assert (oauth2.issuer, oauth2.key.name, oauth2.audience) == ("https://i", "/k.json", "a")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"{PLUGIN}AuthenticationAthenz", "cannot use authPlugin"),
        ("useKeyStoreTls=true", "cannot use `useKeyStoreTls`"),
    ],
)
def test_what_pulsar_can_and_we_cannot_is_refused_by_name(mistake, home, line, what):
    path = conf(home, line, f"authParams={CANARY}")
    assert what in mistake(env={"PULSAR_CLIENT_CONF": path}).what


# -- our own contexts ---------------------------------------------------------------------------

PROD = """
[context.prod]
color = "red"
read_only = true
nats = { url = ["tls://n1", "tls://n2"], creds = "~/arc.creds", ca = "ca.pem" }
pulsar = { url = "pulsar+ssl://p1", token = "env:TOK", verify_name = false }
"""


def test_our_own_context_has_addresses_and_credentials(settings):
    found = settings(toml=PROD, context="prod", env={"TOK": CANARY})
    assert found.nats == "tls://n1:4222,tls://n2:4222"
    assert found.pulsar_admin == "https://p1:8443"
    assert (found.color, found.read_only) == ("red", True)
    assert found.nats_credentials.creds.name == str(Path("~/arc.creds").expanduser())
    assert reveal(found.pulsar_credentials.token) == CANARY


def test_our_context_may_take_over_one_of_the_nats_cli_and_a_client_conf(settings, home):
    home("nats/context/laptop.json", {"url": "n1", "token": CANARY})
    path = conf(
        home, "brokerServiceUrl=pulsar://p1:6650", "authPlugin=token", f"authParams={CANARY}"
    )
    toml = f"""[context.mine]
    nats = {{ context = "laptop", monitor = "http://n1:1" }}
    pulsar = {{ client_conf = "{path}" }}"""
    found = settings(toml=toml, context="mine")
    assert (found.nats, found.nats_monitors) == ("nats://n1:4222", ("http://n1:1",))
    assert reveal(found.nats_credentials.token) == reveal(found.pulsar_credentials.token) == CANARY


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f'nats = {{ token = "{CANARY}" }}', "`token` must be a reference to the secret"),
        (f'nats = {{ user = "me", password = "{CANARY}" }}', "`password` must be a reference"),
        (f'pulsar = {{ token = "{CANARY}" }}', "`token` must be a reference to the secret"),
        (f'pulsar = {{ tokn = "{CANARY}" }}', "no setting is called `tokn`"),
        ('nats = { insecure = "yes" }', "`insecure` must be true or false"),
        ('nats = { context = "x", token = "env:X" }', "`token` cannot be combined with `context`"),
        ("pulsar = { oauth2 = {} }", "`oauth2` must be a table with an `issuer`"),
        ('color = "mauve"', "no such color"),
    ],
)
def test_a_mistake_in_our_own_context_is_named_and_no_secret_is(mistake, line, what):
    error = mistake(toml=f"[context.x]\n{line}\n", context="x")
    assert what in error.what
    assert "context.x in " in error.where


# -- to whom they go ----------------------------------------------------------------------------

USUAL = 'default = "usual"\n[context.usual]\nnats = { url = "n1", token = "env:T" }\n'


def test_credentials_of_a_default_do_not_go_to_an_address_given_elsewhere(settings):
    assert settings(toml=USUAL).nats_credentials.token
    for flags, env in (({"nats": "n2"}, {}), ({}, {"NATS_URL": "n2"})):
        assert settings(flags, toml=USUAL, env=env).nats_credentials.method == "no credentials"


def test_credentials_of_the_context_asked_for_go_to_the_address_asked_for(settings):
    assert settings({"nats": "n2"}, toml=USUAL, context="usual").nats_credentials.token


def test_those_of_the_environment_go_to_weaker_addresses_and_to_flags(settings):
    env = {"NATS_USER": "me", "NATS_PASSWORD": CANARY}
    for flags in ({}, {"nats": "n2"}):
        who = settings(flags, toml=USUAL, env=env).nats_credentials
        assert (who.user.name, reveal(who.password), who.token) == ("me", CANARY, None)
    assert settings(toml=USUAL, env=env, context="usual").nats_credentials.token


# -- secrets ------------------------------------------------------------------------------------


def test_a_secret_in_a_file_is_read_each_time(home):
    file = home("token", "one\n")
    kept = secret.reference(f"file:{file}", where="", key="token")
    assert reveal(kept) == "one"
    home("token", "two")
    assert reveal(kept) == "two"


def test_a_secret_in_the_keyring(monkeypatch):
    import keyring

    monkeypatch.setattr(keyring, "get_password", lambda service, user: f"{service} {user}")
    kept = secret.reference("keyring:arc/me", where="", key="token")
    assert reveal(kept) == "arc me"


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("env:NOWHERE", "it is empty, or not there"),
        ("file:/nowhere/at/all", "no such file or directory"),
        ("file:/dev/zero", "it is larger than 256 KiB"),
    ],
)
def test_a_secret_that_cannot_be_read_says_where_it_would_be(home, written, why):
    with pytest.raises(SourceError) as caught:
        reveal(secret.reference(written, where="", key="token"))
    assert (caught.value.where, caught.value.why) == (written, why)


def test_nothing_that_is_shown_or_written_has_a_secret(settings, home, tmp_path):
    home("nats/context/prod.json", {"url": "tls://n1", "user": "u", "password": CANARY})
    path = conf(home, "authPlugin=token", f"authParams=token:{CANARY}")
    found = settings(env={"NATS_CONTEXT": "prod", "PULSAR_CLIENT_CONF": path, "TOK": CANARY})
    told = [repr(found), str(found), msgspec.json.encode(found).decode()]
    told.append(repr(status(Store(), found, 0.0)))
    assert not [text for text in told if CANARY in text]
    assert found.nats_credentials.method.startswith("user u, password of /")


def test_a_variable_that_is_no_text_is_a_secret_that_cannot_be_read(monkeypatch):
    monkeypatch.setenv("W", os.fsdecode(b"s3cret-\xff"))
    with pytest.raises(SourceError, match="it is not text") as caught:
        reveal(Secret("env", "W"))
    assert "s3cret" not in caught.value.headline
