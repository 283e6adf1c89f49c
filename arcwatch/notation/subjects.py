"""NATS subjects with wildcards: which of them have messages in common."""

from __future__ import annotations


def is_literal(subject: str) -> bool:
    """Whether a message can have this subject.

    >>> is_literal("orders.eu"), is_literal("orders.*"), is_literal("orders.>"), is_literal("a..b")
    (True, False, False, False)
    """
    tokens = subject.split(".")
    return all(tokens) and not {"*", ">"} & set(tokens)


def overlap(one: str, other: str) -> bool:
    """Whether a message's subject can match both.

    >>> overlap("orders.*", "orders.eu"), overlap("orders.>", "*.eu.*"), overlap("orders", "a.>")
    (True, True, False)
    >>> overlap("orders.>", "orders"), overlap("a.*.c", "a.b"), overlap("*", ">")
    (False, False, True)
    >>> overlap("a.*", "*.b"), overlap("a.b.c", "a.>"), overlap("a.>", "*.b.c")
    (True, True, True)
    >>> overlap("a.*", "a.b"), overlap("a.b", "a.c")
    (True, False)
    """
    left, right = one.split("."), other.split(".")
    for mine, theirs in zip(left, right, strict=False):
        if ">" in (mine, theirs):
            return True
        if "*" not in (mine, theirs) and mine != theirs:
            return False
    return len(left) == len(right)
