"""Flags, environment, files, contexts and secrets, made into settings.

A setting that cannot be used raises :class:`~arcwatch.errors.UsageError`, which names the flag, or
the file with its line or key, and the nearest known name where there is one.
"""
