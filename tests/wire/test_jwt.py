"""What is read of a token that somebody else wrote."""

import base64

import pytest

from arcwatch.wire.jwt import Claims, claims_of

DEEP = b'{"x":' + b"[" * 100_000


@pytest.mark.parametrize(
    "payload",
    [DEEP, DEEP + b"]" * 100_000 + b"}", b'{"sub":"\xff"}', b'{"exp":1e400}', b'{"sub":5}'],
    ids=["deep", "deep and whole", "not UTF-8", "beyond any time", "a subject that is none"],
)
def test_a_payload_that_is_no_claims_has_none(payload):
    assert claims_of(f"e30.{base64.urlsafe_b64encode(payload).decode()}.") == Claims()
