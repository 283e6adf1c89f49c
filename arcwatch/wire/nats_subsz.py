"""``/subsz`` of a NATS server, JSON to model: the subscriptions matching a subject.

Field names follow ``server/monitor.go`` of nats-server 2.2 to 2.15 (``Subsz``, ``SubDetail``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
from msgspec import Struct, field

from .nats_json import decode
from .numbers import Int64


class _Subscription(Struct, gc=False):
    qgroup: str = ""


class _Subsz(Struct):
    num_subscriptions: Int64
    subscriptions_list: list[_Subscription] = field(default_factory=list)


_subsz = msgspec.json.Decoder(_Subsz)


def parse_subscription_count(body: bytes, where: str = "/subsz") -> int:
    """How many subscriptions a server has, of a ``/subsz`` without any listed.

    Raises:
        WireError: Not such an answer.
    """
    return decode(_subsz, body, where).num_subscriptions


def parse_queue_groups(body: bytes, where: str = "/subsz") -> Mapping[str, int]:
    """The queue groups of a ``/subsz?subs=1&test=SUBJECT``, each with its subscriptions.

    Raises:
        WireError: Not such an answer.
    """
    listed = decode(_subsz, body, where).subscriptions_list
    return Counter(each.qgroup for each in listed if each.qgroup)
