"""Posts alerts to an URL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import httpx

from .delivery import DeliveryError

TIMEOUT = 10.0
"""Seconds that one try may take."""

REDIRECTS = 3
_AGAIN = {408, 425, 429}


class Webhook:
    """One receiver.

    A redirect is followed on the same host alone: an alert names topics and servers, and the URL
    may hold a secret, neither of which is meant for anybody else.

    Args:
        url: Of ``http`` or ``https``.
    """

    def __init__(self, url: str, *, client: Callable[[], httpx.AsyncClient] | None = None) -> None:
        self._url = url
        self._client = client or _client
        parts = urlsplit(url)
        # the rest of it may be a secret
        self._shown = f"{parts.scheme}://{parts.hostname}"

    async def send(self, body: bytes) -> None:
        """Post one body.

        Raises:
            DeliveryError: It was not taken, or not in time.
        """
        try:
            async with asyncio.timeout(TIMEOUT), self._client() as client:
                await self._post(client, body)
        except TimeoutError as error:
            raise self._failed(f"no answer in {TIMEOUT:g} s", again=True) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            # the library's words may quote the URL
            raise self._failed(type(error).__name__, again=True) from error

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> None:
        url = self._url
        for _ in range(REDIRECTS + 1):
            async with client.stream(
                "POST", url, content=body, headers={"content-type": "application/json"}
            ) as response:
                # its body is not read: it may never end
                status, location = response.status_code, response.headers.get("location", "")
            if 200 <= status < 300:
                return
            if status not in (307, 308):
                again = status >= 500 or status in _AGAIN
                raise self._failed(f"HTTP {status}", again=again)
            url = self._redirected(url, location)
        raise self._failed("too many redirects", again=False)

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        before, after = urlsplit(url), urlsplit(target)
        if (before.scheme, before.hostname, before.port) != (
            after.scheme,
            after.hostname,
            after.port,
        ):
            raise self._failed("it redirects to another host, which is not followed", again=False)
        return target

    def _failed(self, why: str, *, again: bool) -> DeliveryError:
        return DeliveryError("cannot deliver alerts", where=self._shown, why=why, again=again)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=TIMEOUT, follow_redirects=False, trust_env=False, headers={"user-agent": "arcwatch"}
    )
