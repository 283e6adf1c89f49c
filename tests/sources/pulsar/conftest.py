"""A cluster whose broker answers as a test says."""

import pytest

from arcwatch.sources.pulsar.cluster import PulsarCluster


class Turns(list):
    """Answers to the same question, one after the other; the last one for ever."""

    def next(self):
        return self.pop(0) if len(self) > 1 else self[0]


class Answers(dict):
    def get(self, path, default):
        # a reason of its own: what lacks one is lacking in a version
        found = super().get(path, (404, b'{"reason":"no"}'))
        return found.next() if isinstance(found, Turns) else found


@pytest.fixture
def answered(client, broker):
    """A cluster, and what it is asked: ``await answered({path below /admin/v2/: body})``.

    A body is a 200, a number a status with a reason, a pair both, None what the version lacks, a
    list what is answered in turns.
    """

    def whole(answer):
        if isinstance(answer, list):
            return Turns(map(whole, answer))
        if isinstance(answer, tuple):
            return answer
        if answer is None:
            return 404, b""
        return (answer, b'{"reason":"no"}') if isinstance(answer, int) else (200, answer)

    async def start(answers):
        rooted = {
            path if path.startswith("/") else f"/admin/v2/{path}": whole(answer)
            for path, answer in answers.items()
        }
        port, asked = await broker(Answers(rooted))
        return PulsarCluster(f"http://127.0.0.1:{port}", client), asked

    return start
