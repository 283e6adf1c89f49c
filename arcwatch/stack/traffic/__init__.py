"""The traffic that makes the local brokers busy: a small agent platform, the same for a seed.

What is said is decided by pure generators (``plan``, ``nats_plan``, ``pulsar_plan``); the rest
of the package says it, at the pace of a :class:`~arcwatch.stack.traffic.plan.Clock`.
"""
