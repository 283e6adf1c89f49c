"""Servers of a cluster, with accounts."""

import asyncio
import json

import nats
from platformdirs import user_cache_path

from arcwatch.stack.ports import free_ports

# found before a test has folders of its own
OLDER = user_cache_path("arcwatch") / "nats-server" / "2.10.29" / "nats-server"

ACCOUNTS = """
accounts {
  SYS: { users: [ { user: sys, password: pw } ] }
  APP: { jetstream: enabled, users: [ { user: app, password: pw } ] }
  ETL: { jetstream: enabled, users: [ { user: etl, password: pw } ] }
}
system_account: SYS
http: MONITOR
"""


def cluster(nats_server, folder, names):
    """Start joined servers of these names, and return their ports."""
    routes = free_ports(len(names))
    joined = json.dumps([f"nats://127.0.0.1:{port}" for port in routes])
    return [
        nats_server(
            f"{ACCOUNTS}\njetstream {{ store_dir: {json.dumps(str(folder / name))} }}\n"
            f'cluster {{ name: joined, listen: "127.0.0.1:{route}", routes: {joined} }}',
            name=name,
        )
        for name, route in zip(names, routes, strict=True)
    ]


async def created(js, replicas=2):
    """Whether there is a leader already, which makes a stream with so many replicas."""
    try:
        await js.add_stream(name="ORDERS", subjects=["ord"], num_replicas=replicas)
    except (nats.js.errors.APIError, nats.errors.Error):
        await asyncio.sleep(0.1)
        return False
    return True
