"""Ask for the open transactions of a cluster, and for what each hides."""

from __future__ import annotations

from msgspec.structs import replace

from arcwatch.errors import LackingError, RefusedError, SourceError
from arcwatch.model.pulsar import PulsarTransactions
from arcwatch.wire.pulsar_cursors import Cursors, parse_cursors
from arcwatch.wire.pulsar_transactions import parse_transactions

from .cluster import PulsarCluster, topic_path

MOST = 20
"""Topics that are asked for what is hidden in them, those of the oldest transactions."""

OPEN = "transactions/slowTransactions/0"


async def transactions(cluster: PulsarCluster, *, hides: bool) -> PulsarTransactions:
    """The open transactions, if permitted."""
    try:
        body = await cluster.ask(OPEN, about="transactions", version="v3")
    except (RefusedError, LackingError):
        return PulsarTransactions(None)
    found = parse_transactions(body, cluster.place(OPEN, "v3"))
    return await _with_hidden(cluster, found) if hides else found


async def _with_hidden(cluster: PulsarCluster, found: PulsarTransactions) -> PulsarTransactions:
    topics = dict.fromkeys(part.topic for one in found.open or () for part in one.produced)
    ends: dict[str, Cursors] = {}
    for topic in list(topics)[:MOST]:
        path = f"{topic_path(topic)}/internalStats"
        try:
            body = await cluster.ask(path, about=topic)
            ends[topic] = parse_cursors(body, cluster.place(path))
        except SourceError:
            # what it hides is then not known
            continue
    return PulsarTransactions(
        tuple(
            replace(
                one,
                produced=tuple(
                    replace(part, hides=_from(ends[part.topic], part.ledger, part.entry))
                    if part.topic in ends and part.ledger >= 0
                    else part
                    for part in one.produced
                ),
            )
            for one in found.open or ()
        )
    )


def _from(topic: Cursors, ledger: int, entry: int) -> float:
    held = sum(each.entries for each in topic.ledgers if each.ledger >= ledger)
    return float(max(0, held - entry))
