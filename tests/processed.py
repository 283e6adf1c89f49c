"""What a nats-py client sent, processed by its server."""


async def processed(client):
    """Wait until the server has processed every command of the client.

    ``Client.flush`` alone does not: it sends its PING ahead of what the client still holds back.
    """
    await client._flush_pending(force_flush=True)
    await client.flush()
