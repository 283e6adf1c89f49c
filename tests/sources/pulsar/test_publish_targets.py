"""Whether somebody stores, and so acknowledges, what is published to a subject."""

import pytest

from arcwatch.errors import NotThereError, SourceError
from arcwatch.sources.pulsar.publish_targets import stream_of


class Connection:
    """To a server that answers one question, or not."""

    def __init__(self, answer, *, is_reached=True):
        self._answer, self._is_reached, self.asked = answer, is_reached, []

    def jetstream(self, question):
        return f"$JS.API.{question}"

    async def ask(self, subject, body):
        self.asked.append((subject, body))
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def reached(self, timeout):
        return self._is_reached


@pytest.mark.parametrize(
    ("answer", "stream"),
    [
        (b'{"streams":["ORDERS"]}', "ORDERS"),
        (b'{"streams":null}', ""),
        (b"{}", ""),
        (b"no json", ""),
        (NotThereError("no responders"), ""),
        # we may not ask
        (SourceError("no answer"), ""),
    ],
)
async def test_a_subject_is_stored_by_its_stream_or_nobody(answer, stream):
    connection = Connection(answer)
    assert await stream_of(connection, "orders.eu") == stream
    assert connection.asked == [("$JS.API.STREAM.NAMES", b'{"subject":"orders.eu"}')]


async def test_a_server_that_answers_nothing_at_all_is_an_error():
    with pytest.raises(SourceError):
        await stream_of(Connection(SourceError("no answer"), is_reached=False), "orders.eu")
