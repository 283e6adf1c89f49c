"""Checks of NATS servers: who may enter, how they are joined, and how near their limits are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from arcwatch.model.nats import NatsGreeting, NatsServer
from arcwatch.notation.versions import series
from arcwatch.store.contact import Contact
from arcwatch.store.nats.link_rows import NatsLinkRow
from arcwatch.store.rows import NatsAccountRow, NatsServerRow
from arcwatch.text import units

from .check import Check, Doubt, Judgement, fault
from .picture import Picture, is_local
from .versions import NATS_ENDED, ended

LARGEST_PAYLOAD = 8 << 20
"""Bytes: the most that NATS advises; from 64 MiB on a server does not start."""
SHORTEST_DEADLINE = 2.0
"""Seconds: what it was by default, until slow networks were taken for slow clients too often."""

NEAR, VERY_NEAR = 0.8, 0.95
"""Shares of a limit."""

DRIFT = 1.0
"""Seconds between two clocks, beyond what asking took."""


def _servers(picture: Picture) -> Iterable[NatsServer] | Doubt:
    whole = [server for server in picture.servers if not server.seen_as]
    if picture.servers and not whole:
        account = picture.servers[0].seen_as
        return Doubt(f"only the share of account {account} is seen, and no server's settings")
    return whole


def _rows(picture: Picture) -> Iterable[NatsServerRow]:
    return picture.store.nats_servers()


def _login(server: NatsServer, picture: Picture) -> Judgement:
    if server.auth_required is None:
        return Doubt(f"{server.server_name} does not report whether clients log in")
    if server.auth_required:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "give clients credentials, then set `authorization` or `accounts` in nats-server.conf, and"
        " nats-server --signal reload, which disconnects those without",
        "note" if is_local(server.host) else "critical",
        auth_required="false",
        listens_on=server.host or "unknown",
    )


def _clear_text(server: NatsServer, picture: Picture) -> Judgement:
    if not server.host:
        return Doubt(f"{server.server_name} does not report where it listens")
    if server.tls_required or is_local(server.host):
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "set `tls { cert_file: …, key_file: … }` in nats-server.conf; clients without TLS are then"
        " refused unless `allow_non_tls: true`",
        listens_on=server.host or "unknown",
        tls_required="false",
    )


def _greetings(picture: Picture) -> Iterable[NatsGreeting] | Doubt:
    return picture.store.greeted or Doubt("no server was reached at its client port")


def _anonymous(greeting: NatsGreeting, picture: Picture) -> Judgement:
    ours = [one for one in picture.servers if one.server_id == greeting.server_id]
    if not ours or ours[0].auth_required is None or greeting.auth_required is None:
        return Doubt(f"{greeting.url} does not report whether all clients log in")
    if not ours[0].auth_required or greeting.auth_required:
        return None
    return fault(
        ours[0].server_name,
        f"/varz and INFO of {greeting.url}",
        "remove `no_auth_user` from nats-server.conf, or give that user no permissions",
        users_are_configured="true",
        clients_must_log_in="false",
    )


def _monitoring(server: NatsServer, picture: Picture) -> Judgement:
    if not server.http_port or is_local(server.http_host):
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        f"set `http: 127.0.0.1:{server.http_port}` in nats-server.conf and restart, or close the"
        " port in the firewall; an arcwatch elsewhere then needs a system account",
        listens_on=f"{server.http_host or '0.0.0.0'}:{server.http_port}",
    )


def _clusters(picture: Picture) -> Iterable[list[NatsServer]]:
    names = dict.fromkeys(server.cluster for server in picture.servers)
    return [[one for one in picture.servers if one.cluster == name] for name in names]


def _mixed(servers: list[NatsServer], picture: Picture) -> Judgement:
    versions = sorted({server.version for server in servers})
    if len(versions) < 2:
        return None
    return fault(
        servers[0].cluster,
        "/varz of each",
        "upgrade the others, one at a time: nats-server --signal ldm, then start the new version",
        versions=", ".join(versions),
        servers=str(len(servers)),
    )


def _old(server: NatsServer, picture: Picture) -> Judgement:
    found = series(server.version)
    if found is None:
        return Doubt(f"{server.server_name} has no readable version")
    day = ended(server.version, NATS_ENDED, picture.now)
    if not day:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "upgrade nats-server, one minor version at a time",
        version=server.version,
        last_repairs=day,
    )


def _payload(server: NatsServer, picture: Picture) -> Judgement:
    if server.max_payload <= LARGEST_PAYLOAD:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "set `max_payload: 1MB` once nothing larger is published (such clients are disconnected);"
        " put larger things into an object store",
        max_payload=units.size(server.max_payload),
    )


def _deadline(server: NatsServer, picture: Picture) -> Judgement:
    if server.write_deadline is None:
        return Doubt(f"{server.server_name} does not report its write_deadline")
    if server.write_deadline >= SHORTEST_DEADLINE:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        'set `write_deadline: "10s"`, the default',
        write_deadline=units.duration(server.write_deadline),
    )


def _connections(server: NatsServer, picture: Picture) -> Judgement:
    if server.max_connections <= 0 or not server.connections >= NEAR * server.max_connections:
        return None
    full = server.connections >= VERY_NEAR * server.max_connections
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "raise `max_connections`, or find what opens so many: arcwatch nats connections",
        "critical" if full else None,
        connections=units.whole(server.connections),
        max_connections=units.whole(server.max_connections),
    )


def _stores(picture: Picture) -> Iterable[NatsServer]:
    return [server for server in picture.servers if server.jetstream and not server.seen_as]


def _storage(server: NatsServer, picture: Picture) -> Judgement:
    held, most = server.js_storage, server.js_max_storage
    if held is None or most is None:
        return Doubt(f"{server.server_name} does not report what JetStream stores")
    if most <= 0 or held < NEAR * most:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "raise `max_file_store`; or limit streams, which deletes their oldest messages: nats stream"
        " edit STREAM --max-bytes …",
        "critical" if held >= VERY_NEAR * most else None,
        stored=units.size(held),
        max_storage=units.size(most),
    )


def _reserved(server: NatsServer, picture: Picture) -> Judgement:
    held, most = server.js_reserved_storage, server.js_max_storage
    if held is None or most is None:
        return Doubt(f"{server.server_name} does not report what streams have reserved")
    if most <= 0 or held < NEAR * most:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "raise `max_file_store`, or lower max_bytes of streams that hold far less (messages beyond"
        " it are deleted)",
        reserved=units.size(held),
        max_storage=units.size(most),
    )


def _folder(server: NatsServer, picture: Picture) -> Judgement:
    if not server.store_dir:
        return Doubt(f"{server.server_name} does not report where JetStream stores")
    if not server.store_dir.startswith(("/tmp/", "/var/tmp/", "/dev/shm/")):
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "stop the server, move the files, set `jetstream { store_dir: /var/lib/nats }`, start it",
        store_dir=server.store_dir,
    )


def _meta(server: NatsServer, picture: Picture) -> Judgement:
    if server.meta_size is None or server.meta_leader:
        return None
    return fault(
        server.server_name,
        f"/varz of {server.server_name}",
        "start the missing servers: more than half must run to elect a leader",
        meta_leader="none",
        servers_that_elect=str(server.meta_size),
    )


def _even(servers: list[NatsServer], picture: Picture) -> Judgement:
    size = max((server.meta_size or 0 for server in servers), default=0)
    if size == 0 or size % 2:
        return None
    return fault(
        servers[0].cluster,
        "/varz",
        f"run {size + 1} servers, or {size - 1}",
        servers_that_elect=str(size),
        may_fail=str((size - 1) // 2),
    )


def _health(row: NatsServerRow, picture: Picture) -> Judgement:
    if row.healthy is None:
        return Doubt(f"{row.server_name}: {row.health_note or 'not asked yet'}")
    if row.healthy:
        return None
    state = next((one for one in picture.store.nats if one.url == row.url), None)
    error = state.health.error if state and state.health else "not healthy"
    mend = "see the server's log, and nats server report jetstream"
    return fault(row.server_name, "/healthz", mend, says=error)


def _clocks(picture: Picture) -> Iterator[tuple[Contact, NatsServer]]:
    for state in picture.store.nats:
        contact = picture.store.contact("nats", state.url, "varz")
        if contact and state.server and contact.answers:
            yield contact, state.server


def _clock(pair: tuple[Contact, NatsServer], picture: Picture) -> Judgement:
    contact, server = pair
    apart = server.now - contact.answered_at
    if not abs(apart) > DRIFT + contact.took:
        return None
    others = [one.now - asked.answered_at for asked, one in _clocks(picture) if one is not server]
    is_ours = others and all(abs(other - apart) <= DRIFT for other in others)
    where = "this machine" if is_ours else f"the machine of {server.server_name}"
    return fault(
        server.server_name,
        f"/varz of {server.server_name}, and the clock of this machine",
        f"run an NTP client on {where}: timedatectl set-ntp true",
        differs_by=f"{apart:+.1f}s",
        other_servers_differ_by=", ".join(f"{one:+.1f}s" for one in others[:5]) or "no others",
        asking_took=units.duration(contact.took),
    )


def _pairs(picture: Picture) -> Iterator[tuple[NatsServer, NatsServer]]:
    for servers in _clusters(picture):
        joined = [one for one in servers if not one.seen_as]
        for at, one in enumerate(joined):
            yield from ((one, other) for other in joined[at + 1 :])


def _route(pair: tuple[NatsServer, NatsServer], picture: Picture) -> Judgement:
    one, other = pair
    names = {one.server_name, other.server_name}
    for link in picture.store.nats_links():
        if link.kind == "route" and link.connected and {link.server_name, link.peer} == names:
            return None
    return fault(
        f"{one.server_name} and {other.server_name}",
        "/routez of both",
        "list both in `cluster { routes: […] }`, and let them reach each other's cluster port",
        routes="none",
        cluster=one.cluster,
    )


def _gateways(picture: Picture) -> Iterable[NatsLinkRow]:
    return [link for link in picture.store.nats_links() if link.kind == "gateway"]


def _gateway(link: NatsLinkRow, picture: Picture) -> Judgement:
    if link.connected:
        return None
    return fault(
        f"{link.server_name} to {link.peer}",
        f"/gatewayz of {link.server_name}",
        f"check the address of {link.peer} in `gateway {{ gateways: […] }}`, and its port",
        outbound="none",
    )


def _accounts(picture: Picture) -> Iterable[NatsAccountRow]:
    # of a server with one account its own limits are enough
    rows = [row for row in picture.store.nats_accounts() if row.jetstream]
    several = {row.account for row in rows}
    return rows if len(several) > 1 else []


def _account(row: NatsAccountRow, picture: Picture) -> Judgement:
    if row.max_storage is not None or row.max_memory is not None:
        return None
    return fault(
        f"account {row.account} on {row.server_name}",
        f"/jsz of {row.server_name}",
        "set `jetstream { max_file: … }` of the account, or nsc edit account --js-disk-storage",
        max_storage="none",
        stored=units.size(row.storage),
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "nats-no-auth",
        "nats",
        "critical",
        "clients need no login",
        "do clients have to log in?",
        "Anyone who reaches the port can read and publish everything, and delete every stream.",
        "varz",
        _servers,
        _login,
    ),
    Check(
        "nats-anonymous-user",
        "nats",
        "warning",
        "clients without a login are let in",
        "are clients without a login kept out?",
        "With no_auth_user a client without a login acts as that user: a wrong password is"
        " refused, none at all is not.",
        "greetings",
        _greetings,
        _anonymous,
    ),
    Check(
        "nats-plain-tcp",
        "nats",
        "warning",
        "unencrypted connections from other machines",
        "is TLS required where other machines connect?",
        "Messages, and any passwords, can be read and changed on the way.",
        "varz",
        _servers,
        _clear_text,
    ),
    Check(
        "nats-monitoring-open",
        "nats",
        "warning",
        "monitoring port open to other machines",
        "is the monitoring port closed to other machines?",
        "It needs no login, and shows subjects, accounts, clients and their addresses to anyone.",
        "varz",
        _servers,
        _monitoring,
    ),
    Check(
        "nats-mixed-versions",
        "nats",
        "warning",
        "servers of different versions",
        "do all servers of a cluster have the same version?",
        "Features work only as the oldest server has them, whichever server a client gets.",
        "varz",
        _clusters,
        _mixed,
    ),
    Check(
        "nats-old-version",
        "nats",
        "warning",
        "server version no longer maintained",
        "is the server's version still maintained?",
        "Known JetStream defects and security holes stay unfixed.",
        "varz",
        _servers,
        _old,
    ),
    Check(
        "nats-max-payload",
        "nats",
        "warning",
        "max_payload too large",
        "is max_payload at most 8 MiB?",
        "A few large messages fill a client's pending buffer: it stalls publishers, or is cut off"
        " as a slow consumer.",
        "varz",
        _servers,
        _payload,
    ),
    Check(
        "nats-write-deadline",
        "nats",
        "warning",
        "write_deadline too short",
        "is write_deadline at least 2 s?",
        "A moment of slow network disconnects healthy clients.",
        "varz",
        _servers,
        _deadline,
    ),
    Check(
        "nats-connections-limit",
        "nats",
        "warning",
        "connections near their limit",
        "is there room for more connections?",
        "At the limit new clients are refused, and so are those that reconnect.",
        "varz",
        _servers,
        _connections,
    ),
    Check(
        "nats-storage-limit",
        "nats",
        "warning",
        "JetStream storage nearly full",
        "does JetStream have room for more messages?",
        "At the limit every publish to a stream on this server is refused.",
        "varz",
        _stores,
        _storage,
    ),
    Check(
        "nats-storage-reserved",
        "nats",
        "warning",
        "JetStream storage nearly all reserved",
        "is there storage left for another stream?",
        "Streams reserve their max_bytes when they are created: the next one will be refused"
        " even if disks are empty.",
        "varz",
        _stores,
        _reserved,
    ),
    Check(
        "nats-store-in-tmp",
        "nats",
        "warning",
        "JetStream stores in a temporary folder",
        "are JetStream's files outside temporary folders?",
        "Whatever cleans it, such as a restart of the machine, deletes every stream.",
        "varz",
        _stores,
        _folder,
    ),
    Check(
        "nats-meta-leader",
        "nats",
        "critical",
        "JetStream without meta leader",
        "does JetStream have a meta leader?",
        "No stream or consumer can be created, changed or moved until there is one.",
        "varz",
        _servers,
        _meta,
    ),
    Check(
        "nats-even-servers",
        "nats",
        "warning",
        "even number of JetStream servers",
        "does an odd number of servers elect JetStream's meta leader?",
        "The extra server costs as much as the others, and the cluster survives no more failures.",
        "varz",
        _clusters,
        _even,
    ),
    Check(
        "nats-unhealthy",
        "nats",
        "critical",
        "server reports that it is unhealthy",
        "does each server report that it is healthy?",
        "Its clients are connected to a server that cannot serve them fully.",
        "healthz",
        _rows,
        _health,
    ),
    Check(
        "nats-clock",
        "nats",
        "warning",
        "clocks differ",
        "do the servers' clocks agree with this machine's?",
        "Ages, expiry and reads from a time are off by the difference, and certificates and JWTs"
        " may be refused.",
        "varz",
        _clocks,
        _clock,
    ),
    Check(
        "nats-route-missing",
        "nats",
        "critical",
        "servers of a cluster without a route",
        "does every server of a cluster have a route to every other?",
        "Routes forward a message one hop only: what is published on one of the two never reaches"
        " clients of the other.",
        "links",
        _pairs,
        _route,
    ),
    Check(
        "nats-gateway-down",
        "nats",
        "critical",
        "gateway without outbound connection",
        "is every gateway connected outbound?",
        "Messages may come from the other cluster, but none go there.",
        "links",
        _gateways,
        _gateway,
    ),
    Check(
        "nats-account-limits",
        "nats",
        "note",
        "account without a JetStream limit",
        "where there are several accounts, is the storage of each limited?",
        "One account can fill the disk that all of them share.",
        "jsz",
        _accounts,
        _account,
    ),
)
