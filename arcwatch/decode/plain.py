"""Bytes of which nothing is known: JSON, MessagePack, text, or none of these."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from .bounds import MAX_DEPTH, MAX_VALUES, Beyond, Content, Unreadable, nested_deeper
from .msgpack import CONTAINERS, message_pack

_BOM = b"\xef\xbb\xbf"
_json = msgspec.json.Decoder()


def read(body: bytes) -> Content:
    """Decode ``body`` without a schema; base64 and the reason if that fails.

    JSON comes first: every JSON document is also text.  Nothing is text that has a zero byte in
    it, which is how ``grep`` and ``git`` decide too.
    """
    if not body:
        return Content("null", None)
    error = None
    try:
        return Content("json", json(body))
    except Beyond as past:
        error = str(past)
    except Unreadable:
        pass
    if body[0] in CONTAINERS:
        try:
            return Content("msgpack", message_pack(body))
        except Beyond as past:
            error = str(past)
        except Unreadable:
            pass
    try:
        return Content("text", text(body), error)
    except Unreadable as not_text:
        return unread(body, error or f"neither JSON nor MessagePack, and {not_text}")


def json(body: bytes) -> Any:
    """``body`` as JSON (RFC 8259), a byte order mark before it allowed.

    Of two equal names in an object the last one counts; a number with a fraction is a double.
    """
    openings = body.count(b"[") + body.count(b"{")
    if openings > MAX_VALUES:
        raise Beyond(f"more than {MAX_VALUES:,} lists and objects")
    try:
        value = _json.decode(body.removeprefix(_BOM))
    except RecursionError as error:
        raise Beyond(f"JSON nested more than {MAX_DEPTH} deep") from error
    except msgspec.ValidationError as error:
        raise Beyond(f"JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable("not JSON: text in it is not UTF-8") from error
    except msgspec.DecodeError as error:
        why = str(error).removeprefix("JSON is malformed: ")
        raise Unreadable(f"not JSON: {why}") from error
    if openings > MAX_DEPTH and nested_deeper(value):
        raise Beyond(f"JSON nested more than {MAX_DEPTH} deep")
    return value


def text(body: bytes) -> str:
    """``body`` as UTF-8 text."""
    if (zero := body.find(b"\0")) >= 0:
        raise Unreadable(f"not text: byte {zero} is zero")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text: {error.reason} at byte {error.start}") from error


def unread(body: bytes, error: str | None) -> Content:
    """``body`` itself, which loses nothing."""
    return Content("base64", base64.b64encode(body).decode(), error)
