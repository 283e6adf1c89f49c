"""What publishing stored messages again would do, and how far it is."""

from __future__ import annotations

from msgspec import Struct

from .history import Positions


class Done(Struct, frozen=True):
    """One replay that was.

    Attributes:
        time: When it ended, nanoseconds since the epoch.
        places: Addresses of what was read, with their context.
        start: Where the window began.
        end: Where it ended.
        onto: Where it went.
        filters: As people write them.
        published: Messages.
        begun: When it began, which identifies a replay.
        limit: Messages at most; None is all.
        finished: Whether it came to its end, and every message has its answer.
        marks: Where the places it went to ended when it began, by their addresses: its copies lie
            behind that.
    """

    time: int
    places: tuple[str, ...]
    start: Positions
    end: Positions
    onto: str
    filters: tuple[str, ...]
    published: int
    begun: int = 0
    limit: int | None = None
    finished: bool = True
    marks: dict[str, Positions] = {}

    def covers(self, other: Done) -> bool:
        """Whether all messages of another went to the same place with this one."""
        return (
            (self.places, self.onto, self.filters, self.limit)
            == (other.places, other.onto, other.filters, other.limit)
            and all(mine <= theirs for mine, theirs in zip(self.start, other.start, strict=True))
            and all(mine >= theirs for mine, theirs in zip(self.end, other.end, strict=True))
        )

    def overlaps(self, other: Done) -> bool:
        """Whether some messages may have gone to the same place before."""
        if self.onto != other.onto:
            return False
        mine = dict(zip(self.places, zip(self.start, self.end, strict=True), strict=True))
        theirs = dict(zip(other.places, zip(other.start, other.end, strict=True), strict=True))
        return any(
            mine[place][0] < theirs[place][1] and theirs[place][0] < mine[place][1]
            for place in mine.keys() & theirs.keys()
        )


class Plan(Struct, frozen=True):
    """What a replay would do.

    Attributes:
        targets: Messages for each place, by its address.
        missing: Places that do not exist, and why.
        lost: Messages without an origin.
        size: Bytes of all bodies.
        first: When the first was published, nanoseconds since the epoch.
        last: When the last was.
        seconds: How long it takes.
        earlier: Replays of the same messages to the same place.
        schemaless: Messages whose copies cannot name the schema that they were written with.
        there: Messages left out, since an earlier replay was interrupted after it brought them.
        doubts: Which messages next to an end of the window are dated otherwise, a line each.
    """

    targets: dict[str, int]
    missing: dict[str, str]
    lost: int
    size: int
    first: int | None
    last: int | None
    seconds: float
    earlier: tuple[Done, ...]
    schemaless: int = 0
    there: int = 0
    doubts: tuple[str, ...] = ()

    @property
    def messages(self) -> int:
        """How many have a place to go to."""
        return sum(self.targets.values()) - sum(self.targets[name] for name in self.missing)


class ReplayRequest(Struct, frozen=True):
    """Which messages are to be published again, where, and how fast, as people write it.

    Attributes:
        address: Where they are stored.
        onto: Where they go; see :func:`arcwatch.changes.replay_target.parse_target`.
        pace: See :func:`arcwatch.changes.replay_rate.parse_pace`.
        start: Where they begin: positions, or a time as :func:`arcwatch.notation.times.moment_text`
            writes it.
        end: Where they end.
        ends_with: Whether the message that is at the end is one of them.
        filters: Which of them; all must hold.
        limit: How many, at most.
        places: The addresses that positions are of, in their order; see
            :func:`arcwatch.history.open.open_history`.
    """

    address: str
    onto: str
    pace: str
    start: Positions | str
    end: Positions | str
    ends_with: bool = False
    filters: tuple[str, ...] = ()
    limit: int | None = None
    places: tuple[str, ...] = ()


class ReplayUpdate(Struct, frozen=True):
    """How far a replay, or the planning of one, is.

    Attributes:
        scanned: Messages read so far.
        done: Part of the way behind it, 0 to 1; ``nan`` where that is not known.
        rate: Messages a second.
        left: Seconds that it will take yet, an estimate; ``nan`` where that is not known.
        plan: Once that is known.
        published: Handed to the server.
        acknowledged: Of those, confirmed by the server; None where it confirms none.
        failed: Of those, refused by the server.
        failure: Why, of the first of those.
        dropped: Headers that had no place.
        interrupted: Whether it ended early.
        is_over: Whether it has ended.
        unknown: Of those published, how many have no answer: they may have arrived or not.
        first_unknown: Of which message the first of those is a copy: ``ADDRESS ID``.
        is_cut_off: Whether its process ended before it reported the totals: there may be more.
    """

    scanned: int
    done: float
    rate: float
    left: float
    plan: Plan | None = None
    published: int = 0
    acknowledged: int | None = None
    failed: int = 0
    failure: str = ""
    dropped: int = 0
    interrupted: bool = False
    is_over: bool = False
    unknown: int = 0
    first_unknown: str = ""
    is_cut_off: bool = False
