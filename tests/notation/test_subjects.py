"""Which subjects with wildcards have messages in common."""

from hypothesis import given
from hypothesis import strategies as st

from arcwatch.notation.subjects import is_literal, overlap

TOKENS = st.lists(st.sampled_from(["a", "b", "*"]), min_size=1, max_size=3)
SUBJECTS = st.tuples(TOKENS, st.booleans()).map(lambda of: ".".join([*of[0], *[">"] * of[1]]))
NAMES = st.lists(st.sampled_from("ab"), min_size=1, max_size=5).map(".".join)


def takes(pattern, name):
    """Whether a subject with wildcards takes a message's, as NATS says it."""
    wild, words = pattern.split("."), name.split(".")
    if wild[-1] == ">":
        wild, words, more = wild[:-1], words[: len(wild) - 1], len(words) - len(wild) >= 0
        return more and len(words) == len(wild) and takes_all(wild, words)
    return len(wild) == len(words) and takes_all(wild, words)


def takes_all(wild, words):
    return all(one in ("*", other) for one, other in zip(wild, words, strict=True))


@given(SUBJECTS, SUBJECTS, NAMES)
def test_what_both_take_makes_them_overlap(one, other, name):
    assert is_literal(name)
    assert overlap(one, other) == overlap(other, one)
    if takes(one, name) and takes(other, name):
        assert overlap(one, other)
