"""A real Pulsar with TLS and tokens of its own making."""

import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import time
from types import SimpleNamespace

import httpx

from arcwatch.config.credentials import Tls
from arcwatch.sources.net.tls import tls_context
from arcwatch.stack import distribution
from arcwatch.stack.ports import Ports, free_ports
from arcwatch.stack.pulsar_broker import PulsarBroker, with_settings
from tests.secured.conftest import Papers

KEY = b"k" * 32


def token(role, **claims):
    """A token as ``pulsar tokens create`` makes it, HS256."""

    def part(told):
        return base64.urlsafe_b64encode(told).rstrip(b"=").decode()

    body = json.dumps({"sub": role} | claims).encode()
    head = part(b'{"alg":"HS256"}')
    signed = f"{head}.{part(body)}"
    return f"{signed}.{part(hmac.digest(KEY, signed.encode(), hashlib.sha256))}"


@contextlib.contextmanager
def pulsar_with_tls(home, settings=(), flags=()):
    """A broker that asks for a login, its papers, and a client for its ``admin``."""
    tree = distribution.installed(distribution.cache_dir())
    if tree is None:
        tree = distribution.install(distribution.cache_dir(), lambda *_: None)
    papers = Papers(home, rsa=True)
    ports, (tls, web) = Ports.free(), free_ports(2)
    command = PulsarBroker(home, ports, tree).command()
    config = home / "standalone.conf"
    told = secured(papers, tls, web) | dict(settings)
    config.write_text(with_settings(config.read_text(), told))
    with command.log.open("ab") as log:
        process = subprocess.Popen(
            [*command.argv, *flags], cwd=command.folder, env=command.env, stdout=log, stderr=log
        )
    try:
        url = f"https://localhost:{web}"

        def admin_client():
            return httpx.Client(
                base_url=f"{url}/admin/v2/",
                headers={"authorization": f"Bearer {token('admin')}"},
                verify=tls_context(Tls(ca=papers.ca)),
                # a machine with other work answers late
                timeout=60,
            )

        with admin_client() as admin:
            until_ready(admin, process, command.log)
        yield SimpleNamespace(
            pulsar=f"pulsar+ssl://localhost:{tls}",
            admin=url,
            papers=papers,
            admin_client=admin_client,
        )
    finally:
        process.terminate()
        process.wait(60)


def secured(papers, tls, web):
    providers = ("AuthenticationProviderToken", "AuthenticationProviderTls")
    package = "org.apache.pulsar.broker.authentication"
    client = "org.apache.pulsar.client.impl.auth.AuthenticationToken"
    return {
        "brokerServicePortTls": tls,
        "webServicePortTls": web,
        "tlsCertificateFilePath": papers.host.cert,
        "tlsKeyFilePath": papers.host.key,
        "tlsTrustCertsFilePath": papers.ca,
        # a certificate that was replaced is used soon
        "tlsCertRefreshCheckDurationSec": 1,
        "authenticationEnabled": "true",
        "authenticationProviders": ",".join(f"{package}.{name}" for name in providers),
        "tokenSecretKey": f"data:;base64,{base64.b64encode(KEY).decode()}",
        "authorizationEnabled": "true",
        "superUserRoles": "admin",
        "brokerClientAuthenticationPlugin": client,
        "brokerClientAuthenticationParameters": f"token:{token('admin')}",
        "brokerClientTrustCertsFilePath": papers.ca,
    }


def until_ready(admin, process, log):
    end = time.monotonic() + 300
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if '"public/default"' in admin.get("namespaces/public").text:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text()[-3000:])
