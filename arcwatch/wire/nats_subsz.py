"""``/subsz`` of a NATS server, JSON to model: the subscriptions matching a subject.

Field names follow ``server/monitor.go`` of nats-server 2.2 to 2.15 (``Subsz``, ``SubDetail``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from arcwatch.model.nats import NatsInterest, NatsSubscriber, NatsSubscription
from arcwatch.notation.subjects import overlap

from .nats_json import decode, moment, placed
from .numbers import Count, Int64, known, known_or_none


class _Subscription(Struct, gc=False):
    account: str = ""
    subject: str = ""
    qgroup: str = ""
    sid: str = ""
    msgs: Count = 0
    max: Count = 0
    cid: Int64 = 0


class _Subsz(Struct):
    num_subscriptions: Int64
    server_id: str = ""
    now: str = ""
    subscriptions_list: list[_Subscription] = field(default_factory=list)


_subsz = msgspec.json.Decoder(_Subsz)


def parse_subscription_count(body: bytes, where: str = "/subsz") -> int:
    """How many subscriptions a server has, of a ``/subsz`` without any listed."""
    return decode(_subsz, body, where).num_subscriptions


def parse_queue_groups(body: bytes, where: str = "/subsz") -> Mapping[str, int]:
    """The queue groups of a ``/subsz?subs=1&test=SUBJECT``, each with its subscriptions."""
    listed = decode(_subsz, body, where).subscriptions_list
    return Counter(each.qgroup for each in listed if each.qgroup)


def parse_interest(subject: str, body: bytes, where: str = "/subsz") -> NatsInterest:
    """Who of a ``/subsz?subs=1`` receives messages of a subject.

    Args:
        body: The body, JSON; about 150 bytes a subscription.
    """
    doc = decode(_subsz, body, where)
    with placed(where, "$.now"):
        now = moment(doc.now)
    found = [_subscriber(one) for one in doc.subscriptions_list if overlap(one.subject, subject)]
    return NatsInterest(doc.server_id, now, subject, tuple(found))


def _subscriber(one: _Subscription) -> NatsSubscriber:
    most = known_or_none(one.max) or None
    subscription = NatsSubscription(one.sid, one.subject, one.qgroup, known(one.msgs), most)
    return NatsSubscriber(one.account, one.cid, subscription)
