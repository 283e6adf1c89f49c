"""What messages are decoded by: the schemas of the topics that they are from.

Verbs, the processes beside the screen, and the screen all ask for schemas through here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from arcwatch.config.credentials import PulsarCredentials
from arcwatch.config.settings import Settings, load
from arcwatch.model.decoded import Decoded, Schema
from arcwatch.model.message import Message
from arcwatch.notation.address import Topic, parse_address

from .reading import read_value

if TYPE_CHECKING:
    from arcwatch.sources.pulsar.schemas import Schemas

MOST_TOPICS = 10_000
"""Addresses of topics whose full name is remembered."""


class Decoding:
    """Decodes messages of any context.

    Args:
        settings: Those in use; a message that names another context is looked up there.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._schemas: dict[str, Schemas | None] = {}
        self._topics: dict[str, str] = {}
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Decoding:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    async def reader(self, message: Message) -> Callable[[], Decoded]:
        """What decodes a message once, when it is first asked for."""
        schema, missing = None, None
        if message.schema_version is not None:
            schema, missing = await self.schema(
                message.context, message.address, message.schema_version
            )
        found: list[Decoded] = []

        def read() -> Decoded:
            if not found:
                found.append(read_value(message, schema, missing=missing))
            return found[0]

        return read

    async def schema(
        self, context: str, address: str, version: int
    ) -> tuple[Schema | None, str | None]:
        """A schema, or why it could not be had; neither where no registry is known.

        Args:
            context: Of the message; empty is the one in use.
            address: Of the message.
            version: That it was written with.

        Raises:
            UsageError: The context cannot be used as it is written.
        """
        schemas = await self._registry(context)
        if schemas is None:
            return None, None
        topic = self._topic(address)
        return await schemas.of(topic, version), schemas.reason(topic, version)

    async def _registry(self, context: str) -> Schemas | None:
        if context not in self._schemas:
            ours = context in ("", self._settings.context)
            settings = self._settings if ours else load({}, context=context)
            url = settings.pulsar_admin
            who = settings.pulsar_credentials
            self._schemas[context] = await self._asking(url, who) if url else None
        return self._schemas[context]

    async def _asking(self, url: str, who: PulsarCredentials) -> Schemas:
        # what talks HTTP takes 0.1 s to import, and most messages need no schema
        from arcwatch.sources.net.http import new_client
        from arcwatch.sources.pulsar.cluster import PulsarCluster
        from arcwatch.sources.pulsar.schemas import Schemas
        from arcwatch.sources.pulsar.web_login import login_of

        client = await self._open.enter_async_context(new_client(who.tls, login_of(who)))
        return Schemas(PulsarCluster(url, client))

    def _topic(self, address: str) -> str:
        if address not in self._topics:
            if len(self._topics) >= MOST_TOPICS:
                self._topics.clear()
            topic = parse_address(address)
            self._topics[address] = topic.full_name if isinstance(topic, Topic) else address
        return self._topics[address]
