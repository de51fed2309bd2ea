"""The timeline under a printed map: records by day and family, and the days that are selected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon, Rectangle

from bordermap.cartography import style
from bordermap.columns import Columns
from bordermap.model.vocabulary import FAMILIES, Family, Kind
from bordermap.queries import Dataset, timeless
from bordermap.selection import Selection
from bordermap.snapshot.sheets import legend, text, timescale
from bordermap.snapshot.sheets.timescale import Days

GUTTER = 46.0
"""Points at the left for what the heights say."""

_LEAST_BIN = 3.0
_LEAST_DAYS = 7
_CONTEXT = 12
"""Lengths of the selected days that are shown before and after them, if there are records."""
_LEAST_CONTEXT = 45
_AXIS = 10.0
_LANE = 9.0
_GAP = 0.35
_LEAST_BAR = 0.5
_SIZE = 5.8
_LINE = "#c9cdd0"
_VEIL = 0.7
_LEAST_WINDOW = 0.8

Place = tuple[float, float, float, float]
Polygons = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Histogram:
    """Records over time, as one strip shows them.

    Attributes
    ----------
    first, last : int
        Days since 1970-01-01, both inclusive: from where to where the axis goes.
    unit : str
        Of the bins: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
    edges : array of int64
        Days since 1970-01-01 on which bins begin; one more than there are bins.
    counts : array of int64
        Records by family, in the order of the vocabulary, and bin. A record counts once:
        on its first day or, where that is open, on its last.
    meetings : array of int64
        Those of them that are meetings, by bin.
    window : (int, int) or None
        First and last day that are selected, inside the axis; None where all are.
    """

    first: int
    last: int
    unit: timescale.Unit
    edges: Days
    counts: npt.NDArray[np.int64]
    meetings: npt.NDArray[np.int64]
    window: tuple[int, int] | None

    @property
    def most(self) -> int:
        """How many records the tallest bar stands for."""
        return int(self.counts.sum(axis=0).max(initial=0))


def histogram(dataset: Dataset, selection: Selection, width: float) -> Histogram | None:
    """Count the records that match a selection but for its dates.

    Of a long time, what lies around the selected days is shown.

    Parameters
    ----------
    width : float
        Of the whole strip, in points.

    Returns
    -------
    Histogram or None
        None where no such record has a date.
    """
    rows = dataset.matching(timeless(selection)).rows
    days, rows = _counted_on(dataset.columns, rows)
    if not len(days):
        return None
    window, first, last = _span(days, selection.date_from, selection.date_to)
    unit = timescale.unit_of_bins(last - first + 1, width - GUTTER, _LEAST_BIN)
    edges = timescale.edges(first, last, unit)
    shown = (days >= edges[0]) & (days < edges[-1])
    bins = np.searchsorted(edges, days[shown], side="right") - 1
    of_family, is_meeting = _families(dataset.columns, rows[shown])
    shape = (len(Family), len(edges) - 1)
    return Histogram(
        first=first,
        last=last,
        unit=unit,
        edges=edges,
        counts=np.bincount(of_family * shape[1] + bins, minlength=shape[0] * shape[1]).reshape(
            shape
        ),
        meetings=np.bincount(bins[is_meeting], minlength=shape[1]),
        window=window,
    )


def draw_strip(page: Axes, histogram: Histogram, place: Place) -> None:
    """Draw bars by family, meetings above them and an axis.

    Parameters
    ----------
    page : Axes
        In points, y downwards.
    place : (float, float, float, float)
        Left, top, width and height.
    """
    strip = _Strip(page, histogram, place)
    strip.draw_bars()
    if histogram.meetings.any():
        strip.draw_meetings()
    strip.draw_axis()
    strip.draw_height()


def draw_window(
    page: Axes, histogram: Histogram, place: Place, window: tuple[int, int] | None
) -> list[Artist]:
    """Mark days on a strip that was drawn: all others become faint.

    Parameters
    ----------
    page : Axes
        In points, y downwards.
    place : (float, float, float, float)
        Of the strip: left, top, width and height.
    window : (int, int) or None
        First and last day, since 1970-01-01; those of `Histogram.window` mark the selection.

    Returns
    -------
    list of Artist
        What was added to the page; nothing where the window is None.
    """
    return _Strip(page, histogram, place).draw_window(*window) if window else []


class _Strip:
    """A histogram on its way onto a page."""

    def __init__(self, page: Axes, histogram: Histogram, place: Place) -> None:
        left, self._top, width, height = place
        self._page = page
        self._data = histogram
        self._left, self._width = left + GUTTER, width - GUTTER
        self._bottom = self._top + height - _AXIS
        self._bars_top = self._top + (_LANE if histogram.meetings.any() else 0.0) + 1
        self._scale = self._width / (histogram.last + 1 - histogram.first)
        self._edges = self._x(histogram.edges)

    def _x(self, days: Days) -> npt.NDArray[np.float64]:
        """Return where days begin, kept on the axis."""
        x = self._left + (days - self._data.first) * self._scale
        return x.clip(self._left, self._left + self._width)

    def draw_window(self, first: int, last: int) -> list[Artist]:
        """Lay a veil over all other days, and a line around these."""
        start, end = self._x(np.array([first, last + 1])).tolist()
        end = max(end, start + _LEAST_WINDOW)
        top, right = self._top - 1, self._left + self._width
        veils = [
            Rectangle(
                (left, top),
                width,
                self._bottom - top,
                facecolor=style.PAPER,
                alpha=_VEIL,
                linewidth=0,
                zorder=4,
            )
            for left, width in ((self._left, start - self._left), (end, right - end))
            if width > 0
        ]
        outline = [(start, self._bottom), (start, top), (end, top), (end, self._bottom)]
        line = Polygon(
            outline, closed=True, fill=False, edgecolor=style.ACCENT, linewidth=0.9, zorder=5
        )
        for artist in (*veils, line):
            self._page.add_artist(artist)
        return [*veils, line]

    def draw_bars(self) -> None:
        """Draw the bars from the axis up."""
        data = self._data
        scale = (self._bottom - self._bars_top) / max(data.most, 1)
        floors = data.counts.cumsum(axis=0) * scale
        starts, ends = self._edges[:-1], self._edges[1:]
        gap = np.minimum(_GAP, (ends - starts) / 6)
        for family, counts, high in zip(Family, data.counts, floors, strict=True):
            seen = (counts > 0) & (ends > starts)
            # A single record among very many is a hairline, not nothing.
            tall = np.maximum(counts[seen] * scale, _LEAST_BAR)
            bottom = self._bottom - high[seen] + counts[seen] * scale
            bars = _boxes((starts + gap)[seen], bottom - tall, (ends - gap)[seen], bottom)
            self._fill(bars, style.FAMILY_COLOURS[family])

    def draw_meetings(self) -> None:
        """Draw a diamond over each bin that has meetings, larger where there are more."""
        data, middle = self._data, self._top + _LANE / 2
        self._note(middle, "Meetings")
        centres, room = (self._edges[:-1] + self._edges[1:]) / 2, np.diff(self._edges)
        seen = (data.meetings > 0) & (room > 0)
        size = np.minimum(1.7 + 0.45 * np.sqrt(data.meetings[seen]), _LANE / 2)
        size = np.minimum(size, np.maximum(room[seen] * 0.6, 1.5))[:, None]
        x = centres[seen, None] + size * [0, 1, 0, -1]
        y = middle + size * [-1, 0, 1, 0]
        self._fill(np.stack([x, y], axis=-1), style.KIND_COLOURS[Kind.MEETING])

    def draw_axis(self) -> None:
        """Draw the line under the bars, with ticks and their words."""
        y, end = self._bottom, self._left + self._width
        lines = [[(self._left, y), (end, y)]]

        def measure(label: str, strong: bool) -> float:
            return 2.2 + text.width(label, _SIZE, bold=strong)

        for tick in timescale.ticks(self._data.first, self._data.last, self._width, measure):
            x = self._left + tick.x
            lines.append([(x, y), (x, y + (_AXIS - 1.5 if tick.label else 3.0))])
            if tick.label:
                colour = style.INK if tick.strong else style.MUTED
                where = (x + 2.2, y + _AXIS / 2 + 0.6)
                legend.write(self._page, *where, tick.label, _SIZE, colour=colour, bold=tick.strong)
        self._page.add_collection(
            LineCollection(lines, colors=_LINE, linewidths=0.6, zorder=6), autolim=False
        )

    def draw_height(self) -> None:
        """Say in the gutter how many records the tallest bar stands for."""
        if not self._data.most:
            return
        x, top = self._left, self._bars_top
        bracket = [(x - 3, top), (x, top), (x, self._bottom)]
        self._page.add_collection(
            LineCollection([bracket], colors=_LINE, linewidths=0.6, zorder=6), autolim=False
        )
        self._note(top + 2.5, f"{self._data.most:,}")
        self._note(top + 9.1, f"a {self._data.unit}")

    def _note(self, y: float, words: str) -> None:
        legend.write(self._page, self._left - 5, y, words, _SIZE, colour=style.MUTED, ha="right")

    def _fill(self, polygons: Polygons, colour: str) -> None:
        """Fill polygons, an array of n × corners × 2."""
        if len(polygons):
            self._page.add_collection(
                PolyCollection(list(polygons), facecolors=colour, linewidths=0, zorder=2),
                autolim=False,
            )


def _counted_on(
    columns: Columns, rows: npt.NDArray[np.uint32]
) -> tuple[Days, npt.NDArray[np.uint32]]:
    """Return the days on which rows count, and the rows, without those of no date."""
    start, end = columns.start[rows], columns.end[rows]
    ever = np.iinfo(start.dtype)
    days = np.where(start == ever.min, end, start)
    dated = (start <= end) & (days != ever.max)
    return days[dated].astype(np.int64), rows[dated]


def _families(
    columns: Columns, rows: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the number of the family of each row, and whether it is a meeting."""
    category, kind = columns.values["category"], columns.values["kind"]
    order = list(Family)
    numbers = [order.index(FAMILIES.get(term, Family.OTHER)) for term in category.terms]
    meeting = np.array([term == Kind.MEETING for term in kind.terms], bool)
    return np.array(numbers, np.int64)[category.codes[rows]], meeting[kind.codes[rows]]


def _span(
    days: Days, date_from: date | None, date_to: date | None
) -> tuple[tuple[int, int] | None, int, int]:
    """Return the selected days, None where all are, and from where to where the axis goes."""
    first, last = int(days.min()), int(days.max())
    window = None
    if date_from is not None or date_to is not None:
        start = first if date_from is None else _number(date_from)
        end = last if date_to is None else _number(date_to)
        window = (min(start, end), max(start, end))
        first, last = min(first, window[0]), max(last, window[1])
        around = max(_CONTEXT * (window[1] - window[0] + 1), _LEAST_CONTEXT)
        first, last = max(first, window[0] - around), min(last, window[1] + around)
    missing = max(_LEAST_DAYS - (last - first + 1), 0)
    return window, first - missing // 2, last + (missing + 1) // 2


def _number(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _boxes(
    left: npt.NDArray[np.float64],
    top: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    bottom: npt.NDArray[np.float64],
) -> Polygons:
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)
