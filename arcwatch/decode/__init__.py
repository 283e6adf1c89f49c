"""A message's bytes -> its value: :func:`decode` and :func:`decode_message`.  Pure."""

from .body import decode, decode_message

__all__ = ["decode", "decode_message"]
