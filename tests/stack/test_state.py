"""The state file of a stack, whatever is in it."""

import msgspec
import pytest

from arcwatch.stack import local
from arcwatch.stack.ports import Ports
from arcwatch.stack.state import Endpoints, StackState, read_state, state_file, write_state

ENDPOINTS = Endpoints.at(Ports(1, 2, 3, 4), pulsar=True)


@pytest.mark.parametrize("pid", [0, 1, -1, 2**40, 10**30])
def test_a_number_that_no_process_has_is_no_state(tmp_path, pid):
    state = StackState.coming(1, ENDPOINTS, traffic=False)
    write_state(tmp_path, state)
    whole = msgspec.json.decode(state_file(tmp_path).read_bytes())
    whole["nats"]["pid"] = pid
    state_file(tmp_path).write_bytes(msgspec.json.encode(whole))
    assert read_state(tmp_path) is None
    assert local.stop_in(tmp_path) is False


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"keeper":1}', b"\xff", b'{"\xff":1}', b'{"x":' + b"[" * 9_000]
)
def test_a_state_that_cannot_be_read_is_no_state(tmp_path, content):
    state_file(tmp_path).write_bytes(content)
    assert read_state(tmp_path) is None
