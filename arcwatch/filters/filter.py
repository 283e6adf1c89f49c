r"""Filters: words, a regular expression or a jq program that select messages.

==============================  ================================================================
``late eu``                     every word occurs in key, subject, headers or value, in any case
``/agent-0[1-3]/``              the expression is found in one of them; ``/(?i)…/`` in any case
``.value.total > 10``           a jq program over the message record yields anything truthy
``\.value``, ``\/a``, ``\\a``   words that begin with ``.``, ``/`` or ``\``
==============================  ================================================================

The value that is searched is the text that JSON and UTF-8 bodies are, as it was written but with
``\u…`` in JSON resolved; of other formats their JSON; of what nobody can read its bytes.

Nothing here takes for ever.  Regular expressions are RE2's: linear in time, without look-around
and back-references; a large one sees as much of a very large value as it can in a second, and
where it found nothing in that it reports it.  jq runs in a process that is ended when a program
takes too long or too much memory (see :mod:`arcwatch.filters.jq_worker`), and a program that had
to be ended three times is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import TYPE_CHECKING, Any, TypeAlias

from arcwatch.errors import ArcwatchError, NotationError
from arcwatch.model.message import Decoded, Message
from arcwatch.runtime.boundary import salvaged

from .haystack import searched_parts, searched_text

if TYPE_CHECKING:
    from .jq_process import Verdict
    from .jq_program import JqProgram

LONGEST = 10_000
"""Characters of a filter."""
STEPS = 1 << 27
"""Size of an expression times bytes searched: RE2 takes at most 6 ns for each."""

Candidate: TypeAlias = tuple[Message, Callable[[], Decoded]]
"""A message, and how to decode it if that is needed."""


class FilterError(NotationError):
    """A text is no filter; see :class:`~arcwatch.errors.NotationError` for what it knows."""

    def __init__(self, text: str, at: int, why: str, hint: str = "") -> None:
        super().__init__("not a filter", text=text, at=at, why=why, hint=hint)


class FilterFailure(ArcwatchError):
    """A filter could not be evaluated on one message; see ``what``.  Counted, not fatal."""


class Filter:
    """Selects messages to keep; the base class keeps all.

    Attributes:
        text: As it was written.
        words: Casefolded; whatever it keeps has all of them.  There may be none.
        needs_lookup: Whether it depends on when messages are due, or where they are from.
    """

    words: tuple[str, ...] = ()
    needs_lookup = False

    def __init__(self, text: str = "") -> None:
        self.text = text

    @property
    def keeps_all(self) -> bool:
        """Whether there is no message that it does not keep."""
        return type(self) is Filter

    def keeps(self, message: Message, decoded: Callable[[], Decoded]) -> bool:
        """Whether to keep one message.

        Args:
            decoded: Its decoded content; called only if the filter needs it, perhaps repeatedly.

        Raises:
            FilterFailure: That cannot be decided.
        """
        return True

    def sift(self, candidates: Sequence[Candidate]) -> list[bool | FilterFailure]:
        """Which of many messages to keep: for jq much quicker than one by one.

        Some hundreds at a time let a caller go on with other things in between.
        """
        return [self._sifted(message, decoded) for message, decoded in candidates]

    def _sifted(self, message: Message, decoded: Callable[[], Decoded]) -> bool | FilterFailure:
        try:
            return self.keeps(message, decoded)
        except FilterFailure as failure:
            return failure


class Words(Filter):
    """Keeps what has every word in it, in any case."""

    def __init__(self, text: str, words: Iterable[str]) -> None:
        super().__init__(text)
        self.words = tuple(word.casefold() for word in words)

    def keeps(self, message: Message, decoded: Callable[[], Decoded]) -> bool:
        text = searched_text(message, decoded).casefold()
        return all(word in text for word in self.words)


class Expression(Filter):
    """Keeps that in one of whose parts a regular expression is found."""

    def __init__(self, text: str, compiled: Any) -> None:
        super().__init__(text)
        self._search = compiled.search
        self._most = STEPS // max(compiled.programsize, 1)

    def keeps(self, message: Message, decoded: Callable[[], Decoded]) -> bool:
        cut = False
        for part in searched_parts(message, decoded):
            if self._search(part[: self._most]):
                return True
            cut = cut or len(part) > self._most
        if cut:
            raise FilterFailure(f"too large: searched to byte {self._most:,}")
        return False


class Jq(Filter):
    """Keeps what a jq program yields anything truthy for."""

    def __init__(self, text: str, program: JqProgram) -> None:
        super().__init__(text)
        self._program = program
        self.needs_lookup = "deliver_at" in text or "replicated_from" in text

    def keeps(self, message: Message, decoded: Callable[[], Decoded]) -> bool:
        (kept,) = self.sift([(message, decoded)])
        if isinstance(kept, FilterFailure):
            raise kept
        return kept

    def sift(self, candidates: Sequence[Candidate]) -> list[bool | FilterFailure]:
        unknown = FilterFailure("the due time or the origin of the message is not known")
        judged = [not (self.needs_lookup and message.needs_lookup) for message, _ in candidates]
        verdicts = iter(self._program.verdicts(list(compress(candidates, judged))))
        return [_outcome(next(verdicts)) if can_be else unknown for can_be in judged]


class Every(Filter):
    """Keeps what every one of several filters keeps; the first that does not decides."""

    def __init__(self, filters: Iterable[Filter]) -> None:
        self._filters = list(filters)
        super().__init__(" and ".join(each.text for each in self._filters))
        self.words = tuple(word for each in self._filters for word in each.words)
        self.needs_lookup = any(each.needs_lookup for each in self._filters)
        # those that are quick spare those that are not
        self._filters.sort(key=lambda each: isinstance(each, Jq))

    def keeps(self, message: Message, decoded: Callable[[], Decoded]) -> bool:
        return all(each.keeps(message, decoded) for each in self._filters)

    def sift(self, candidates: Sequence[Candidate]) -> list[bool | FilterFailure]:
        verdicts: list[bool | FilterFailure] = [True] * len(candidates)
        for each in self._filters:
            left = [place for place, verdict in enumerate(verdicts) if verdict is True]
            found = each.sift([candidates[place] for place in left])
            for place, verdict in zip(left, found, strict=True):
                verdicts[place] = verdict
        return verdicts


def _outcome(verdict: Verdict) -> bool | FilterFailure:
    return FilterFailure(verdict.failure) if verdict.failure else verdict.kept


def parse_filter(text: str) -> Filter:
    """Read a filter; spaces around it are no part of it, and nothing at all keeps everything.

    Raises:
        ArcwatchError: It is a jq program, and jq cannot be run.
    """
    written = text.strip()
    start = len(text) - len(text.lstrip())
    if len(written) > LONGEST:
        raise FilterError(text, start + LONGEST, f"it is longer than {LONGEST:,} characters")
    if written.startswith("."):
        return _jq(text, written, start)
    if written.startswith("/"):
        return _expression(text, written, start)
    if written.startswith(("\\.", "\\/", "\\\\")):
        written = written[1:]
    return Words(text, written.split()) if written else Filter(text)


def parse_filters(texts: Iterable[str]) -> Filter:
    """Read several filters, all of which must keep a message.

    Raises:
        FilterError: One is none.
        ArcwatchError: One is a jq program, and jq cannot be run.
    """
    filters = [parse_filter(text) for text in texts]
    return filters[0] if len(filters) == 1 else Every(filters) if filters else Filter()


def _jq(text: str, program: str, start: int) -> Jq:
    from .jq_program import JqProgram, Mistake

    try:
        return Jq(text, JqProgram(program))
    except Mistake as mistake:
        hint = "see the jq manual; a literal leading . is written \\."
        raise FilterError(text, start + mistake.at, mistake.why, hint) from mistake


def _expression(text: str, written: str, start: int) -> Expression:
    from .regex import Mistake, compiled

    if len(written) < 2 or not written.endswith("/"):
        hint = f"write {written}/, or \\{written} for just these characters"
        raise FilterError(text, start + len(written), "the closing / is missing", hint)
    try:
        return Expression(text, compiled(written[1:-1]))
    except Mistake as mistake:
        at = start + 1 + mistake.at
        hint = mistake.hint or "escape literal characters with a backslash: \\("
        raise FilterError(text, at, mistake.why, hint) from mistake


def judged(keeps: Filter, candidates: Sequence[Candidate]) -> Sequence[bool | FilterFailure]:
    """Apply a filter to messages; one that cannot be read is a failure."""
    return salvaged(candidates, keeps.sift, _failed, "the filter could not read it")


def _failed(candidate: Candidate, error: ArcwatchError) -> FilterFailure:
    return FilterFailure(error.what, where=error.where, why=error.why, hint=error.hint)
