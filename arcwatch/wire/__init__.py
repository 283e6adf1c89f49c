"""Sans-IO parsers of both servers' answers: bytes in, model out.

Each raises :class:`~arcwatch.errors.WireError` of an answer that is not the one it reads; ``why``
names the path within. ``where`` is the place asked, for that error.
"""
