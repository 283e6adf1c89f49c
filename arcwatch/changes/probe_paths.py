"""Opens the ways that messages of our own can go."""

from __future__ import annotations

import uuid

from arcwatch.sources.connections import Servers

from .probe import Probe


async def way_of(servers: Servers, path: str, namespace: str, size: int) -> Probe:
    """The way of one of :data:`~.probe_plan.PATHS`, not open yet.

    Args:
        servers: Whose connections are used.
        path: Its name.
        namespace: Of the topic on Pulsar, which is one that there is not yet.
        size: Bytes of a message.

    Raises:
        ArcwatchError: The server does not answer, or is left out.
    """
    if path.startswith("nats"):
        from arcwatch.actions.probe_nats import NatsProbe
        from arcwatch.sources.jetstream.history import connected

        connection = servers.nats()
        if not connection.is_connected:
            await connected(connection)
        return NatsProbe(connection, "request" if "request" in path else "publish")
    from arcwatch.actions.probe_pulsar import PulsarProbe

    domain = "persistent" if "persistent" in path else "non-persistent"
    topic = f"{domain}://{namespace}/arcwatch-probe-{uuid.uuid4().hex[:12]}"
    client, _ = await servers.pulsar()
    return PulsarProbe(client, topic, size, servers.check_pulsar)
