"""The loopback ports of the local brokers: usual ones, or free ones."""

from __future__ import annotations

import errno
import random
import socket

from msgspec import Struct

HOST = "127.0.0.1"
"""The only address that anything in this room listens on or asks."""

# Below the ranges that Linux (32768) and macOS (49152) take client ports from: a client that
# knocks on the port of a dead server may otherwise be given that very port, connect to itself,
# and keep the server from coming back.
_FREE_RANGE = range(20_000, 32_000)


class Ports(Struct, frozen=True):
    """The ports that clients and monitors connect to, all on 127.0.0.1."""

    nats: int
    nats_monitor: int
    pulsar: int
    pulsar_admin: int
    remote: int = 0
    remote_admin: int = 0
    """Of a second Pulsar that the first replicates to; 0 where there is none."""
    s3: int = 0
    """Of what the first offloads to; 0 where there is none."""

    @classmethod
    def usual(cls) -> Ports:
        """4222, 8222, 6650 and 8080, each replaced by a free one where it is taken."""
        usual = (4222, 8222, 6650, 8080)
        spare = iter(free_ports(len(usual)))
        return cls(*(port if is_free(port) else next(spare) for port in usual))

    @classmethod
    def free(cls) -> Ports:
        """Four ports that nothing listens on, none of them a usual one."""
        return cls(*free_ports(4))


def free_ports(count: int) -> list[int]:
    """Different ports that nothing listens on right now.

    Nothing holds them afterwards: a process that takes one in the meantime makes the broker's start
    fail, which is reported.
    """
    found: list[int] = []
    for port in random.sample(_FREE_RANGE, len(_FREE_RANGE)):
        if len(found) == count:
            break
        if is_free(port):
            found.append(port)
    return found


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1, and none does on any address."""
    with socket.socket() as probe:
        # As servers do: a connection closed a moment ago must not make a port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    # macOS lets a loopback socket bind beside one that listens on all addresses.
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == errno.ECONNREFUSED
