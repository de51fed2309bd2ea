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

The circle is drawn around places that are known to a district or better; distances are
geodesic kilometres on WGS 84 to the nearest place where an incident was; a place that
it only concerned stands for it where the record names no other. The point of a district
may be tens of kilometres from where something happened, so that a small circle says
more than is known. What is known to its state only, such as
"northern Shan State", stands for the whole state.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bordermap.catalog.gazetteer import Gazetteer
from bordermap.catalog.rows import POINT_PRECISIONS
from bordermap.errors import SelectionError
from bordermap.labels import nearest_gate
from bordermap.model.dates import PartialDate
from bordermap.model.record import Place
from bordermap.model.vocabulary import (
    INCIDENT_CATEGORIES,
    DatePrecision,
    Family,
    GeoPrecision,
    Kind,
    Role,
    label,
)
from bordermap.queries import Dataset
from bordermap.selection import Selection

LEAST_INCIDENTS = 10
"""Fewer incidents than this, on both sides together, allow no conclusion whatever.

With fewer, only counts that lie almost wholly on one side could be unusual, and a
single report more or less would turn the verdict.
"""

UNUSUAL = 0.05
"""A difference that chance alone brings about in fewer than this share of cases is unusual."""

CAVEAT = (
    "These are reported events from few sources, not all events. Incidents come in clusters, "
    "so that large differences arise by chance more often than this test allows. That one "
    "thing came after another does not mean that it came because of it."
)
"""Always said with a :class:`Verdict`."""

SUBJECT, VENUE, ANYWHERE = "subject", "venue", "anywhere"
CENTRES = (SUBJECT, VENUE, ANYWHERE)
"""What the circle can be drawn around, besides any place of the gazetteer."""

BORDER_LINES = frozenset({"china-myanmar-border", "china-myanmar-border-yunnan"})
"""Ids of the places that are the line to which ``border_km`` is measured."""

Rows = tuple[int, ...]


@dataclass(frozen=True)
class Centre:
    """Where an incident must be to count: at any of these, or anywhere if there are none.

    Attributes
    ----------
    points : tuple of (str, float, float)
        Name, longitude and latitude in WGS 84 degrees.
    regions : tuple of (str, str)
        ISO 3166-2 code and name; the distance plays no part.
    border : bool
        The line between China and Myanmar.
    note : str
        Why this is not what was asked for, or how it is to be understood; or empty.
    """

    points: tuple[tuple[str, float, float], ...] = ()
    regions: tuple[tuple[str, str], ...] = ()
    border: bool = False
    note: str = ""

    @property
    def codes(self) -> frozenset[str]:
        """The codes of the regions."""
        return frozenset(code for code, _ in self.regions)

    @property
    def anywhere(self) -> bool:
        """Whether the place plays no part."""
        return not (self.points or self.regions or self.border)

    def words(self, km: float | None) -> str:
        """Return where incidents are counted, as in ``within 50 km of Muse or Ruili``."""
        if km is None or self.anywhere:
            return "at any place"
        near = [name for name, _, _ in self.points]
        near += ["the China–Myanmar border"] if self.border else []
        parts = [f"within {km:g} km of {_listed(near, 'or')}"] if near else []
        parts += [f"in {_listed([name for _, name in self.regions], 'or')}"] if self.regions else []
        return " or ".join(parts)


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


class Finding(StrEnum):
    """What the numbers allow to say."""

    UNCOVERED = "uncovered"
    FEW = "few"
    USUAL = "usual"
    UNUSUAL = "unusual"


@dataclass(frozen=True)
class Verdict:
    """What can be said of the difference; to be followed by :data:`CAVEAT`.

    Attributes
    ----------
    p : float or None
        Of the exact two-sided binomial test; None where it is not made.
    """

    finding: Finding
    p: float | None
    words: str


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


def centre_of(record: Mapping[str, Any], wanted: str, gazetteer: Gazetteer) -> Centre:
    """Return where to look, for a meeting and a wish.

    By default the subject of the meeting, for the venue is often far from what the
    meeting was about. Its places that are known to a district or better are taken if
    there are any, else its areas. Where the record has neither, the border line stands
    in, and the centre says so.

    Parameters
    ----------
    record : mapping
        The meeting, as :meth:`bordermap.queries.Dataset.record` returns it.
    wanted : str
        One of :data:`CENTRES`, or any name of a place.

    Raises
    ------
    SelectionError
        If a place is wanted that is not known or not known well enough.
    """
    if wanted == ANYWHERE:
        return Centre()
    if wanted not in CENTRES:
        place = gazetteer.find(wanted)
        if place is None or not can_be_centre(place):
            reason = "is not known to a state or better" if place else "is no place"
            raise SelectionError(f"centre: {wanted[:80]!r} {reason}")
        return _around([place])
    role = Role.SUBJECT if wanted == SUBJECT else Role.VENUE
    ids = dict.fromkeys(place["place_id"] for place in record["places"] if place["role"] == role)
    places = [gazetteer.places[place] for place in ids if place in gazetteer.places]
    usable = [place for place in places if can_be_centre(place)]
    if usable:
        return _around(usable)
    what = "what the meeting concerned" if wanted == SUBJECT else "a venue"
    if places:
        named = _listed([place.name for place in places], "and")
        reason = f"The record has {named} as {what}, which has no place that could be measured from"
    else:
        reason = f"The record does not name {what}"
    note = f"{reason}; the China–Myanmar border is taken instead."
    return Centre(border=True, note=note)


def can_be_centre(place: Place) -> bool:
    """Return whether incidents can be near a place or inside of it."""
    if place.id in BORDER_LINES or place.geo_precision in POINT_PRECISIONS:
        return True
    return place.geo_precision == GeoPrecision.STATE and place.region is not None


def verdict(before: int, after: int, days_before: int, days_after: int) -> Verdict:
    """Say what two counts allow to conclude, with the exact binomial test.

    If incidents were reported at one steady rate, each of them would fall on the later
    side with the probability ``days_after / (days_before + days_after)``.

    Parameters
    ----------
    before, after : int
        Incidents.
    days_before, days_after : int
        Days in which they were counted.
    """
    total = before + after
    if not (days_before and days_after):
        side = "before" if not days_before else "after"
        return Verdict(
            Finding.UNCOVERED, None, f"The records do not reach {side} the meeting: no comparison."
        )
    if total < LEAST_INCIDENTS:
        words = f"Too few to conclude anything: {before} before, {after} after."
        return Verdict(Finding.FEW, None, words)
    p = binomial_p(after, total, days_after, days_before)
    counted = f"{before} before, {after} after"
    if days_before != days_after:
        counted = (
            f"{before} in {_days(days_before)} before, {after} in {_days(days_after)} after"
            f" ({before / days_before:.2f} and {after / days_after:.2f} a day)"
        )
    if p < UNUSUAL:
        words = f"{counted}. A difference of this size would be unusual by chance"
        return Verdict(Finding.UNUSUAL, p, f"{words} ({_odds(p)}).")
    words = f"{counted}. A difference of this size is not unusual by chance"
    return Verdict(Finding.USUAL, p, f"{words} ({_odds(p)}).")


def binomial_p(hits: int, trials: int, share: int = 1, rest: int = 1) -> float:
    """Return the p-value of the exact two-sided binomial test.

    It is the probability of all outcomes that are no more likely than what was seen.

    Parameters
    ----------
    hits, trials : int
    share, rest : int
        The expected probability of a hit is ``share / (share + rest)``. Whole numbers,
        so that outcomes of the same probability are known to be so.

    Examples
    --------
    >>> binomial_p(8, 10)
    0.109375
    """
    common = math.gcd(share, rest)
    share, rest = share // common, rest // common
    ways = [math.comb(trials, n) * share**n * rest ** (trials - n) for n in range(trials + 1)]
    return float(Fraction(sum(way for way in ways if way <= ways[hits]), (share + rest) ** trials))


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


def places_that_count(
    records: Sequence[Mapping[str, Any]], centre: Centre, km: float | None
) -> list[list[dict[str, Any]]]:
    """Return those places of each record for which it counts.

    Parameters
    ----------
    records : sequence of mapping
        With ``places``, as :data:`bordermap.model.record.RECORD_SCHEMA` has them.
    """
    if km is None or centre.anywhere:
        return [_whereabouts(record) for record in records]
    placed = [
        (number, place) for number, record in enumerate(records) for place in _whereabouts(record)
    ]
    kept: list[list[dict[str, Any]]] = [[] for _ in records]
    distances = _distances([place for _, place in placed], centre.points)
    for (number, place), away in zip(placed, distances, strict=True):
        at_border = centre.border and place["border_km"] is not None and place["border_km"] <= km
        if away <= km or at_border or place["region_code"] in centre.codes:
            kept[number].append(place)
    return kept


def _whereabouts(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return where a record was, or what it concerned if it names nothing else."""
    places = list(record["places"])
    return [place for place in places if place["role"] != Role.SUBJECT] or places


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


def _distances(
    places: Sequence[Mapping[str, Any]], points: Sequence[tuple[str, float, float]]
) -> npt.NDArray[np.float64]:
    """Return the kilometres from places to the nearest point; infinity where not known."""
    if not points:
        return np.full(len(places), np.inf)
    known = [place["geo_precision"] in POINT_PRECISIONS for place in places]
    x, y = (
        np.where(known, np.array([place[axis] for place in places], dtype=float), np.nan)
        for axis in ("longitude", "latitude")
    )
    names, longitude, latitude = zip(*points, strict=True)
    _, km = nearest_gate(x, y, names, np.array(longitude), np.array(latitude))
    return np.where(np.isnan(km), np.inf, km)


def _around(places: Sequence[Place]) -> Centre:
    points = tuple(
        (place.name, place.longitude, place.latitude)
        for place in places
        if place.geo_precision in POINT_PRECISIONS
        and place.longitude is not None
        and place.latitude is not None
    )
    if points:
        return Centre(points=points)
    border = any(place.id in BORDER_LINES for place in places)
    areas = [place for place in places if place.id not in BORDER_LINES and place.region]
    regions = {str(place.region): label(str(place.region)) for place in areas}
    regions |= {str(place.region): place.name for place in areas if place.kind == "state"}
    whole = {place.region for place in areas if place.kind == "state"}
    parts = [place for place in areas if place.region not in whole]
    note = ""
    if parts:
        names = _listed([place.name for place in parts], "and")
        known = "are known to their states" if len(parts) > 1 else "is known to its state"
        note = f"{names} {known} only. "
    if regions:
        counted = _listed(list(regions.values()), "and")
        note += f"All of {counted} counts, whatever the distance."
    return Centre(regions=tuple(regions.items()), border=border, note=note)


def _undated(dataset: Dataset, selection: Selection) -> npt.NDArray[np.int64]:
    rows = dataset.rows(selection)
    precision = dataset.records["date_precision"].to_numpy()[rows]
    undated: npt.NDArray[np.int64] = rows[precision == DatePrecision.UNKNOWN]
    return undated


def _listed(names: Sequence[str], word: str) -> str:
    head = ", ".join(names[:-1])
    return f"{head} {word} {names[-1]}" if head else "".join(names)


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _odds(p: float) -> str:
    """Return a p-value in words and figures."""
    if p < 0.001:
        return "chance alone brings one this large in fewer than 1 of 1,000 cases; p < 0.001"
    share = f"{100 * p:.0f} of 100" if p >= 0.01 else f"{1000 * p:.0f} of 1,000"
    return f"chance alone brings one this large in {share} cases; p = {p:.2g}"
