"""What a column of ``--json`` is called in a table of text, the same for both systems."""

from __future__ import annotations

_NAMES = {
    "ack_rate": "ACKED/S",
    "api_rate": "API/S",
    "cpu": "CPU",
    "dead_letter_rate": "DEAD LETTERS/S",
    "delivered_rate": "DELIVERED/S",
    "failed_rate": "FAILED/S",
    "first_seq": "FIRST SEQUENCE",
    "gaps": "MISSED",
    "growth": "GROWTH/S",
    "heap_max": "MAX HEAP",
    "heap_used": "HEAP",
    "in_bytes": "BYTES IN",
    "in_bytes_limit": "IN B/S LIMIT",
    "in_bytes_rate": "IN B/S",
    "in_msgs": "MSG IN",
    "in_msgs_rate": "IN/S",
    "in_rate": "IN/S",
    "last_seq": "LAST SEQUENCE",
    "lived": "LIFETIME",
    "lost_how": "LOSS CAUSE",
    "lost_in": "LOSS IN",
    "max": "MAX MESSAGES",
    "mem": "MEMORY",
    "messages_rate": "MSG/S",
    "msg_rate_in": "IN/S",
    "msg_rate_out": "OUT/S",
    "msgs": "MESSAGES",
    "msgs_rate": "MSG/S",
    "num_ack_pending": "ACK PENDING",
    "num_deleted": "DELETED",
    "num_pending": "PENDING",
    "num_redelivered": "REDELIVERED",
    "num_subjects": "DISTINCT SUBJECTS",
    "num_waiting": "WAITING PULLS",
    "out_bytes": "BYTES OUT",
    "out_bytes_limit": "OUT B/S LIMIT",
    "out_bytes_rate": "OUT B/S",
    "out_msgs": "MSG OUT",
    "out_msgs_rate": "OUT/S",
    "out_rate": "OUT/S",
    "queue": "QUEUE GROUP",
    "rate": "MSG/S",
    "redeliver_rate": "REDELIVERED/S",
    "rtt": "LAST RTT",
    "says": "NOTE",
    "server_name": "SERVER",
    "source": "SUBSCRIPTION",
    "stalls_rate": "STALLS/S",
    "stop": "CLOSED",
    "storage_size": "STORED",
    "throughput_in": "IN B/S",
    "throughput_out": "OUT B/S",
    "unacked_messages": "UNACKED",
    "underreplicated": "UNDER-REPLICATED",
    "unknown": "NOT REPORTED",
}
"""Fields whose names are not words that people use."""


_NAMES_IN = {
    "BacklogRow": {"address": "BACKLOG OF", "messages": "WAITING", "age": "OLDEST"},
    "NatsConsumerRow": {"name": "CONSUMER"},
    "NatsKeyRow": {"time": "STORED"},
    "NatsObjectRow": {"name": "OBJECT", "time": "STORED"},
    "PulsarBookieRow": {"why": "ERROR"},
    "PulsarFunctionRow": {"name": "FUNCTION", "why": "ERROR"},
    "PulsarReplicatorRow": {"backlog_entries": "ENTRIES", "delay": "OLDEST"},
    "PulsarResourceGroupRow": {"group": "RESOURCE GROUP"},
    "PulsarSubscriptionRow": {
        "name": "SUBSCRIPTION",
        "backlog_entries": "ENTRIES",
        "backlog_messages": "WAITING",
        "backlog_size": "BYTES",
    },
    "PulsarTransactionRow": {
        "id": "TRANSACTION",
        "topics": "PUBLISHES TO",
        "subscriptions": "ACKS PENDING IN",
    },
    "PulsarTopicRow": {"backlog_entries": "ENTRIES", "backlog_messages": "WAITING"},
    "PulsarTreeRow": {"backlog_entries": "ENTRIES", "backlog_messages": "WAITING"},
    "SchemaRow": {"created": "REGISTERED", "says": "DIFFERENCE FROM THE ONE BEFORE"},
    "TopicPolicyRow": {"name": "POLICY"},
}
"""The same by the type of their row, where the word's meaning depends on it."""


def heading(field: str, of: str = "") -> str:
    """The heading of a field, ``of`` a type of row.

    >>> heading("in_msgs_rate"), heading("msg_rate_in"), heading("limit_used")
    ('IN/S', 'IN/S', 'LIMIT USED')
    >>> heading("messages"), heading("messages", "BacklogRow")
    ('MESSAGES', 'WAITING')
    """
    return _NAMES_IN.get(of, {}).get(field) or _NAMES.get(field) or field.replace("_", " ").upper()
