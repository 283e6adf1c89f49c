"""A server's ``INFO``, and who we are to it."""

import msgspec
import pytest

from arcwatch.errors import WireError
from arcwatch.wire.nats_user import parse_info, parse_user


def limits(**permissions):
    return parse_user(msgspec.json.encode({"data": {"permissions": permissions}}), "here").limits


def test_a_user_without_permissions_may_do_anything():
    assert parse_user(b'{"data": {"user": "u", "permissions": null}}', "here").limits == ""
    assert limits() == ""


def test_what_is_allowed_and_what_is_not_are_told_in_an_order_that_stays():
    assert limits(publish={"allow": ["b", "a.>"]}) == "may publish a.> b"
    assert limits(publish={"deny": ["x"]}, subscribe={"allow": ["y"], "deny": ["z"]}) == (
        "may not publish x, may subscribe y, may not subscribe z"
    )


def test_a_login_that_does_not_end_expires_never():
    assert parse_user(b"{}", "here").expires == 0
    assert parse_user(b'{"data": {"expires": 5000000000}}', "here").expires == 5_000_000_000


def test_what_a_server_leaves_out_of_its_first_line_is_not_so():
    found = parse_info(b'{"server_id": "N", "version": "2.15.1", "jetstream": true}', "here")
    assert (found.version, found.jetstream, found.tls_required) == ("2.15.1", True, False)
    with pytest.raises(WireError, match="here"):
        parse_info(b"+OK", "here")
