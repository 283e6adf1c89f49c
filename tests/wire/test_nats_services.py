"""What services say, and what claims to be one."""

import pytest

from arcwatch.errors import WireError
from arcwatch.wire.nats_services import parse_stats

ANSWER = b"""{"name": "sums", "id": "x1", "version": "1.0.0", "endpoints": [
 {"name": "add", "subject": "sums.add", "num_requests": 4, "num_errors": 1,
  "last_error": "400:bad", "average_processing_time": 2500000},
 {"name": "idle", "subject": "sums.idle"}]}"""


def test_nanoseconds_become_seconds_and_an_average_of_nothing_is_unknown():
    add, idle = parse_stats(ANSWER)
    assert (add.requests, add.errors, add.average, add.last_error) == (4, 1, 0.0025, "400:bad")
    assert (idle.service, idle.requests, idle.average) == ("sums", 0, None)


@pytest.mark.parametrize("told", [b"", b', "average_processing_time": -5'])
def test_an_average_that_is_not_told_is_not_zero(told):
    body = b'{"name": "x", "id": "1", "endpoints": [{"num_requests": 3%s}]}' % told
    (one,) = parse_stats(body)
    assert (one.requests, one.average) == (3, None)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name": 1}', b'{"name": "x"}', b"\xff"])
def test_what_is_no_such_answer_is_one_error(body):
    with pytest.raises(WireError):
        parse_stats(body)
