"""The only IO that reads servers.

What asks a server raises :class:`~arcwatch.errors.SourceError` if it does not answer or refuses,
:class:`~arcwatch.errors.NotThereError` if what it is asked about does not exist,
:class:`~arcwatch.errors.WireError` if the answer is not one of that API, and
:class:`~arcwatch.errors.UsageError` if the settings leave that system out.
"""
