"""Errors of HTTP requests: what failed, where and why, and no secret."""

import pytest

from arcwatch.sources.net.http_errors import place
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
