"""What a filter says of messages, whatever is in them."""

from __future__ import annotations

from collections.abc import Sequence

from arcwatch.errors import ArcwatchError
from arcwatch.runtime.boundary import salvaged

from .filter import Candidate, Filter, FilterFailure


def judged(keeps: Filter, candidates: Sequence[Candidate]) -> Sequence[bool | FilterFailure]:
    """What :meth:`.Filter.sift` says; a message that cannot be looked at is a failure."""
    return salvaged(candidates, keeps.sift, _failed, "the filter could not read it")


def _failed(candidate: Candidate, error: ArcwatchError) -> FilterFailure:
    return FilterFailure(error.what, where=error.where, why=error.why, hint=error.hint)
