"""Who is trusted with what: a login goes nowhere that a weaker place than its own has named.

The tables are the rule: a row for who names the address, a column for who names the login.
"""

import json
import os
import socket
import subprocess
import sys
import threading

import pytest

from arcwatch.config import alert_settings, appearance
from arcwatch.config.reveal import reveal
from arcwatch.config.settings import load
from arcwatch.errors import UsageError

SECRET = "s3cret-of-the-user"

NATS = """
address      context  env   nats_context  exported  default  selected  dotenv
flag         sent     sent  sent          -         -        -         -
context      sent     -     -             .         .        .         -
env          sent     sent  sent          -         -        -         -
nats_context sent     sent  sent          -         -        -         -
exported     .        sent  sent          sent      .        -         -
dotenv       -        -     -             -         -        -         -
default      .        sent  sent          .         sent     -         -
selected     .        .     .             .         .        sent      -
none         sent     sent  sent          sent      sent     sent      -
"""
"""``sent``, ``-`` for a login that is kept, ``.`` for two that cannot be there together."""

PULSAR = """
address      context  client_conf  exported  default  dotenv
flag         sent     sent         -         -        -
context      sent     -            .         .        -
env          sent     sent         -         -        -
client_conf  sent     sent         -         -        -
exported     .        sent         sent      .        -
dotenv       -        -            -         -        -
default      .        sent         .         sent     -
none         sent     sent         sent      sent     -
"""


def cells(table):
    found = []
    head, *rows = (line.split() for line in table.strip().splitlines())
    for name, *verdicts in rows:
        for login, verdict in zip(head[1:], verdicts, strict=True):
            if verdict != ".":
                found.append(pytest.param(name, login, verdict == "sent", id=f"{name}-{login}"))
    return found


@pytest.fixture
def user(tmp_path, monkeypatch):
    """A user in somebody's folder: ``user("write", path, text)`` and ``load``."""
    home, folder = tmp_path / "home", tmp_path / "folder"
    home.mkdir()
    folder.mkdir()
    monkeypatch.chdir(folder)
    return User(home, folder, monkeypatch)


class User:
    def __init__(self, home, folder, monkeypatch):
        self.home, self.folder, self._monkeypatch = home, folder, monkeypatch
        self.environ = {"XDG_CONFIG_HOME": str(home), "ARCWATCH_CONFIG": str(home / "a.toml")}
        self.flags, self.context, self.tables = {}, None, {}

    def write(self, path, told):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        return path

    def exports(self, **variables):
        self.environ |= variables
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def load(self):
        default = 'default = "usual"\n' if "usual" in self.tables else ""
        tables = [
            f"[context.{name}]\n" + "".join(f"{s} = {{ {', '.join(of)} }}\n" for s, of in t.items())
            for name, t in self.tables.items()
        ]
        self.write(self.home / "a.toml", default + "\n".join(tables))
        return load(self.flags, context=self.context, environ=self.environ, directory=self.folder)

    # -- who names what -------------------------------------------------------------------------

    def nats(self, place, *, address="", token=False):
        """Let one place name an address of NATS, or a login."""
        url = f"nats://{address}"
        match place:
            case "flag":
                self.flags["nats"] = url
            case "context" | "exported" | "default":
                told = [f'url = "{url}"'] * bool(address) + ['token = "env:MINE"'] * token
                self._table(place).setdefault("nats", []).extend(told)
                self.exports(MINE=SECRET)
            case "env":
                self.exports(**({"NATS_URL": url} if address else {"NATS_TOKEN": SECRET}))
            case "nats_context" | "selected":
                path = self.home / f"nats/context/{place}.json"
                told = json.loads(path.read_text()) if path.exists() else {}
                told |= {"url": url} if address else {"token": SECRET}
                self.write(path, told)
                if place == "selected":
                    self.write(self.home / "nats/context.txt", place)
                else:
                    self.exports(NATS_CONTEXT=place)
            case "dotenv":
                self.says(f"NATS_URL={url}" if address else f"NATS_TOKEN={SECRET}")

    def pulsar(self, place, *, address="", token=False):
        """The same of Pulsar."""
        url = f"pulsar://{address}"
        match place:
            case "flag":
                self.flags["pulsar"] = url
            case "context" | "exported" | "default":
                told = [f'url = "{url}"'] * bool(address) + ['token = "env:MINE"'] * token
                self._table(place).setdefault("pulsar", []).extend(told)
                self.exports(MINE=SECRET)
            case "env":
                self.exports(ARCWATCH_PULSAR=url)
            case "client_conf":
                path = self.home / "client.conf"
                told = path.read_text() if path.exists() else ""
                login = f"authPlugin=token\nauthParams=token:{SECRET}"
                self.write(path, f"{told}{f'brokerServiceUrl={url}' if address else login}\n")
                self.exports(PULSAR_CLIENT_CONF=str(path))
            case "dotenv" if address:
                self.says(f"ARCWATCH_PULSAR={url}")
            case "dotenv":
                path = self.write(self.folder / "client.conf", f"authParams=token:{SECRET}\n")
                self.says(f"PULSAR_CLIENT_CONF={path}")

    def says(self, line):
        path = self.folder / ".env"
        self.write(path, (path.read_text() if path.exists() else "") + line + "\n")

    def _table(self, place):
        name = "usual" if place == "default" else "chosen"
        if place == "context":
            self.context = name
        elif place == "exported":
            self.exports(ARCWATCH_CONTEXT=name)
        return self.tables.setdefault(name, {})


def shown(who):
    """The login's secret, if it would be shown."""
    return reveal(who.token) if who.token else None


@pytest.mark.parametrize(("address", "login", "sent"), cells(NATS))
def test_where_a_login_to_nats_goes(user, address, login, sent):
    user.nats(address, address="there")
    user.nats(login, token=True)
    found = user.load()
    assert found.nats == ("nats://localhost:4222" if address == "none" else "nats://there:4222")
    assert shown(found.nats_credentials) == (SECRET if sent else None)


@pytest.mark.parametrize(("address", "login", "sent"), cells(PULSAR))
def test_where_a_login_to_pulsar_goes(user, address, login, sent):
    user.pulsar(address, address="there")
    user.pulsar(login, token=True)
    found = user.load()
    assert found.pulsar == f"pulsar://{'localhost' if address == 'none' else 'there'}:6650"
    assert shown(found.pulsar_credentials) == (SECRET if sent else None)


PLACES = ("flag", "context", "env", "exported", "dotenv", "default")
"""Who names an address of NATS, the strongest first."""


@pytest.mark.parametrize("strong", range(len(PLACES)))
def test_a_folder_wins_over_nothing_that_was_named_for_this_run(user, strong):
    named = PLACES[strong:]
    if "context" in named:
        # one context is used at a time
        named = tuple(place for place in named if place not in ("exported", "default"))
    elif "exported" in named:
        named = tuple(place for place in named if place != "default")
    for place in named:
        user.nats(place, address=place)
    assert user.load().nats == f"nats://{PLACES[strong]}:4222"


@pytest.mark.parametrize("named", ["none", "env", "client_conf"])
@pytest.mark.parametrize("admin", ["http://there:81", "http://elsewhere"])
def test_one_address_of_the_folder_keeps_the_login_from_all_of_its_system(user, named, admin):
    user.pulsar(named, address="there")
    user.pulsar("client_conf", token=True)
    user.says(f"ARCWATCH_PULSAR_ADMIN={admin}")
    found = user.load()
    is_led_there = bool(found.from_folder)
    assert is_led_there == (named == "none" or "there:" in admin)
    assert shown(found.pulsar_credentials) == (None if is_led_there else SECRET)


def test_a_certificate_and_what_is_not_checked_are_kept_as_well(user):
    user.exports(NATS_CERT="/c.pem", NATS_KEY="/k.pem", NATS_CA="/ca.pem", NATS_USER="me")
    user.says("NATS_URL=tls://there")
    who = user.load().nats_credentials
    assert (who.tls.cert, who.tls.key, who.user) == (None, None, None)
    # whom we trust is no secret
    assert who.tls.ca == "/ca.pem"


def test_a_login_within_an_address_of_the_folder_goes_with_that_address(user):
    user.exports(NATS_TOKEN=SECRET)
    user.says("NATS_URL=nats://its:own@there")
    found = user.load()
    assert found.nats == "nats://its:own@there:4222"
    assert found.nats_monitors == ("http://there:8222",)


def test_a_login_that_is_kept_is_said_with_how_to_send_it(user):
    user.exports(NATS_TOKEN=SECRET)
    user.says("NATS_URL=nats://there")
    found = user.load()
    told = "credentials from NATS_TOKEN are not sent to the address from NATS_URL in .env"
    assert found.notes == (f"{told}; export NATS_URL yourself to send them",)
    assert found.nats_credentials.origin == told
    assert found.folder_warning == "NATS from .env"
    assert found.from_folder == ("nats", "nats_monitor")


# -- what else a folder may say -----------------------------------------------------------------

OWN_ALONE = [
    "ARCWATCH_CONFIG=./evil.toml",
    "ARCWATCH_CONTEXT=prod",
    "ARCWATCH_STATE=.",
    "ARCWATCH_CACHE=.",
    "NATS_CONTEXT=./evil",
    "NATS_CREDS=./evil.creds",
    "NATS_TOKEN=evil",
    "NATS_CA=./evil.pem",
    "PULSAR_CLIENT_CONF=./client.conf",
]


@pytest.mark.parametrize("line", OWN_ALONE)
def test_a_variable_that_is_the_users_alone_is_said_and_does_not_count(user, line):
    user.write(user.folder / "evil.toml", '[alerts]\non_alert = "touch hit"\nwebhook = "http://e"')
    user.write(user.folder / "evil.json", {"url": "nats://evil", "token": "file:///etc/passwd"})
    user.write(user.folder / "client.conf", "webServiceUrl=http://evil\n")
    user.says(line)
    found = user.load()
    assert set(found.origins.values()) == {"default"}
    assert found.nats_credentials.method == found.pulsar_credentials.method == "no credentials"
    name = line.partition("=")[0]
    assert found.notes[0].startswith(f".env: ignored {name}: only addresses are read from it")


def test_no_command_webhook_or_key_is_taken_from_a_folder(user):
    told = '[alerts]\non_alert = "touch hit"\nwebhook = "http://e"\n[keys]\n"view.nats" = "n"\n'
    user.write(user.folder / "arcwatch.toml", told)
    user.write(user.folder / "evil.toml", told)
    user.says("ARCWATCH_CONFIG=./evil.toml\nXDG_CONFIG_HOME=.")
    user.load()
    alerts = alert_settings.load(user.environ)
    assert (alerts.on_alert, alerts.webhook) == ("", "")
    assert not appearance.load({}, user.environ).keys


@pytest.mark.parametrize("line", ["XDG_CONFIG_HOME=.", "HOME=.", "DATABASE_URL=x", "NATS_TOKEN="])
def test_what_other_programs_keep_there_is_none_of_our_business(user, line):
    user.write(user.folder / "nats/context.txt", "evil")
    user.write(user.folder / "nats/context/evil.json", {"url": "nats://evil"})
    user.says(line)
    found = user.load()
    assert (found.nats, found.notes) == ("nats://localhost:4222", ())


def test_nothing_within_an_address_of_the_folder_is_replaced(user):
    user.exports(MINE=SECRET)
    user.says('NATS_URL="nats://${MINE}@there"')
    assert SECRET not in user.load().nats


def test_a_secret_is_not_looked_for_in_the_folder(user):
    user.tables["usual"] = {"nats": ['url = "n1"', 'token = "env:THEIRS"']}
    user.says(f"THEIRS={SECRET}")
    with pytest.raises(Exception, match="cannot read a secret"):
        reveal(user.load().nats_credentials.token)


@pytest.mark.parametrize("place", ["context", "default", "env", "nats_context", "selected"])
def test_off_in_a_folder_hides_nothing_that_the_user_has_named(user, place):
    user.nats(place, address="mine")
    user.says("NATS_URL=off\nARCWATCH_PULSAR=off")
    found = user.load()
    assert (found.nats, found.pulsar) == ("nats://mine:4222", None)
    assert found.origins["pulsar"] == "ARCWATCH_PULSAR in .env"
    assert "NATS_URL in .env: `off` is ignored, since you gave an address yourself" in found.notes


# -- files --------------------------------------------------------------------------------------


def test_a_path_in_a_settings_file_starts_from_that_file(user):
    user.tables["usual"] = {
        "nats": ['creds = "me.creds"', 'ca = "ca.pem"'],
        "pulsar": ['token = "file:token"'],
    }
    found = user.load()
    nats, pulsar = found.nats_credentials, found.pulsar_credentials
    assert (nats.creds.name, nats.tls.ca) == (f"{user.home}/me.creds", f"{user.home}/ca.pem")
    assert pulsar.token.name == f"{user.home}/token"


@pytest.mark.parametrize(("folder", "base"), [("pulsar/conf", "pulsar"), ("pulsar", "pulsar")])
def test_a_path_in_a_client_conf_starts_where_pulsars_tools_let_it(user, folder, base):
    told = "authPlugin=token\nauthParams=file:t\ntlsTrustCertsFilePath=ca.pem\nserviceUrl=http://p"
    path = user.write(user.home / folder / "client.conf", told)
    user.exports(PULSAR_CLIENT_CONF=str(path))
    who = user.load().pulsar_credentials
    assert (who.token.name, who.tls.ca) == (
        f"{user.home}/{base}/t",
        f"{user.home}/{base}/ca.pem",
    )


@pytest.mark.parametrize("field", ["creds", "ca", "password"])
def test_a_relative_path_in_a_nats_context_is_refused(user, field):
    written = "file://theirs" if field == "password" else "theirs"
    user.write(user.home / "nats/context/x.json", {"url": "n1", field: written})
    user.exports(NATS_CONTEXT="x")
    with pytest.raises(UsageError, match=f"cannot use a relative `{field}`"):
        user.load()


@pytest.mark.parametrize("name", ["../../folder/evil", "sub/evil", ".."])
def test_a_nats_context_is_one_of_the_folder_of_contexts(user, name):
    user.write(user.folder / "evil.json", {"url": "nats://evil"})
    user.exports(NATS_CONTEXT=name)
    with pytest.raises(UsageError, match="there is no NATS context called"):
        user.load()


def test_a_relative_configuration_folder_is_ignored(user):
    user.write(user.folder / "nats/context.txt", "evil")
    user.write(user.folder / "nats/context/evil.json", {"url": "nats://evil"})
    user.environ["XDG_CONFIG_HOME"] = "."
    assert user.load().nats == "nats://localhost:4222"


def test_a_dotenv_with_a_byte_order_mark_or_another_systems_lines_is_read(user):
    (user.folder / ".env").write_bytes(b"\xef\xbb\xbfNATS_URL=nats://there\r\nB=1\r\n")
    assert user.load().nats == "nats://there:4222"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"A=1\n" * 100_000, "larger than 256 KiB"),
        ("NATS_URL=x".encode("utf-16"), "it is not UTF-8 text"),
        (None, "it is not a regular file"),
    ],
)
def test_a_dotenv_that_cannot_be_read_stops_nothing_and_is_said_at_once(user, body, why):
    path = user.folder / ".env"
    if body is None:
        os.mkfifo(path)
    else:
        path.write_bytes(body)
    (note,) = user.load().notes
    assert note.startswith(".env: ignored: ")
    assert why in note


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 100_000, "a = " + "{b=" * 5_000, "a = " + "1" * 10_000, "a" * 300_000],
)
def test_a_settings_file_of_any_shape_is_a_mistake_that_names_it(user, text):
    path = user.write(user.home / "b.toml", text)
    with pytest.raises(UsageError) as caught:
        load({}, environ={"ARCWATCH_CONFIG": str(path)}, directory=user.folder)
    assert caught.value.where == str(path)
    assert len(caught.value.why) <= 200


def test_a_settings_file_that_the_user_named_may_be_a_device(user):
    assert load({}, environ={"ARCWATCH_CONFIG": "/dev/null"}, directory=user.folder).nats
    with pytest.raises(UsageError, match="it is larger than 256 KiB"):
        load({}, environ={"ARCWATCH_CONFIG": "/dev/zero"}, directory=user.folder)


def test_a_nats_context_of_any_depth_is_a_mistake_that_names_it(user):
    path = user.write(user.home / "nats/context/x.json", '{"a":' * 20_000)
    user.exports(NATS_CONTEXT="x")
    with pytest.raises(UsageError, match="not a NATS context") as caught:
        user.load()
    assert caught.value.where == str(path)


# -- what really leaves -------------------------------------------------------------------------


class Ear:
    """A server that notes all it is sent, and greets as a nats-server where it is to be one."""

    def __init__(self, greeting=b""):
        self.heard, self._greeting = bytearray(), greeting
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._hear, args=(one,), daemon=True).start()

    def _hear(self, one):
        with one:
            one.sendall(self._greeting)
            one.settimeout(5)
            try:
                self.heard += one.recv(65536)
            except OSError:
                return

    def close(self):
        self._socket.close()


INFO = b'INFO {"server_id":"X","version":"2.11.0","auth_required":true,"max_payload":1048576}\r\n'


@pytest.fixture
def ears():
    """Servers of the folder: for NATS, its monitoring, Pulsar, and its admin API."""
    found = [Ear(INFO), Ear(), Ear(), Ear()]
    yield found
    for ear in found:
        ear.close()


def arcwatch(user, *argv):
    return subprocess.run(
        [sys.executable, "-P", "-m", "arcwatch", *argv],
        cwd=user.folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(user.home), **user.environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_no_secret_of_the_user_reaches_the_servers_of_a_folder(user, ears):
    nats, monitor, pulsar, admin = (ear.port for ear in ears)
    user.write(user.home / "a.toml", "")
    user.pulsar("client_conf", token=True)
    user.exports(NATS_TOKEN=SECRET)
    user.says(f"NATS_URL=127.0.0.1:{nats}\nARCWATCH_NATS_MONITOR=http://127.0.0.1:{monitor}")
    user.says(f"ARCWATCH_PULSAR=127.0.0.1:{pulsar}")
    user.says(f"ARCWATCH_PULSAR_ADMIN=http://127.0.0.1:{admin}")
    done = [
        arcwatch(user, "context", "test"),
        arcwatch(user, "tail", "nats:a", "--for", "1s"),
    ]
    # they were asked, and not told who asks
    assert all(ear.heard for ear in ears)
    assert not [ear for ear in ears if SECRET.encode() in ear.heard]
    for one in done:
        assert (
            "credentials from NATS_TOKEN are not sent to the address from NATS_URL in .env"
            in one.stderr
        )
        assert SECRET not in one.stdout + one.stderr


def test_what_a_folder_says_is_shown_with_the_context(user):
    user.write(user.home / "a.toml", "")
    user.says("NATS_URL=nats://there\nARCWATCH_CONFIG=./evil.toml")
    told = json.loads(arcwatch(user, "context", "show", "--json").stdout)
    assert told["nats"] == {"value": "nats://there:4222", "from": "NATS_URL in .env"}
    assert told["from_folder"] == ["nats", "nats_monitor"]
    shown = arcwatch(user, "context", "show")
    assert "NATS from .env" in shown.stdout
    assert "ignored ARCWATCH_CONFIG" in shown.stderr
