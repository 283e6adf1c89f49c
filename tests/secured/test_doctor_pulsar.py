"""The check-up of a real Pulsar with two bookies that lets any login do anything."""

import pytest

from tests.secured.check_up import states
from tests.secured.secured_pulsar import pulsar_with_tls, token

pytestmark = pytest.mark.slow

LAX = {
    "authorizationEnabled": "false",
    "authenticateMetricsEndpoint": "false",
    # what only its own machine reaches is open to nobody else
    "bindAddress": "0.0.0.0",
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    home = tmp_path_factory.mktemp("lax")
    with pulsar_with_tls(home, LAX, ("--num-bookies", "2")) as broker:
        with broker.admin_client() as admin:
            tenant = {"adminRoles": [], "allowedClusters": ["standalone"]}
            admin.put("tenants/arc", json=tenant).raise_for_status()
            for namespace, copies in (("one", 1), ("two", 2)):
                admin.put(f"namespaces/arc/{namespace}", json={}).raise_for_status()
                names = ("Ensemble", "WriteQuorum", "AckQuorum")
                kept = {f"bookkeeper{name}": copies for name in names}
                path = f"namespaces/arc/{namespace}/persistence"
                answer = admin.post(path, json=kept | {"managedLedgerMaxMarkDeleteRate": 0})
                answer.raise_for_status()
        yield broker


async def test_a_broker_with_logins_and_no_permissions(broker, settings, tmp_path):
    (tmp_path / "token").write_text(token("anybody"))
    found = await states(
        settings(
            f'nats = "off"\npulsar = {{ url = "{broker.pulsar}", admin = "{broker.admin}", '
            f'ca = "{broker.papers.ca}", token = "file:{tmp_path}/token" }}'
        )
    )
    for check, place in (
        ("pulsar-no-authorization", "cluster standalone"),
        ("pulsar-metrics-open", "cluster standalone"),
        ("pulsar-quorum", "namespace arc/one"),
    ):
        result = found[check]
        assert result.state == "found", (check, result.why)
        assert place in [one.fault.place for one in result.findings]
    assert "namespace arc/two" not in [f.fault.place for f in found["pulsar-quorum"].findings]
    for check in ("pulsar-no-auth", "pulsar-single-bookie", "pulsar-ensemble"):
        assert found[check].state == "ok", (check, found[check].findings or found[check].why)
