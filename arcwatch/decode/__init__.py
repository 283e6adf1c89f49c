"""A message's bytes -> its value: :func:`decode` and :func:`decode_message`.  Pure.

Decoders of one format raise :class:`.bounds.Unreadable` for a body that is not of that format, or a
schema that cannot be used, and :class:`.bounds.Beyond` for a value past the bounds.
"""

from .body import decode, decode_message

__all__ = ["decode", "decode_message"]
