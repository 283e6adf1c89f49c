"""Run a command for alerts, with their JSON on its standard input."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

from .delivery import DeliveryError

TIMEOUT = 30.0
"""Seconds after which it is ended."""


class AlertCommand:
    """A shell command line (``timeout``: seconds it may take)."""

    def __init__(self, command: str, *, timeout: float = TIMEOUT) -> None:
        self._command, self._timeout = command, timeout

    async def send(self, body: bytes) -> None:
        """Run it once.

        Raises:
            DeliveryError: It cannot be run, left with another code than 0, or took too long.
        """
        quiet = asyncio.subprocess.DEVNULL
        try:
            # a group of its own, so that all of it can be ended, and ctrl-c is not for it
            process = await asyncio.create_subprocess_shell(
                self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=quiet,
                stderr=quiet,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise self._failed(str(error), again=False) from error
        try:
            async with asyncio.timeout(self._timeout):
                await process.communicate(body)
        except TimeoutError as error:
            raise self._failed(f"took longer than {self._timeout:g} s", again=False) from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode:
            raise self._failed(f"exit code {process.returncode}", again=True)

    def _failed(self, why: str, *, again: bool) -> DeliveryError:
        # the command line may hold a secret
        return DeliveryError("the command for alerts failed", why=why, again=again)
