"""Checks of JetStream's consumers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arcwatch.notation.subjects import overlap
from arcwatch.store.rows import NatsConsumerRow
from arcwatch.text import units

from .check import Check, Judgement, Severity, fault, named
from .generated_names import looks_generated
from .picture import Picture, consumer_address

NEAR = 0.8
"""Share of a limit."""
DAY = 86_400.0
"""Seconds after which nobody is about to come back."""
SHORT_WAIT = 5.0
"""Seconds: less than a busy worker, or its garbage collector, may take."""


def _consumers(picture: Picture) -> Iterable[NatsConsumerRow]:
    return picture.consumers


def _pushed(picture: Picture) -> Iterable[NatsConsumerRow]:
    return [row for row in picture.consumers if row.deliver_subject]


def _of_consumer(
    row: NatsConsumerRow, mend: str, severity: Severity | None = None, **figures: str
) -> Judgement:
    source = f"/jsz, leader {row.leader or 'none'}"
    return fault(consumer_address(row), source, mend, severity, **figures)


def _no_leader(row: NatsConsumerRow, picture: Picture) -> Judgement:
    stream = picture.stream_of(row)
    if row.leader or stream is None or stream.replicas == 1:
        return None
    return _of_consumer(
        row,
        "start its servers, more than half must run: nats consumer info"
        f" {named(row.stream, row.name)}",
        leader="none",
    )


def _small_window(row: NatsConsumerRow, picture: Picture) -> Judgement:
    most = row.max_ack_pending
    if not most or not row.num_ack_pending >= most or not row.num_pending > 0:
        return None
    return _of_consumer(
        row,
        f"nats consumer edit --max-pending {most * 4} {named(row.stream, row.name)};"
        " or acknowledge sooner",
        max_ack_pending=str(most),
        unacknowledged=units.whole(row.num_ack_pending),
        waiting_behind=units.whole(row.num_pending),
    )


def _endless(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if row.ack_policy == "none" or row.max_deliver is not None or not row.num_redelivered > 0:
        return None
    return _of_consumer(
        row,
        f"nats consumer edit --max-deliver 16 {named(row.stream, row.name)};"
        " after 16 a message is given up, so watch the advisories: arcwatch deadletters",
        max_deliver="none",
        redelivered=f"{units.things(row.num_redelivered, 'message')}, not yet acknowledged",
    )


def _no_flow_control(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if row.flow_control or row.deliver_group or row.ack_policy != "none":
        # what is to be acknowledged is held back by max_ack_pending; groups have none
        return None
    return _of_consumer(
        row,
        "use a pull consumer, or recreate it with --flow-control --heartbeat 5s: it loses its"
        " position, so start it from the sequence it had reached",
        deliver_subject=row.deliver_subject,
        flow_control="false",
        ack_policy=row.ack_policy,
    )


def _unserved(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if row.push_bound or not row.num_pending > 0:
        return None
    return _of_consumer(
        row,
        f"start the client that subscribes to {row.deliver_subject}; or, losing its position and"
        f" what only it keeps: nats consumer rm {named(row.stream, row.name)}",
        push_bound="false",
        deliver_subject=row.deliver_subject,
        pending=units.whole(row.num_pending),
    )


def _abandoned(row: NatsConsumerRow, picture: Picture) -> Judgement:
    seen = max((at for at in (row.last_delivered, row.last_ack) if at), default=None)
    idle = picture.since(seen or row.created)
    served = row.num_waiting or row.push_bound
    if not row.durable or served or not row.num_pending > 0 or idle is None or idle < DAY:
        return None
    stream = picture.stream_of(row)
    kept = stream.retention if stream else "unknown"
    return _of_consumer(
        row,
        f"nats consumer rm {named(row.stream, row.name)}, once nobody claims it: its"
        " position is lost, and with interest retention the messages that only it keeps",
        last_served=f"{units.duration(idle)} ago" if seen else f"never, in {units.duration(idle)}",
        pending=units.whole(row.num_pending),
        retention=kept,
    )


def _generated(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if not row.durable or not looks_generated(row.name):
        return None
    return _of_consumer(
        row,
        "name durables after services; for a single client use an ephemeral consumer with"
        " inactive_threshold",
        durable="true",
        pending=units.whole(row.num_pending),
    )


def _short_wait(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if row.ack_wait is None or row.ack_wait >= SHORT_WAIT or not row.num_redelivered > 0:
        return None
    return _of_consumer(
        row,
        f"nats consumer edit --wait 30s {named(row.stream, row.name)}, or let workers"
        " send in-progress acks (+WPI)",
        ack_wait=units.duration(row.ack_wait),
        redelivered=units.whole(row.num_redelivered),
    )


def _paused(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if not row.paused:
        return None
    return _of_consumer(
        row,
        f"nats consumer resume {named(row.stream, row.name)}",
        pending=units.whole(row.num_pending),
    )


def _no_match(row: NatsConsumerRow, picture: Picture) -> Judgement:
    stream = picture.stream_of(row)
    # what it copies keeps the subjects of its origins
    if not row.filters or stream is None or not stream.subjects or stream.origins:
        return None
    # what a transform does not match keeps its subject
    subjects = (*stream.subjects, *filter(None, (stream.stored_as,)))
    if any(overlap(one, other) for one in row.filters for other in subjects):
        return None
    return _of_consumer(
        row,
        f"nats consumer edit --filter … {named(row.stream, row.name)}, or add the"
        " subject to the stream",
        filter=", ".join(row.filters[:3]),
        subjects_of_the_stream=", ".join(subjects[:3]),
    )


def _pulls(row: NatsConsumerRow, picture: Picture) -> Judgement:
    if not row.max_waiting or row.num_waiting < NEAR * row.max_waiting:
        return None
    return _of_consumer(
        row,
        "let each client keep one pull request open and fetch larger batches; or recreate it with"
        " a larger --max-waiting, from the sequence it had reached",
        waiting_pulls=units.whole(row.num_waiting),
        max_waiting=str(row.max_waiting),
    )


CHECKS: tuple[Check[Any], ...] = (
    Check(
        "js-consumer-no-leader",
        "nats",
        "critical",
        "consumer without leader",
        "does every consumer have a leader?",
        "It delivers nothing, and acknowledgements sent to it are lost.",
        "jsz",
        _consumers,
        _no_leader,
    ),
    Check(
        "js-ack-pending",
        "nats",
        "warning",
        "max_ack_pending reached",
        "is max_ack_pending large enough for the workers?",
        "Nothing more is delivered, even to idle workers, until a message is acknowledged.",
        "jsz",
        _consumers,
        _small_window,
    ),
    Check(
        "js-endless-redelivery",
        "nats",
        "warning",
        "unlimited redelivery",
        "do consumers with redeliveries have a max_deliver?",
        "A message that always fails is redelivered for ever, and takes workers from the others.",
        "jsz",
        _consumers,
        _endless,
    ),
    Check(
        "js-flow-control",
        "nats",
        "warning",
        "push without flow control",
        "do push consumers have flow control?",
        "A client that reads more slowly than messages arrive is cut off as a slow consumer, or"
        " drops messages.",
        "jsz",
        _pushed,
        _no_flow_control,
    ),
    Check(
        "js-unserved",
        "nats",
        "warning",
        "push consumer without subscriber",
        "does every push consumer have a subscriber?",
        "Its messages wait; with interest or work queue retention the stream keeps them.",
        "jsz",
        _pushed,
        _unserved,
    ),
    Check(
        "js-abandoned",
        "nats",
        "warning",
        "unused durable consumer",
        "was every durable consumer used in the last day?",
        "With interest or work queue retention the stream keeps all it has not acknowledged, and"
        " its backlog raises false alarms.",
        "jsz",
        _consumers,
        _abandoned,
    ),
    Check(
        "js-generated-name",
        "nats",
        "note",
        "durable consumer with a generated name",
        "do durable consumers have chosen names?",
        "Each start of a client may leave another behind, and their number only grows.",
        "jsz",
        _consumers,
        _generated,
    ),
    Check(
        "js-short-ack-wait",
        "nats",
        "warning",
        "ack_wait shorter than the work",
        "is ack_wait long enough?",
        "Messages are redelivered while the first worker is still busy with them: the work is"
        " done twice.",
        "jsz",
        _consumers,
        _short_wait,
    ),
    Check(
        "js-paused",
        "nats",
        "note",
        "paused consumer",
        "are all consumers running, not paused?",
        "It delivers nothing until it is resumed, and looks like a slow consumer.",
        "jsz",
        _consumers,
        _paused,
    ),
    Check(
        "js-filter",
        "nats",
        "critical",
        "filter that matches no subject",
        "can every consumer's filter match?",
        "It never receives a message.",
        "jsz",
        _consumers,
        _no_match,
    ),
    Check(
        "js-pulls",
        "nats",
        "warning",
        "waiting pulls near their limit",
        "is there room for more waiting pulls?",
        "At the limit further pulls are refused: those clients get 409 Exceeded MaxWaiting.",
        "jsz",
        _consumers,
        _pulls,
    ),
)
