"""Fields of messages that no client library would write."""

from arcwatch.wire.pulsar_frames import octets, varint


def encrypted_with(name, key):
    """The fields of a message that is encrypted."""
    return octets(13, octets(1, name) + octets(2, key)) + octets(15, b"\0" * 12)


def transaction_marker(kind):
    """The fields of what a broker writes at the end of a transaction; 21 is committed."""
    return varint(20, kind) + varint(22, 7) + varint(23, 1)
