"""Real brokers that let nobody in without papers, and the papers: all made here."""

import base64
import contextlib
import datetime
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import nats
import nkeys
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from arcwatch.config.settings import load
from arcwatch.stack.nats_broker import executable
from arcwatch.stack.ports import Ports

CANARY = "c4n4ry-of-the-mine"


class Papers:
    """An authority, and what it has issued: paths of PEM files."""

    def __init__(self, folder, rsa=False):
        # Java reads keys of RSA, in PKCS #8
        self._rsa, self._kind = rsa, trustme.KeyType.RSA if rsa else trustme.KeyType.ECDSA
        self._folder, self._authority = folder, trustme.CA(key_type=self._kind)
        self.ca = self._write("ca.pem", self._authority.cert_pem)
        self.stranger = self._write("stranger.pem", trustme.CA().cert_pem)
        self.host = self.issue("host", "localhost", "127.0.0.1")
        self.me = self.issue("me", common_name="arcwatch")

    def issue(self, name, *hosts, **told):
        """A certificate and its key."""
        hosts = hosts or ("me.example",)
        made = self._authority.issue_cert(*hosts, key_type=self._kind, **told)
        chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        return SimpleNamespace(
            cert=self._write(f"{name}.pem", chain),
            key=self._write(f"{name}.key", _pkcs8(made.private_key_pem.bytes())),
        )

    def expired(self):
        """A certificate that was good until yesterday."""
        now = datetime.datetime.now(datetime.UTC)
        week, day = datetime.timedelta(days=7), datetime.timedelta(days=1)
        return self.issue("old", "localhost", not_before=now - week, not_after=now - day)

    def _write(self, name, told):
        path = self._folder / name
        path.write_bytes(told if isinstance(told, bytes) else told.bytes())
        return str(path)


def _pkcs8(pem):
    return load_pem_private_key(pem, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


@pytest.fixture(scope="session")
def papers(tmp_path_factory):
    return Papers(tmp_path_factory.mktemp("papers"))


def new_key(prefix):
    return nkeys.from_seed(nkeys.encode_seed(os.urandom(32), prefix))


def public(pair):
    return pair.public_key.decode()


def token(issuer, subject, name, nats, **claims):
    """A JWT as ``nsc`` makes them (``github.com/nats-io/jwt``, version 2)."""

    def part(told):
        return base64.urlsafe_b64encode(told).rstrip(b"=").decode()

    body = {"iss": public(issuer), "sub": subject, "name": name, "iat": 1} | claims
    body["jti"] = hashlib.sha256(json.dumps(body | nats).encode()).hexdigest()
    head = part(b'{"typ":"JWT","alg":"ed25519-nkey"}')
    signed = f"{head}.{part(json.dumps(body | {'nats': nats | {'version': 2}}).encode())}"
    return f"{signed}.{part(issuer.sign(signed.encode()))}"


COUNTED = (
    *("subs", "data", "payload", "imports", "exports", "conn", "leaf"),
    *("mem_storage", "disk_storage", "streams", "consumer"),
)
LIMITS = dict.fromkeys(COUNTED, -1) | {"wildcards": True}
NO_JETSTREAM = dict.fromkeys(COUNTED[-4:], 0)


class Operator:
    """An operator with a system account and one of its own, who lets users in."""

    def __init__(self):
        self._key = new_key(nkeys.PREFIX_BYTE_OPERATOR)
        self._accounts = {name: new_key(nkeys.PREFIX_BYTE_ACCOUNT) for name in ("SYS", "ARC")}

    def config(self):
        """The server's settings."""
        system = public(self._accounts["SYS"])
        operator = public(self._key)
        told = token(self._key, operator, "op", {"type": "operator", "system_account": system})
        jwts = [
            f"{public(key)}: {self._account(name, key)}" for name, key in self._accounts.items()
        ]
        preload = "\n".join(jwts)
        return (
            f"operator: {told}\nsystem_account: {system}\nresolver: MEMORY\n"
            f"resolver_preload {{\n{preload}\n}}\n"
        )

    def _account(self, name, key):
        limits = {"limits": LIMITS | (NO_JETSTREAM if name == "SYS" else {})}
        return token(self._key, public(key), name, {"type": "account"} | limits)

    def creds(self, account, name="arcwatch", **claims):
        """A file's text, as ``nsc generate creds`` writes it."""
        user = new_key(nkeys.PREFIX_BYTE_USER)
        nats = {"type": "user", "subs": -1, "data": -1, "payload": -1}
        told = token(self._accounts[account], public(user), name, nats, **claims)
        return (
            f"-----BEGIN NATS USER JWT-----\n{told}\n------END NATS USER JWT------\n\n"
            "************************* IMPORTANT *************************\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n"
            "------END USER NKEY SEED------\n"
        )


@pytest.fixture(scope="session")
def operator():
    return Operator()


@pytest.fixture
def new_user_key():
    """A user's public key and seed."""
    pair = new_key(nkeys.PREFIX_BYTE_USER)
    return public(pair), pair.seed.decode()


@contextlib.contextmanager
def running(folder, config, ports, name, host):
    file = folder / "nats.conf"
    file.write_text(f'server_name: {name}\nlisten: "{host}:{ports.nats}"\n{config}')
    with Path(folder / "log").open("wb") as log:
        process = subprocess.Popen([executable(), "-c", file], stderr=log)
    try:
        for port in (ports.nats, *([ports.nats_monitor] if "http" in config else [])):
            wait_for(port, process, folder / "log", host)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(10)


def wait_for(port, process, log, host):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return
        time.sleep(0.01)
    raise AssertionError(log.read_text())


@pytest.fixture
def nats_server(tmp_path_factory):
    """Starts a nats-server: ``ports = nats_server("authorization: …")``; it ends with the test."""
    with contextlib.ExitStack() as servers:
        runs, processes, files = {}, {}, {}

        def start(config, ports=None, name="safe", host="127.0.0.1"):
            ports = ports or Ports.free()
            folder = tmp_path_factory.mktemp("nats")
            config = config.replace("MONITOR", f"{host}:{ports.nats_monitor}")
            runs[ports] = servers.enter_context(contextlib.ExitStack())
            files[name] = folder / "nats.conf"
            processes[name] = runs[ports].enter_context(running(folder, config, ports, name, host))
            return ports

        start.stop = lambda ports: runs[ports].close()

        def reload(name, old, new):
            files[name].write_text(files[name].read_text().replace(old, new))
            processes[name].send_signal(signal.SIGHUP)

        start.reload = reload
        start.lame_duck = lambda name: processes[name].send_signal(signal.SIGUSR2)
        start.freeze = lambda name: processes[name].send_signal(signal.SIGSTOP)
        yield start


@pytest.fixture
async def nats_users():
    """Connects as a user: ``await nats_users(ports, "app")``, whose password is ``pw``."""
    opened = []

    async def join(ports, user):
        url = f"nats://127.0.0.1:{ports.nats}"
        opened.append(await nats.connect(url, user=user, password="pw", name=user))
        return opened[-1]

    yield join
    for client in opened:
        await client.close()


def tls_block(pair, *more):
    return f"tls {{ cert_file: {pair.cert}, key_file: {pair.key}, {', '.join(more)} }}\n"


@pytest.fixture
def tls():
    """The server's settings for TLS."""
    return tls_block


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Loads settings as a user would write them: ``settings("nats = …")``, a context."""

    def loads(toml, **env):
        monkeypatch.chdir(tmp_path)
        for name, value in env.items():
            monkeypatch.setenv(name, str(value))
        config = tmp_path / "arcwatch.toml"
        config.write_text(f"[context.safe]\n{toml}\n")
        monkeypatch.setenv("ARCWATCH_CONFIG", str(config))
        return load({}, context="safe")

    return loads
