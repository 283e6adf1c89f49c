"""The only IO that reads servers.

What asks a server raises :class:`~arcwatch.errors.SourceError` if it does not answer, and
:class:`~arcwatch.errors.WireError` if the answer is not one of that API.
"""
