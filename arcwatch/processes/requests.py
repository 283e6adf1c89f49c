"""Requests to a process of ours and its responses: typed, numbered, as MessagePack.

Each kind of request is declared once, as a struct that names the type of its responses.  On their
way a request and a response carry the request's number; :mod:`.frames` puts the length before it.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar, cast, get_args

import msgspec

from arcwatch.errors import ArcwatchError

R = TypeVar("R")
Q = TypeVar("Q")

_encoder = msgspec.msgpack.Encoder()


class Request(msgspec.Struct, Generic[R], frozen=True):
    """Something to be done by the process, whose responses are of type ``R``."""

    def pack(self, response: R) -> msgspec.Raw:
        """Encode a response."""
        return msgspec.Raw(_encoder.encode(response))

    def unpack(self, body: msgspec.Raw) -> R:
        """Decode a response.

        Raises:
            msgspec.MsgspecError: It is not one.
        """
        return cast("R", _decoder(type(self)).decode(body))


@cache
def _decoder(request: type[Request[Any]]) -> msgspec.msgpack.Decoder[Any]:
    (base,) = request.__orig_bases__  # type: ignore[attr-defined]  # of every generic's subclass
    (response,) = get_args(base)
    return msgspec.msgpack.Decoder(response)


class Ask(msgspec.Struct, Generic[Q], frozen=True, tag="ask"):
    """Respond to a request.

    Attributes:
        number: The request's; no other has it.
        request: What is to be done.
    """

    number: int
    request: Q


class Hold(msgspec.Struct, frozen=True, tag="hold"):
    """Pause a request, or continue it."""

    number: int
    held: bool


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """End a request early: its next response is the last, with what was done until then."""

    number: int


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Cancel a request; it gets no more responses."""

    number: int


class Response(msgspec.Struct, frozen=True, tag="response"):
    """One response to a request.

    Attributes:
        number: The request's.
        body: For :meth:`Request.unpack`.
        is_last: Whether no other follows.
    """

    number: int
    body: msgspec.Raw
    is_last: bool = True


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why a request could not be carried out; the last response.

    Attributes:
        number: The request's.
        what, where, why, hint: Of the :class:`~arcwatch.errors.ArcwatchError`.
    """

    number: int
    what: str
    where: str
    why: str
    hint: str

    @classmethod
    def of(cls, number: int, error: ArcwatchError) -> Failed:
        """The failure of a request."""
        return cls(number, error.what, error.where, error.why, error.hint)

    @property
    def error(self) -> ArcwatchError:
        """The error, to be raised."""
        return ArcwatchError(self.what, where=self.where, why=self.why, hint=self.hint)


_responses: msgspec.msgpack.Decoder[Response | Failed] = msgspec.msgpack.Decoder(Response | Failed)


def decode_response(body: bytes) -> Response | Failed:
    """A response, without its length."""
    return _responses.decode(body)
