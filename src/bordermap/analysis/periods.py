"""Two windows of time of one selection, and what differs between them in numbers.

A record belongs to a window if the days that it may cover overlap it, as everywhere in
the dashboard; one whose days overlap both windows is counted in both, and the comparison
says how many these are. Undated records belong to none.

Where the windows are not of one length, counts are compared per month, and only the days
within the time of the records count: a window that begins before the first record is no
longer for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from bordermap.errors import SelectionError
from bordermap.model.vocabulary import FAMILIES, Kind
from bordermap.queries import Dataset
from bordermap.selection import Selection

LEAST_RECORDS = 10
"""Numbers that come from fewer than this, in both windows together, get no ratio."""

MONTH_DAYS = 365.2425 / 12
"""Mean length of a month."""

ALIKE = 0.01
"""Windows whose lengths differ by less than this share count as equally long: a leap year."""

CAVEAT = (
    "These are reported events, not all events. More sources, more attention or another way "
    "of coding make numbers grow although nothing happens more often; and the newest months "
    "are often not yet reported in full."
)
"""Always said beside a comparison."""

_ONE = timedelta(days=1)
_SEPARATOR = ".."


@dataclass(frozen=True, order=True)
class Period:
    """Days from a first to a last one, both inclusive.

    Raises
    ------
    SelectionError
        If the first day is after the last one.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise SelectionError(f"{self.first} is after {self.last}")

    @property
    def days(self) -> int:
        """How many days there are."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first}{_SEPARATOR}{self.last}"

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read what ``str`` writes, e.g. ``2024-01-01..2024-06-30``.

        Raises
        ------
        SelectionError
            If it is something else.
        """
        try:
            first, last = (date.fromisoformat(day) for day in text.split(_SEPARATOR))
        except ValueError:
            wanted = "two days like 2024-01-01..2024-06-30"
            raise SelectionError(f"{text[:80]!r} is not {wanted}") from None
        return cls(first, last)

    def overlap(self, other: Period) -> Period | None:
        """Return the days that both have."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Period(first, last) if first <= last else None


def last_years(covered: Period) -> tuple[Period, Period]:
    """Return the last twelve months of the records, after the twelve months before them.

    Where the records do not reach so far back, the two halves of their time, if there are
    two days.

    Parameters
    ----------
    covered : Period
        First to last day of the records.
    """
    first, middle = (_years_earlier(covered.last, years) + _ONE for years in (2, 1))
    if first < covered.first:
        half = covered.days // 2 * _ONE
        first, middle = covered.first, covered.first + half
    if first == middle:
        return covered, covered
    return Period(first, middle - _ONE), Period(middle, covered.last)


def beside(window: Period, covered: Period) -> tuple[Period, Period]:
    """Return a window and one as long next to it, in order of time.

    The other one comes before it, or after it where no day before it is covered.
    """
    if window.first > covered.first:
        return Period(window.first - window.days * _ONE, window.first - _ONE), window
    return window, Period(window.last + _ONE, window.last + window.days * _ONE)


def _years_earlier(day: date, years: int) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return (day - _ONE if is_leap_day else day).replace(year=day.year - years)


class Group(StrEnum):
    """What a count is of."""

    TOTAL = "total"
    REGION = "region"
    FAMILY = "family"
    CATEGORY = "category"
    ACTOR = "actor"


@dataclass(frozen=True)
class Difference:
    """One thing counted in both windows.

    Attributes
    ----------
    group : Group
    term : str
        The value that is counted, of the group's vocabulary; of totals ``records``,
        ``incidents``, ``meetings`` or ``fatalities``. Empty: the region is not known.
    a, b : int or None
        None where nothing is stated, which is not zero.
    records : int
        How many records of both windows the numbers come from.
    days_a, days_b : int
        Of each window, as far as the records reach.
    """

    group: Group
    term: str
    a: int | None
    b: int | None
    records: int
    days_a: int
    days_b: int

    @property
    def difference(self) -> int | None:
        """How many more there are in B than in A."""
        return None if self.a is None or self.b is None else self.b - self.a

    @property
    def few(self) -> bool:
        """Whether the records behind both are too few to be compared."""
        return self.records < LEAST_RECORDS

    @property
    def per_month(self) -> tuple[float | None, float | None]:
        """The counts per month of each window; None where there is no day or no count."""
        return _rate(self.a, self.days_a), _rate(self.b, self.days_b)

    @property
    def ratio(self) -> float | None:
        """B to A, per month where the lengths differ; None where that means nothing."""
        if self.few or not self.a or self.b is None:
            return None
        if alike(self.days_a, self.days_b):
            return self.b / self.a
        before, after = self.per_month
        return after / before if before and after is not None else None


def alike(days_a: int, days_b: int) -> bool:
    """Return whether counts of windows of these lengths can be compared as they are."""
    return abs(days_a - days_b) <= ALIKE * max(days_a, days_b)


def _rate(count: int | None, days: int) -> float | None:
    return count * MONTH_DAYS / days if days and count is not None else None


@dataclass(frozen=True)
class Comparison:
    """Two windows of a selection in numbers.

    Attributes
    ----------
    a, b : Period
    covered_a, covered_b : Period or None
        The part of each that the records of the dataset reach; None for no day.
    overlap : Period or None
        Days that belong to both windows.
    shared : int
        Records that are counted in both.
    stated : (int, int)
        Records of each window that state a number of fatalities.
    totals, regions, families, categories, actors : tuple of Difference
        Totals in a fixed order; of the others what occurs in either window, the most
        frequent first.
        A record counts in every region and for every actor that it names.
    """

    a: Period
    b: Period
    covered_a: Period | None
    covered_b: Period | None
    overlap: Period | None
    shared: int
    stated: tuple[int, int]
    totals: tuple[Difference, ...]
    regions: tuple[Difference, ...]
    families: tuple[Difference, ...]
    categories: tuple[Difference, ...]
    actors: tuple[Difference, ...]

    @property
    def records(self) -> tuple[int, int]:
        """How many records there are in each window."""
        return self.totals[0].a or 0, self.totals[0].b or 0

    @property
    def alike(self) -> bool:
        """Whether the windows are equally long, as far as the records reach."""
        return alike(*(part.days if part else 0 for part in (self.covered_a, self.covered_b)))

    @property
    def all(self) -> tuple[Difference, ...]:
        """Everything that was counted, group by group."""
        return (
            *self.totals,
            *self.regions,
            *self.families,
            *self.categories,
            *self.actors,
        )


def compare(dataset: Dataset, selection: Selection, a: Period, b: Period) -> Comparison:
    """Count a selection in two windows; three queries, however long the windows are.

    Parameters
    ----------
    dataset : Dataset
    selection : Selection
        Its own dates are not used.
    a, b : Period
        They may overlap.
    """
    windows = [(a.first, a.last), (b.first, b.last)]
    reach = Period(*dataset.days) if dataset.days else None
    covered = [window.overlap(reach) if reach else None for window in (a, b)]
    days_a, days_b = (part.days if part else 0 for part in covered)
    categories = dataset.tally("category", selection, windows).to_pylist()

    def count(group: Group, term: str, pair: tuple[int, int]) -> Difference:
        return Difference(group, term, *pair, sum(pair), days_a, days_b)

    def counted(
        group: Group, rows: Iterable[dict[str, Any]], term: Callable[[dict[str, Any]], str]
    ) -> tuple[Difference, ...]:
        sums: dict[str, tuple[int, int]] = {}
        for row in rows:
            before, after = sums.get(term(row), (0, 0))
            sums[term(row)] = (before + row["records_0"], after + row["records_1"])
        found = (count(group, name, pair) for name, pair in sums.items())
        return tuple(sorted(found, key=lambda one: (-(one.a or 0) - (one.b or 0), one.term)))

    def total(column: str, kinds: Iterable[Kind] = tuple(Kind)) -> tuple[int, int]:
        chosen = [row for row in categories if row["kind"] in kinds]
        before, after = (sum(row[f"{column}_{n}"] or 0 for row in chosen) for n in (0, 1))
        return before, after

    stated = total("stated")
    deaths = [number if stated[n] else None for n, number in enumerate(total("fatalities"))]
    fatalities = Difference(
        Group.TOTAL, "fatalities", deaths[0], deaths[1], sum(stated), days_a, days_b
    )
    return Comparison(
        a=a,
        b=b,
        covered_a=covered[0],
        covered_b=covered[1],
        overlap=a.overlap(b),
        shared=sum(row["every"] for row in categories),
        stated=stated,
        totals=(
            count(Group.TOTAL, "records", total("records")),
            count(Group.TOTAL, "incidents", total("records", [Kind.INCIDENT])),
            count(Group.TOTAL, "meetings", total("records", [Kind.MEETING])),
            fatalities,
        ),
        regions=counted(
            Group.REGION,
            dataset.tally("region_codes", selection, windows).to_pylist(),
            lambda row: row["value"] or "",
        ),
        families=counted(Group.FAMILY, categories, lambda row: FAMILIES[row["value"]]),
        categories=counted(Group.CATEGORY, categories, lambda row: str(row["value"])),
        actors=counted(
            Group.ACTOR,
            dataset.tally("actors", selection, windows).to_pylist(),
            lambda row: str(row["value"]),
        ),
    )
