"""MessagePack, where bytes are plausibly that and not merely read as it.

Every byte below 0x80 is a whole MessagePack document, so that it is one proves little.
Plausible is a single map or list that takes up all of the bytes and holds what does not come
about by chance: a map whose keys are all text, or a list with text, a fraction or such a map in
it.
"""

from __future__ import annotations

import base64
import datetime
from typing import Any

import msgspec

from .bounds import MAX_DEPTH, MAX_VALUES, Beyond, Unreadable

CONTAINERS = bytes([*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF])
"""First bytes of a map or a list: ``fixmap``, ``fixarray``, ``array`` and ``map`` 16 and 32."""

_msgpack = msgspec.msgpack.Decoder()


def message_pack(body: bytes) -> Any:
    """Decode a ``body`` that starts like a map or a list from MessagePack into JSON values.

    Bytes become base64, a timestamp RFC 3339, an extension ``{"type": 5, "data": base64}``, and
    a map's key its text.
    """
    # from above: bytes inside text and numbers are counted too
    if len(body) > MAX_VALUES and len(body) - len(body.translate(None, CONTAINERS)) > MAX_VALUES:
        raise Beyond(f"MessagePack with more than {MAX_VALUES:,} lists and maps")
    try:
        value = _msgpack.decode(body)
    except RecursionError as error:
        raise Beyond(f"MessagePack nested more than {MAX_DEPTH} deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable("not MessagePack") from error
    if not _plausible(value):
        raise Unreadable("not plausibly MessagePack")
    return _plain(value, MAX_DEPTH)


def _plausible(value: Any) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(isinstance(key, str) for key in value)
    return isinstance(value, list) and any(
        isinstance(item, float)
        or (isinstance(item, str) and item != "")
        # one level down is enough: what is deeper stands in one of these
        or (isinstance(item, dict) and _plausible(item))
        for item in value
    )


def _plain(value: Any, levels: int) -> Any:
    if isinstance(value, (list, dict)) and not levels:
        raise Beyond(f"MessagePack nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        return {_key(key): _plain(item, levels - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, levels - 1) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, msgspec.msgpack.Ext):
        return {"type": value.code, "data": base64.b64encode(value.data).decode()}
    return value


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    text = _scalar(key)
    return text if isinstance(text, str) else msgspec.json.encode(text).decode()
