"""Errors of HTTP requests: what failed, where and why, and no secret."""

import socket

import httpx
import pytest

from arcwatch.errors import RefusedError
from arcwatch.sources.net.http_errors import failed, place, quoted, refused
from tests.sources.net.test_http import HINT, failure, http


@pytest.mark.parametrize(
    "url",
    [
        "http://arc:s3cret@127.0.0.1:1/varz",
        "http://arc:s3cret@no-such-host.invalid/varz",
        "http://arc:s3#cret@127.0.0.1:1/varz",
        "http://arc:s3/cret@127.0.0.1:1/varz",
        "http://arc:s3?cret@127.0.0.1:1/varz",
        "http://arc:s3@cret@127.0.0.1:1/varz",
        "http://arc:s3\ncret@127.0.0.1:1/varz",
        "arc:s3cret@127.0.0.1:1/varz",
        "nats://arc:s3cret@127.0.0.1:1/varz",
        "http://arc:s3cret@127.0.0.1:x/varz",
    ],
)
async def test_no_spelling_of_a_password_gets_into_an_error(client, url):
    error = await failure(client, url)
    assert "s3" not in str(vars(error))
    assert "cret" not in str(vars(error))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h:1/a/b", "http://h:1/a/b"),
        ("http://[::1]:8222/varz", "http://[::1]:8222/varz"),
        ("http://[::1]/varz", "http://[::1]/varz"),
        ("http://u@h/", "http://h/"),
        ("http://h/a@b", "http://h/a@b"),
        ("h:1/x?y#z", "h:1/x"),
    ],
)
def test_a_place_keeps_what_is_no_secret(url, shown):
    assert place(url) == shown


async def test_an_error_page_is_quoted_without_its_tags(client, serve_bytes):
    page = b"<!DOCTYPE html>\n<html><head><title>404\x1b[2J</title></head><p>not here</html>"
    port = await serve_bytes(http(page, "404 Not Found"))
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (error.what, error.why, error.hint) == ("HTTP 404", "404␛[2J not here", HINT)


async def test_a_server_that_would_have_tls(client, serve_bytes):
    said = b"Client sent an HTTP request to an HTTPS server.\n"
    port = await serve_bytes(http(said, "400 Bad Request"))
    assert (await failure(client, f"http://127.0.0.1:{port}/")).hint == "write https://HOST:PORT"


async def test_a_redirect_is_told_and_not_followed(client, serve_bytes):
    port = await serve_bytes(http(b"", "302 Found", location="http://u:s3cret@10.9.9.9:1/x?y"))
    error = await failure(client, f"http://127.0.0.1:{port}/")
    assert (error.what, error.why) == ("HTTP 302", "it points to http://10.9.9.9:1/x")


@pytest.mark.parametrize("status", ["302 Found", "401 Unauthorized", "500 Oops", "503 Not Yet"])
async def test_a_status_without_a_word(client, serve_bytes, status):
    port = await serve_bytes(http(b"", status))
    assert (await failure(client, f"http://127.0.0.1:{port}/")).what[:8] == f"HTTP {status[:3]}"


@pytest.mark.parametrize(
    ("error", "what", "why", "hint"),
    [
        (httpx.ConnectTimeout(""), "no connection in time", "waited 3 s", "check the host"),
        (httpx.ReadTimeout(""), "no answer in time", "waited 20 s", "check whether the server"),
        (httpx.ConnectError("all failed"), "cannot connect", "all failed", "check that it is"),
        (httpx.InvalidURL("no port: s3cret"), "not a URL", "no port", "write http://HOST:PORT"),
        (
            httpx.LocalProtocolError("illegal header s3cret"),
            "not an HTTP answer",
            "the request has a header that HTTP does not allow",
            "mine",
        ),
    ],
)
def test_what_failed_is_told_by_what_lies_beneath(error, what, why, hint):
    found = failed(error, "http://u:s3cret@h:1/x", hint="mine", timeout=20)
    assert (found.what, found.where, found.why) == (what, "http://h:1/x", why)
    assert found.hint.startswith(hint)


def test_the_deepest_cause_that_is_known_is_the_one_that_is_told():
    top = httpx.ConnectError("all attempts failed")
    top.__cause__ = socket.gaierror(-2, "Name or service not known")
    found = failed(top, "http://nobody/", hint="", timeout=1)
    assert (found.what, found.why) == ("unknown host", "Name or service not known")
    known = failed(top, "https://h/", hint="mine", timeout=1, speaks="an SSH port")
    assert (known.what, known.why, known.hint) == (
        "not an HTTP answer",
        "this is an SSH port",
        "mine",
    )


@pytest.mark.parametrize(
    ("status", "body", "who", "what", "is_refusal"),
    [
        (401, "", "", "HTTP 401, not logged in", True),
        (401, "", "token of arc", "HTTP 401, login refused", False),
        (401, '{"reason":"no role"}', "token of arc", "HTTP 401, not permitted", True),
        (403, "", "", "HTTP 403, not permitted", True),
        (500, "", "", "HTTP 500", False),
    ],
)
def test_a_login_that_does_not_hold_is_told_from_what_a_good_one_may_not(
    status, body, who, what, is_refusal
):
    found = refused("http://h/", status, body, "", hint="", who=who)
    assert (found.what, isinstance(found, RefusedError)) == (what, is_refusal)


def test_words_of_others_are_one_short_line():
    assert quoted('{"reason":"no such topic","x":1') == "no such topic"
    assert quoted("<html><tr><th>MESSAGE:</th><td>Not here.</td></tr>") == "Not here"
    assert len(quoted("x\n" * 9_000)) <= 160
