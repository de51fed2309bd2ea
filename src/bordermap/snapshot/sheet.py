"""The layout of a printed map: title, map, legend, locator, notes, sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

import bordermap
from bordermap.cartography import style
from bordermap.cartography.event_layer import anchors
from bordermap.model.vocabulary import CATEGORIES, REGION_NAMES, Family, GeoPrecision, Kind
from bordermap.selection import BBox
from bordermap.snapshot import frame, legend, text, words
from bordermap.snapshot.making import Material
from bordermap.snapshot.marks import Mark, areas, count, marks_of
from bordermap.snapshot.notices import DISCLAIMER, credit
from bordermap.snapshot.panel import Panel

MARGIN = 26.0
_SIDEBAR = 168.0
_GUTTER = 12.0
_WHOLE: BBox = (91.6, 9.6, 106.4, 29.2)
"""What the locator shows: Myanmar and Yunnan."""
_LOCATOR_ASPECT = 0.8
_LEAST_LOCATOR = 60.0
_HANGING = 210.0
_MOST_NAMED = 9
_MOST_SOURCES = 6


class Sheet:
    """A drawn page.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    records : pyarrow.Table
        What was selected.
    title : str
        As printed.
    map : Panel
    """

    def __init__(self, figure: Figure, material: Material) -> None:
        catalog, selection = material.catalog, material.spec.selection
        self.figure = figure
        self.records = material.records
        self.title = material.spec.title or words.title(selection, catalog)
        self._catalog = catalog
        self._selection = selection
        self._total = len(material.dataset)
        self._made_on = material.spec.made_on
        self._titled = bool(material.spec.title)
        width, height = figure.get_size_inches() * 72
        self._page: Axes = figure.add_axes((0, 0, 1, 1), facecolor="none", zorder=3)
        self._page.set(xlim=(0, width), ylim=(height, 0))
        self._page.set_axis_off()

        columns = 1 if height > width else 2
        sidebar = columns * _SIDEBAR + (columns - 1) * _GUTTER
        top = self._draw_title(width - 2 * MARGIN)
        bottom = self._draw_footer(width - 2 * MARGIN, height)
        map_width = width - 2 * MARGIN - sidebar - _GUTTER
        map_height = bottom - top
        shown = frame.Frame.around(material.view, map_width / map_height)
        self.map = Panel(figure, (MARGIN, height - bottom, map_width, map_height), shown)
        self._draw_map()
        self._draw_sidebar(width - MARGIN - sidebar, top, bottom, columns)

    @cached_property
    def marks(self) -> list[Mark]:
        """The marks of all records, inside the frame or not."""
        return marks_of(self.records, anchors(self._catalog.layers))

    # ------------------------------------------------------------------ title and footer

    def _draw_title(self, width: float) -> float:
        """Write title and subtitle; return where the map may begin."""
        top = MARGIN + 4
        for line in text.balanced(self.title, width, 14.5, bold=True, lines=2):
            legend.write(self._page, MARGIN, top + 8, line, 14.5, bold=True)
            top += 19
        for line in text.wrap(self._subtitle(), width, 8.2, lines=2):
            legend.write(self._page, MARGIN, top + 6, line, 8.2, colour=style.MUTED)
            top += 11.5
        return top + 8

    def _subtitle(self) -> str:
        matching = f"{len(self.records):,} of {self._total:,} records"
        if self._titled:
            return f"{words.title(self._selection, self._catalog)} · {matching}"
        first = pc.min(self.records["date_start"]).as_py()
        last = pc.max(self.records["date_start"]).as_py()
        dated = words.period(first, last)
        return f"{matching}, dated {dated}" if dated else matching

    def _draw_footer(self, width: float, height: float) -> float:
        """Write sources and terms at the foot; return where the map must end."""
        size, step = 6.2, 8.4
        lines = text.wrap(self._sources(), width, size, lines=3)
        terms = (
            f"Projection: {frame.PROJECTION}; the scale bar is exact at the centre of the map. "
            f"{credit(self.records)} {DISCLAIMER} "
            f"Made on {words.day(self._made_on)} with bordermap {bordermap.__version__}."
        )
        lines += text.wrap(terms, width, size, lines=4)
        top = height - MARGIN - len(lines) * step
        for number, line in enumerate(lines):
            legend.write(
                self._page, MARGIN, top + step * (number + 0.5), line, size, colour=style.MUTED
            )
        return top - 7

    def _sources(self) -> str:
        keys = Counter(key for keys in self.records["sources"].to_pylist() for key in keys)
        known = [self._catalog.sources[key] for key in keys if key in self._catalog.sources]
        if not known:
            return ""
        if len(known) <= _MOST_SOURCES:
            return "Sources: " + "; ".join(sorted(str(source) for source in known)) + "."
        publishers: dict[str, list[date]] = {}
        for source in known:
            dates = publishers.setdefault(source.publisher, [])
            dates += [source.published] if source.published else []
        cited = Counter(source.publisher for source in known)
        ranked = sorted(cited, key=lambda name: (-cited[name], name))
        said = [
            f"{name} ({cited[name]}{_years(publishers[name])})"
            for name in ranked[: 2 * _MOST_SOURCES]
        ]
        more = len(ranked) - len(said)
        rest = f"; and {more} more" if more > 0 else ""
        return (
            f"Sources: {len(known)} reports of {len(ranked)} publishers: {', '.join(said)}{rest}."
        )

    # ------------------------------------------------------------------ map

    def _draw_map(self) -> None:
        layers, panel = self._catalog.layers, self.map
        panel.draw_ground(layers)
        if not len(self.records):
            self._draw_empty()
        points = panel.draw_points(layers)
        self._classes = {term for *_, term in points}
        merged = panel.draw_marks(self.marks)
        self._draw_scale()
        self._grouped = any(count(group.marks) > 1 for group in merged)
        in_state = Counter(
            {group.name: count(group.marks) for group in areas(self.marks, GeoPrecision.STATE)}
        )
        panel.draw_names(layers, merged, points, in_state)

    def _draw_empty(self) -> None:
        axes, (x, y) = self.map.symbols, (self.map.width / 2, self.map.height * 0.56)
        message = "No record matches this selection"
        half = text.width(message, 11, bold=True) / 2 + 14
        box = (x - half, y - 17, x + half, y + 17)
        axes.add_artist(
            Rectangle(
                box[:2],
                2 * half,
                34,
                facecolor="white",
                edgecolor=style.MUTED,
                linewidth=0.8,
                zorder=40,
            )
        )
        axes.text(
            x,
            y,
            message,
            ha="center",
            va="center",
            color=style.INK,
            zorder=41,
            fontproperties=text.font(11, bold=True),
            parse_math=False,
        )
        self.map.room.take(box)

    def _draw_scale(self) -> None:
        """Draw a bar of a round number of kilometres, in halves, and an arrow to true north.

        They stand in the first corner where no record is.
        """
        axes, shown = self.map.symbols, self.map.frame
        length = shown.scale_bar_km()
        long = length * shown.metres_per_kilometre / self.map.metres_per_point
        wide, high = long + 46.0, 32.0
        right, top = self.map.width - wide - 5, self.map.height - high - 5
        corners = [(right, 5.0), (5.0, 5.0), (right, top), (5.0, top)]
        boxes = [(x, y, x + wide, y + high) for x, y in corners]
        left, bottom, *_ = self.map.room.place(boxes) or boxes[0]
        axes.add_artist(
            Rectangle(
                (left, bottom), wide, high, facecolor="white", alpha=0.85, linewidth=0, zorder=49
            )
        )
        left, bottom = left + 8, bottom + 8
        for start, colour in ((0.0, style.INK), (0.5, "white")):
            axes.add_artist(
                Rectangle(
                    (left + start * long, bottom),
                    long / 2,
                    3.2,
                    facecolor=colour,
                    edgecolor=style.INK,
                    linewidth=0.6,
                    zorder=50,
                )
            )
        for share, unit in ((0.0, ""), (0.5, ""), (1.0, " km")):
            number = f"{length * share:g}"
            shift = text.width(number, 5.8) / 2
            axes.text(
                left + share * long - shift,
                bottom + 6,
                number + unit,
                ha="left",
                va="bottom",
                color=style.INK,
                fontproperties=text.font(5.8),
                parse_math=False,
                zorder=50,
            )
        self._draw_north(left + long + 26, bottom + 6)

    def _draw_north(self, x: float, y: float) -> None:
        axes, high = self.map.symbols, 13.0
        turn = np.radians(-self.map.frame.north)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        half = np.array([[0, high / 2], [-4, -high / 2], [0, -high / 3.4]])
        for side, colour in ((1, style.INK), (-1, "white")):
            corners = (half * [side, 1]) @ rotation.T + [x, y]
            axes.add_artist(
                Polygon(corners, facecolor=colour, edgecolor=style.INK, linewidth=0.6, zorder=50)
            )
        tip = np.array([0, high / 2 + 4]) @ rotation.T + [x, y]
        axes.text(
            tip[0],
            tip[1],
            "N",
            ha="center",
            va="center",
            color=style.INK,
            fontproperties=text.font(6, bold=True),
            zorder=50,
        )

    # ------------------------------------------------------------------ sidebar

    def _draw_sidebar(self, left: float, top: float, bottom: float, columns: int) -> None:
        page, layers = self._page, self._catalog.layers
        disputed = "boundaries" in layers and bool(layers["boundaries"]["disputed"].any())
        blocks = []
        if len(self.records):
            blocks.append(legend.count_rows(page, self._counts()))
            blocks.append(
                legend.precision_rows(
                    page,
                    areas=any(m.precision == GeoPrecision.DISTRICT for m in self.marks),
                    grouped=self._grouped,
                )
            )
        blocks.append(
            legend.map_rows(page, self._classes, corridor="corridor" in layers, disputed=disputed)
        )
        if missing := self._missing():
            blocks.append(legend.notes(page, missing, _SIDEBAR))
        if columns == 1:
            for block in blocks:
                block.draw(left, top, _SIDEBAR)
                top += block.height
            self._draw_locator(left, top, bottom, hang=False)
            return
        second = left + _SIDEBAR + _GUTTER
        under = self._draw_locator(second, top, bottom, hang=True)
        for block in blocks:
            if left != second and top + block.height > bottom:
                left, top = second, under
            block.draw(left, top, _SIDEBAR)
            top += block.height

    def _counts(self) -> Counter[tuple[str, Family]]:
        pairs = zip(
            self.records["kind"].to_pylist(), self.records["category"].to_pylist(), strict=True
        )
        return Counter(
            (kind, CATEGORIES[Kind(kind)].get(category, Family.OTHER)) for kind, category in pairs
        )

    def _missing(self) -> list[str]:
        """Say which records the map cannot show, and why."""
        drawn = {mark.record for mark in self.marks}
        shown = {mark.record for mark in self.marks if self.map.shows(mark)}
        said = []
        if outside := drawn - shown:
            first = {mark.record: mark.place for mark in reversed(self.marks)}
            places = Counter(first[record] for record in outside).most_common()
            named = _listed(places[:_MOST_NAMED])
            rest = sum(n for _, n in places[_MOST_NAMED:])
            named += f", elsewhere {rest}" if rest else ""
            said.append(f"Outside the map: {named}.")
        country: Counter[str] = Counter()
        unplaced = 0
        for record, places in enumerate(self.records["places"].to_pylist()):
            if record in drawn:
                continue
            wide = [p["name"] for p in places if p["geo_precision"] == GeoPrecision.COUNTRY]
            if wide:
                country[wide[0]] += 1
            else:
                unplaced += 1
        if country:
            named = _listed(country.most_common(_MOST_NAMED))
            said.append(f"Known only to a country or a wider area: {named}.")
        if unplaced:
            said.append(f"Not placed: {unplaced}.")
        undated = self.records["date_precision"].to_pylist().count("unknown")
        if undated:
            said.append(f"Undated, but counted and drawn: {undated}.")
        return said

    def _draw_locator(self, left: float, top: float, bottom: float, *, hang: bool) -> float:
        """Draw Myanmar and Yunnan with the frame of the map and the records outside it.

        It hangs from ``top`` or stands on ``bottom``; returns where there is room below.
        """
        outside = [
            mark
            for mark in self.marks
            if mark.precision != GeoPrecision.STATE and not self.map.shows(mark)
        ]
        name = "Around, with the records outside" if outside else "Location"
        title = legend.Block([legend.heading(self._page, name)])
        height = min(bottom - top - title.height, _SIDEBAR / _LOCATOR_ASPECT)
        if hang:
            height = min(height, _HANGING)
        if height < _LEAST_LOCATOR:
            return top
        start = top if hang else bottom - height - title.height
        title.draw(left, start, _SIDEBAR)
        width = min(_SIDEBAR, height * _LOCATOR_ASPECT)
        page_height = self._page.get_ylim()[0]
        panel = Panel(
            self.figure,
            (left, page_height - start - title.height - height, width, height),
            frame.Frame.around(_WHOLE, width / height),
        )
        panel.draw_ground(self._catalog.layers, detailed=False)
        panel.draw_places(outside)
        shown = self.map.frame
        x, y = panel.points(
            np.array([shown.left, shown.right]), np.array([shown.bottom, shown.top])
        )
        panel.symbols.add_line(
            Line2D(x[[0, 1, 1, 0, 0]], y[[0, 0, 1, 1, 0]], color=style.ACCENT, linewidth=1.2)
        )
        return start + title.height + height + _GUTTER


def _listed(places: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{REGION_NAMES.get(place, place)} {number}" for place, number in places)


def _years(dates: list[date]) -> str:
    if not dates:
        return ""
    first, last = min(dates).year, max(dates).year
    return f", {first}" if first == last else f", {first}–{last}"
