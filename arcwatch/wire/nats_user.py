"""A nats-server's ``INFO``, and who we are to it (``$SYS.REQ.USER.INFO``): JSON to model."""

from __future__ import annotations

import msgspec

from .nats_json import decode
from .numbers import Int64


class ServerInfo(msgspec.Struct, frozen=True):
    """The first line of every connection (``server/server.go``, ``Info``)."""

    server_id: str = ""
    server_name: str = ""
    version: str = ""
    jetstream: bool = False
    headers: bool = False
    auth_required: bool = False
    tls_required: bool = False
    domain: str = ""
    cluster: str = ""


class _Allowed(msgspec.Struct, frozen=True):
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class _Permissions(msgspec.Struct, frozen=True):
    publish: _Allowed = _Allowed()
    subscribe: _Allowed = _Allowed()


class NatsUser(msgspec.Struct, frozen=True):
    """Who we are to the server (``server/events.go``, ``UserInfo``)."""

    user: str = ""
    account: str = ""
    permissions: _Permissions | None = None
    expires: Int64 = 0
    """Nanoseconds until the login ends, at the moment of the answer; 0 is never."""

    @property
    def limits(self) -> str:
        """What it may not do, in words; empty where it may do anything."""
        if self.permissions is None:
            return ""
        report = []
        for verb, given in (
            ("publish", self.permissions.publish),
            ("subscribe", self.permissions.subscribe),
        ):
            # a server lists them in another order each time
            if given.allow:
                report.append(f"may {verb} {' '.join(sorted(given.allow))}")
            if given.deny:
                report.append(f"may not {verb} {' '.join(sorted(given.deny))}")
        return ", ".join(report)


class _Answer(msgspec.Struct, frozen=True):
    data: NatsUser = NatsUser()


_info = msgspec.json.Decoder(ServerInfo)
_user = msgspec.json.Decoder(_Answer)


def parse_info(body: bytes, where: str) -> ServerInfo:
    """What follows ``INFO`` on the first line."""
    return decode(_info, body, where)


def parse_user(body: bytes, where: str) -> NatsUser:
    """The answer to ``$SYS.REQ.USER.INFO``."""
    return decode(_user, body, where).data
