"""Servers asked over the client port."""

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.sources.nats.system_account import NatsSystem


@pytest.mark.parametrize("error", [SourceError("no answer"), NotThereError("no responders")])
async def test_a_server_that_is_silent_about_its_health_alone_lacks_it(recorded, error):
    varz = b'{"server":{"name":"n1"},"data":%s}' % recorded("nats-2.15.1/varz.json")

    class Connection:
        where, answers = "nats://n", True

        async def ask_for(self, subject, body, meant):
            if "VARZ" in subject and self.answers and meant(varz):
                return varz
            raise error

    connection = Connection()
    server = NatsSystem(connection, "n1")
    assert (await server.healthz()).healthy is None
    assert (await server.accounts()).accounts == ()
    connection.answers = False
    with pytest.raises(SourceError, match=r"does not answer|not permitted"):
        await server.healthz()
    with pytest.raises(SourceError, match=r"does not answer|not permitted"):
        await server.jetstream()
