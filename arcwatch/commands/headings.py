"""What a column of ``--json`` is called in a table of text, the same for both systems."""

from __future__ import annotations

_NAMES = {
    "ack_rate": "ACKED/S",
    "api_rate": "API/S",
    "cpu": "CPU",
    "dead_letter_rate": "DEAD LETTERS/S",
    "delivered_rate": "DELIVERED/S",
    "first_seq": "FIRST SEQUENCE",
    "gaps": "MISSED",
    "growth": "NET/S",
    "heap_max": "MAX HEAP",
    "heap_used": "HEAP",
    "in_bytes": "BYTES IN",
    "in_bytes_rate": "BYTES IN/S",
    "in_msgs": "MSG IN",
    "in_msgs_rate": "MSG IN/S",
    "in_rate": "MSG IN/S",
    "last_seq": "LAST SEQUENCE",
    "lived": "LIFETIME",
    "lost_how": "LOSS CAUSE",
    "lost_in": "LOSS IN",
    "max": "MAX MESSAGES",
    "mem": "MEMORY",
    "messages_rate": "MSG/S",
    "msg_rate_in": "MSG IN/S",
    "msg_rate_out": "MSG OUT/S",
    "msgs": "MESSAGES",
    "msgs_rate": "MSG/S",
    "num_ack_pending": "ACK PENDING",
    "num_deleted": "DELETED",
    "num_pending": "PENDING",
    "num_redelivered": "REDELIVERED",
    "num_subjects": "DISTINCT SUBJECTS",
    "num_waiting": "WAITING PULLS",
    "out_bytes": "BYTES OUT",
    "out_bytes_rate": "BYTES OUT/S",
    "out_msgs": "MSG OUT",
    "out_msgs_rate": "MSG OUT/S",
    "out_rate": "MSG OUT/S",
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
    "throughput_in": "BYTES IN/S",
    "throughput_out": "BYTES OUT/S",
    "unacked_messages": "UNACKED",
    "unknown": "NOT REPORTED",
}
"""Fields whose names are not words that people use."""


def heading(field: str) -> str:
    """The heading of a field.

    >>> heading("in_msgs_rate"), heading("msg_rate_in"), heading("limit_used")
    ('MSG IN/S', 'MSG IN/S', 'LIMIT USED')
    """
    return _NAMES.get(field) or field.replace("_", " ").upper()
