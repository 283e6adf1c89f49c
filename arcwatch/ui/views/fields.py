"""Table columns, each with its cell and its sort key in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from arcwatch.store.causes.cause import Cause, Severity
from arcwatch.text import units
from arcwatch.text.control_characters import printable
from arcwatch.ui.view_context import ViewContext
from arcwatch.ui.widgets.cells import SHAPES, Cell, Elide
from arcwatch.ui.widgets.columns import Column
from arcwatch.ui.widgets.order import Sort, SortValue
from arcwatch.ui.widgets.row_table import RowTable
from arcwatch.ui.widgets.table_lines import text_of


class Stale(Protocol):
    """A row that can be stale."""

    @property
    def stale(self) -> bool:
        """Whether its server has stopped answering."""


class OfCluster(Stale, Protocol):
    """A row that knows its cluster."""

    @property
    def cluster(self) -> str:
        """Its name."""


class Caused(Stale, Protocol):
    """A row with a cause."""

    @property
    def cause(self) -> Cause | None:
        """The strongest; None where nothing is."""


CauseTone: TypeAlias = Literal["bad", "warn", "dim"]

TONES: dict[Severity, CauseTone] = {
    "critical": "bad",
    "warning": "warn",
    "info": "dim",
}
"""How a cause is meant."""

T = TypeVar("T", bound=Stale)
Row = TypeVar("Row", bound=Stale, contravariant=True)


@dataclass(frozen=True)
class Field(Generic[Row]):
    """One column."""

    column: Column
    cell: Callable[[Row], Cell]
    by: Callable[[Row], SortValue] | None = None
    """What it is sorted by; None where sorting by it makes no sense."""


def table_of(
    id: str,
    fields: Sequence[Field[T]],
    *,
    key: Callable[[T], str],
    haystack: Callable[[T], str],
    sort: Sort,
) -> RowTable[T]:
    """A table of these columns, in which stale rows are grey."""
    return RowTable(
        [field.column for field in fields],
        key=key,
        cells=lambda row: [field.cell(row) for field in fields],
        sort_values={field.column.key: field.by for field in fields if field.by},
        # what can be read is what can be looked for
        haystack=lambda row: printable(haystack(row)),
        dim=lambda row: row.stale,
        sort=sort,
        id=id,
    )


def cause_cell(cause: Cause) -> tuple[str, CauseTone]:
    """A cause, after the shape of its severity; what is unknown is neither good nor bad."""
    tone: CauseTone = "dim" if cause.kind == "unknown" else TONES[cause.severity]
    return f"{SHAPES[tone]} {cause.text}" if tone in SHAPES else cause.text, tone


C = TypeVar("C", bound=Caused)


def cause(
    *, width: int = 22, drop: int = 3, otherwise: Callable[[C], Cell] = lambda row: ""
) -> Field[C]:
    """The cause of a row, or what else is known of it; no column if no row has either."""

    def format(row: C) -> Cell:
        return cause_cell(row.cause) if row.cause else otherwise(row)

    column = Column("cause", "CAUSE", width, flex=1, drop=drop, optional=True)
    return Field(column, format, lambda row: text_of(format(row)))


def of_cluster(showing: ViewContext) -> list[Field[OfCluster]]:
    """The cluster of a row where there are several; moves to the heading while it is one."""
    column = Column("cluster", "CLUSTER", 8, shared=True)
    return [Field(column, lambda r: r.cluster, lambda r: r.cluster)] * bool(showing.store.called)


def word(
    key: str,
    title: str,
    width: int,
    value: Callable[[T], str],
    *,
    flex: int = 0,
    drop: int = 0,
    elide: Elide = "end",
) -> Field[T]:
    """A column of text, which is also what it is sorted by."""
    column = Column(key, title, width, flex=flex, drop=drop, elide=elide, shared=drop > 0)
    return Field(column, value, value)


def figure(
    key: str,
    title: str,
    width: int,
    value: Callable[[T], float | None],
    format: Callable[[float | None], str],
    *,
    drop: int = 0,
) -> Field[T]:
    """A numeric column, sorted by value rather than by text."""
    column = Column(key, title, width, "right", drop=drop)
    return Field(column, lambda row: format(value(row)), value)


def moment(
    showing: ViewContext,
    key: str,
    title: str,
    at: Callable[[T], float | None],
    *,
    drop: int = 0,
    fixed: bool = False,
) -> Field[T]:
    """A column of moments: the time of day, or the date of another day.

    Args:
        fixed: Whether a row's moment never changes: then the least difference decides the order.
    """

    def format(row: T) -> str:
        unix = at(row)
        if unix is None:
            return units.UNKNOWN
        return units.when(unix, showing.store.now, utc=showing.utc)

    def ordinal(row: T) -> str | None:
        # names do not race, as figures do, which therefore keep their places
        return None if (unix := at(row)) is None else f"{unix:017.6f}"

    return Field(Column(key, title, 10, "right", drop=drop), format, ordinal if fixed else at)
