"""A topic as the client library reads it, without a broker: a client, its readers, raw messages."""

from types import SimpleNamespace

import pulsar

from arcwatch.sources.pulsar.stored_topic import StoredTopic

NAME = "persistent://arc/a/t"
NOTHING = b'{"ledgers":[{"ledgerId":5}]}'


class Place:
    """The id of a message."""

    def __init__(self, ledger, entry, batch=-1, size=0, text=""):
        self._place, self._size, self._text = (ledger, entry, batch), size, text

    def ledger_id(self):
        return self._place[0]

    def entry_id(self):
        return self._place[1]

    def batch_index(self):
        return self._place[2]

    def serialize(self):
        # MessageIdData: ledgerId 1, entryId 2, batch_index 4, batch_size 6
        ledger, entry, batch = self._place
        return bytes((8, ledger, 16, entry, 32, max(batch, 0), 48, self._size))

    def __str__(self):
        return self._text or "({},{},{},-1)".format(*self._place)


class Raw:
    """A message of the library."""

    def __init__(self, place, time=1_000, body=b"x"):
        self._place, self._time, self._body = place, time, body
        # what of it the library keeps for itself
        self._message = SimpleNamespace(length=lambda: len(body), int_schema_version=lambda: -1)

    def message_id(self):
        return self._place

    def publish_timestamp(self):
        return self._time

    def event_timestamp(self):
        return 0

    def data(self):
        return self._body

    def properties(self):
        return {}

    def partition_key(self):
        return ""

    def producer_name(self):
        return "p"

    def ordering_key(self):
        return ""


class Reader:
    def __init__(self, raws, fails=0):
        self._raws, self.fails, self.closed = list(raws), fails, False

    def read_next(self, milliseconds):
        if self.fails:
            raise pulsar.PulsarException("lost")
        if not self._raws:
            raise pulsar.Timeout("nothing came")
        return self._raws.pop(0)

    def has_message_available(self):
        return bool(self._raws)

    def is_connected(self):
        return True

    def close(self):
        self.closed = True


class Client:
    """Opens readers from an entry on; ``losing`` of them first lose their broker."""

    def __init__(self, raws, losing=0):
        self._raws, self._losing, self.readers, self.queues = list(raws), losing, [], []

    def create_reader(self, name, first, *, receiver_queue_size, **more):
        assert name == NAME
        at = (first.ledger_id(), first.entry_id())
        if str(first) == str(pulsar.MessageId.earliest):
            at = (-1, -1)
        held = [raw for raw in self._raws if place_of(raw)[:2] >= at]
        self.readers.append(Reader(held, fails=len(self.readers) < self._losing))
        self.queues.append(receiver_queue_size)
        return self.readers[-1]


class Watch:
    def __init__(self):
        self.watched = set()

    def add(self, reader):
        self.watched.add(reader)

    def remove(self, reader):
        self.watched.discard(reader)


def place_of(raw):
    place = raw.message_id()
    return place.ledger_id(), place.entry_id(), place.batch_index()


def single(entry, ledger=5, **more):
    return Raw(Place(ledger, entry), **more)


def batch(entry, count, ledger=5, **more):
    return [Raw(Place(ledger, entry, index, count), **more) for index in range(count)]


def topic(cluster, raws, losing=0):
    """The topic, its client and the watch over its readers."""
    client, watch = Client(raws, losing), Watch()
    return StoredTopic(cluster, client, watch, NAME, ""), client, watch
