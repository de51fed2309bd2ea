"""What was reported before a meeting and after it, near the places that it concerned.

An incident counts once, on the day on which it began. It is

- *before*, if it began within the window before the meeting and ended before the
  meeting's first day;
- *after*, if it began within the window after the meeting's last day;
- *during*, if it ran on any of the meeting's own days: it belongs to neither side;
- *straddling*, if its date is not exact enough to say which of these holds.

Only what its date allows no doubt of is put on a side. A month, a year or an interval
that is marked as approximate may mean any of its days; an interval of days such as
``2023-10-27/2023-10-29`` is an event that began on the first and ended on the last. A
single approximate day, ``2024-01-09~``, is taken as it stands.

A window is cut where the records end, and the lens says so. What the records leave out
inside of their time cannot be seen: they are reported events, chosen by editors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.analysis.centre import Centre, places_that_count
from bordermap.analysis.chance import Verdict, verdict
from bordermap.errors import SelectionError
from bordermap.model.dates import PartialDate
from bordermap.model.vocabulary import INCIDENT_CATEGORIES, DatePrecision, Family, Kind
from bordermap.queries import Dataset
from bordermap.selection import Selection

Rows = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Days on one side of a meeting.

    Attributes
    ----------
    first, last : datetime.date
        Both inclusive, as far as the records reach; ``last`` is before ``first`` where
        they do not reach at all.
    wanted : int
        How many days were asked for.
    """

    first: date
    last: date
    wanted: int

    @property
    def days(self) -> int:
        """How many days there are."""
        return max(0, (self.last - self.first).days + 1)

    @property
    def truncated(self) -> bool:
        """Whether the records end inside of what was asked for."""
        return self.days < self.wanted


@dataclass(frozen=True)
class Lens:
    """Incidents around a meeting; rows are those of the dataset, in order of date.

    Attributes
    ----------
    anchor : int
        Row of the meeting.
    first, last : datetime.date
        The meeting's own days, as far as its date says.
    km : float or None
        None is any distance.
    before, during, after : tuple of int
    straddling : tuple of int
        Their date is too imprecise to put them on a side.
    undated : tuple of int
    categories, families : mapping of term to (int, int)
        How many incidents before and after; terms that do not occur are absent.
    per_day : tuple of (datetime.date, int)
        Incidents on either side by the day on which they began, where that is known.
    """

    anchor: int
    first: date
    last: date
    days: int
    km: float | None
    centre: Centre
    window_before: Window
    window_after: Window
    before: Rows
    during: Rows
    after: Rows
    straddling: Rows
    undated: Rows
    categories: Mapping[str, tuple[int, int]]
    families: Mapping[Family, tuple[int, int]]
    per_day: tuple[tuple[date, int], ...]

    @property
    def verdict(self) -> Verdict:
        """What can be said of the difference between before and after."""
        return verdict(
            len(self.before), len(self.after), self.window_before.days, self.window_after.days
        )

    @property
    def where(self) -> str:
        """Where incidents were counted, in words."""
        return self.centre.words(self.km)


def lens(
    dataset: Dataset,
    anchor_row: int,
    days: int,
    km: float | None,
    centre: Centre,
    selection: Selection | None = None,
) -> Lens:
    """Look at the incidents around a meeting.

    Parameters
    ----------
    anchor_row : int
        Row of the meeting; see :func:`can_anchor`.
    days : int
        Length of the windows before its first and after its last day.
    km : float or None
        Greatest distance from the centre; None counts incidents anywhere.
    centre : Centre
        From :func:`centre_of`.
    selection : Selection, optional
        What else incidents must be; its dates and kinds are not used.

    Raises
    ------
    SelectionError
        If the meeting has no first or last day, or the windows are shorter than a day.
    """
    anchor = dataset.record(anchor_row)
    first, last = anchor["date_start"], anchor["date_end"]
    if first is None or last is None:
        raise SelectionError(f"record: {anchor['id']!r} has no first and last day to compare")
    if days < 1:
        raise SelectionError(f"days: {days} is not a number of days")
    begin, end = reach(dataset)
    one = timedelta(days=1)
    window_before = Window(max(first - days * one, begin), first - one, days)
    window_after = Window(last + one, min(last + days * one, end), days)

    incidents = (selection or Selection()).replace(
        kinds=(Kind.INCIDENT,), date_from=None, date_to=None
    )
    dated = incidents.replace(date_from=first - days * one, date_to=last + days * one)
    sides: dict[str, list[int]] = {
        name: [] for name in ("before", "during", "after", "straddling", "undated")
    }
    began: Counter[date] = Counter()
    categories: dict[str, list[int]] = {}
    families: dict[Family, list[int]] = {}
    for row, record in _near(dataset, dataset.rows(dated), centre, km):
        span = _Span.of(record["date_edtf"])
        side = span.side(first, last, window_before, window_after)
        if side is None:
            continue
        sides[side].append(row)
        if side not in ("before", "after"):
            continue
        category = record["category"]
        family = INCIDENT_CATEGORIES.get(category, Family.OTHER)
        for counts in (
            categories.setdefault(category, [0, 0]),
            families.setdefault(family, [0, 0]),
        ):
            counts[side == "after"] += 1
        if span.begins[0] == span.begins[1]:
            began[span.begins[0]] += 1
    sides["undated"] = [row for row, _ in _near(dataset, _undated(dataset, incidents), centre, km)]
    return Lens(
        anchor=anchor_row,
        first=first,
        last=last,
        days=days,
        km=km,
        centre=centre,
        window_before=window_before,
        window_after=window_after,
        **{side: tuple(rows) for side, rows in sides.items()},
        categories={term: (n[0], n[1]) for term, n in categories.items()},
        families={family: (n[0], n[1]) for family, n in families.items()},
        per_day=tuple(sorted(began.items())),
    )


def can_anchor(record: Mapping[str, Any]) -> bool:
    """Return whether a record is a meeting that has a before and an after."""
    dated = record["date_start"] is not None and record["date_end"] is not None
    return record["kind"] == Kind.MEETING and dated


def reach(dataset: Dataset) -> tuple[date, date]:
    """Return the first and the last day on which any record began."""
    ends = pc.min_max(dataset.records["date_start"]).as_py()
    return ends["min"] or date.max, ends["max"] or date.min


@dataclass(frozen=True)
class _Span:
    """The earliest and the latest day on which an event began, and on which it ended."""

    begins: tuple[date, date]
    ends: tuple[date, date]

    @classmethod
    def of(cls, edtf: str) -> _Span:
        when = PartialDate.parse(edtf)
        first, last = when.start or date.min, when.end or date.max
        head, slash, tail = edtf.partition("/")
        begins = ends = (first, last)
        if slash and when.start and not head.endswith("~"):
            begins = (first, min(PartialDate.parse(head).end or last, last))
            if not when.end:
                ends = (date.max, date.max)
            elif not tail.endswith("~"):
                ends = (max(PartialDate.parse(tail).start or first, first), last)
        return cls(begins, ends)

    def side(self, first: date, last: date, before: Window, after: Window) -> str | None:
        """Return where the event belongs, or None if it certainly lies outside."""
        (begin, latest_begin), (earliest_end, end) = self.begins, self.ends
        if latest_begin <= last and earliest_end >= first:
            return "during"
        if begin >= before.first and end <= before.last:
            return "before"
        if begin >= after.first and latest_begin <= after.last:
            return "after"
        maybe_during = begin <= last and end >= first
        maybe_before = latest_begin >= before.first and begin <= before.last
        maybe_before = maybe_before and earliest_end <= before.last
        maybe_after = latest_begin >= after.first and begin <= after.last
        return "straddling" if maybe_before or maybe_during or maybe_after else None


def _near(
    dataset: Dataset, rows: Iterable[int], centre: Centre, km: float | None
) -> list[tuple[int, dict[str, Any]]]:
    """Return the rows that count for a centre, with their category, date and places."""
    numbers = [int(row) for row in rows]
    records = (
        dataset.records.select(["category", "date_edtf", "places"])
        .take(pa.array(numbers, pa.int64()))
        .to_pylist()
    )
    everywhere = km is None or centre.anywhere
    counted = places_that_count(records, centre, km)
    return [
        (row, record)
        for row, record, places in zip(numbers, records, counted, strict=True)
        if everywhere or places
    ]


def _undated(dataset: Dataset, selection: Selection) -> npt.NDArray[np.int64]:
    rows = dataset.rows(selection)
    precision = dataset.records["date_precision"].to_numpy()[rows]
    undated: npt.NDArray[np.int64] = rows[precision == DatePrecision.UNKNOWN]
    return undated
