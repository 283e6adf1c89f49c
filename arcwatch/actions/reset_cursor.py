"""Moves a subscription's cursor, which Pulsar calls resetting it."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from typing import NamedTuple

import httpx
import msgspec

from arcwatch.errors import NotThereError, RefusedError, SourceError
from arcwatch.text.control_characters import printable

TIMEOUT = 30.0
"""Seconds: the broker first disconnects all consumers."""
LARGEST = 65_536
"""Most bytes read of an answer, which is one sentence."""
_UNSAVED = "unable to persist"
"""In the reason of a 412 of a broker that has moved the cursor and could not store where: it may
yet, as when it is being shut down (``ManagedCursorImpl.asyncResetCursor`` of Pulsar 4.0)."""

_UNCERTAIN = "it is not known whether the cursor was moved"


class UncertainError(SourceError):
    """The broker was lost after the request: the cursor may have moved, or may yet move."""


class ResetPosition(msgspec.Struct, rename="camel", frozen=True):
    """``ResetCursorData`` of Pulsar 4.0: the next entry to be sent, or where it will be written."""

    ledger_id: int
    entry_id: int
    partition_index: int = -1
    batch_index: int = -1


async def reset_cursor(
    client: httpx.AsyncClient,
    url: str,
    place: ResetPosition,
    *,
    where: str,
    follow: Container[str] = (),
) -> None:
    """Move it.  What is connected to the subscription is disconnected, and connects again.

    Args:
        url: ``…/admin/v2/persistent/…/subscription/NAME/resetcursor``.
        follow: ``host:port`` of brokers that one redirect may lead to, credentials and all.

    Raises:
        NotThereError: There is no such topic or subscription.
        RefusedError: We may not.
        UncertainError: Nobody knows whether it was moved.
        SourceError: It was not moved.
    """
    try:
        answer = await _post(client, url, place)
        if answer.status == 307:
            asked = httpx.URL(url)
            target = asked.join(answer.location)
            # never from TLS to plain text: the credentials go along
            if target.scheme == asked.scheme and f"{target.host}:{target.port}" in follow:
                answer = await _post(client, str(target), place)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, UnicodeError) as error:
        raise SourceError("the cursor was not moved", where=where, why=_why(error)) from error
    except (httpx.HTTPError, TimeoutError) as error:
        # the broker may have read the question
        is_late = isinstance(error, httpx.TimeoutException | TimeoutError)
        why = "no answer in time" if is_late else _why(error)
        hint = "run the preview again once the broker answers"
        raise UncertainError(_UNCERTAIN, where=where, why=why, hint=hint) from error
    if answer.status >= 300:
        raise _refused(answer, where)


def _why(error: Exception) -> str:
    return printable(str(error), limit=200) or type(error).__name__


class _Answer(NamedTuple):
    status: int
    location: str
    body: bytes


async def _post(client: httpx.AsyncClient, url: str, place: ResetPosition) -> _Answer:
    target = httpx.URL(url)
    # the library logs the URL it asks for: credentials travel beside it
    auth = (target.username, target.password) if target.userinfo else httpx.USE_CLIENT_DEFAULT
    request = client.build_request(
        "POST",
        target.copy_with(userinfo=b""),
        content=msgspec.json.encode(place),
        headers={"content-type": "application/json", "accept-encoding": "identity"},
        timeout=TIMEOUT,
    )
    async with asyncio.timeout(2 * TIMEOUT):
        response = await client.send(request, auth=auth, stream=True)
        try:
            body = bytearray()
            # a body compressed without being asked could unpack to any size
            if "content-encoding" not in response.headers:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) >= LARGEST:
                        break
        finally:
            await response.aclose()
    return _Answer(response.status_code, response.headers.get("location", ""), bytes(body))


class _Reason(msgspec.Struct):
    reason: str = ""


def _refused(answer: _Answer, where: str) -> SourceError:
    try:
        reason = msgspec.json.decode(answer.body, type=_Reason).reason
    except (msgspec.MsgspecError, ValueError, RecursionError):
        reason = ""
    why = printable(" ".join(reason.split()), limit=200) or f"HTTP {answer.status}"
    if answer.status >= 500 or (answer.status == 412 and _UNSAVED in reason):
        hint = "run the preview again"
        return UncertainError(_UNCERTAIN, where=where, why=why, hint=hint)
    what = "the cursor was not moved"
    if answer.status == 404:
        return NotThereError(what, where=where, why=why)
    if answer.status in (401, 403):
        return RefusedError(
            what, where=where, why=why, hint="moving it requires the consume permission"
        )
    return SourceError(what, where=where, why=why)
