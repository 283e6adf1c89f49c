"""The open topic, with list figures where its own answers have none yet."""

from __future__ import annotations

from math import nan

from msgspec.structs import replace

from arcwatch.store.rows import PulsarSubscriptionRow, PulsarTopicRow, row_of

from .topic_rows import TopicRow, TopicSubscriptionRow


def with_listed(opened: TopicRow | None, listed: PulsarTopicRow | None) -> TopicRow | None:
    """The row of an open topic from its first frame on.

    Its own rates take two answers, many seconds apart; the list has counted all along.

    Args:
        opened: Its own answers; None before the first.
        listed: The topic as brokers' metrics have it; None where no broker has loaded it.
    """
    if listed is None:
        return opened
    if opened is None:
        return _from_list(listed)
    known = {row.name: row for row in listed.subscriptions}
    return replace(
        opened,
        msg_rate_in=_first(opened.msg_rate_in, listed.msg_rate_in),
        msg_rate_out=_first(opened.msg_rate_out, listed.msg_rate_out),
        throughput_in=_first(opened.throughput_in, listed.throughput_in),
        throughput_out=_first(opened.throughput_out, listed.throughput_out),
        subscriptions=tuple(_filled(row, known.get(row.name)) for row in opened.subscriptions),
    )


def _from_list(row: PulsarTopicRow) -> TopicRow:
    return row_of(
        TopicRow,
        row,
        gone=False,
        last_offloaded=None,
        last_offload_failed=None,
        about=None,
        subscriptions=tuple(_of_list(sub) for sub in row.subscriptions),
        consumers=(),
        producers=(),
        parts=(),
        replication=(),
    )


def _of_list(row: PulsarSubscriptionRow) -> TopicSubscriptionRow:
    return row_of(
        TopicSubscriptionRow,
        row,
        durable=True,
        consumers=int(row.consumers) if row.consumers == row.consumers else 0,
        active_consumer="",
    )


def _filled(row: TopicSubscriptionRow, known: PulsarSubscriptionRow | None) -> TopicSubscriptionRow:
    if known is None:
        return row
    return replace(
        row,
        msg_rate_out=_first(row.msg_rate_out, known.msg_rate_out),
        throughput_out=_first(row.throughput_out, known.throughput_out),
    )


def _first(value: float, otherwise: float) -> float:
    """The first of two figures that is known; ``nan`` if neither is."""
    return next((each for each in (value, otherwise) if each == each), nan)
