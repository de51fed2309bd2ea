"""The layout of a printed map: title, map, legend, locator, notes, sources."""

from __future__ import annotations

from collections import Counter
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
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import CATEGORIES, REGION_NAMES, Family, GeoPrecision, Kind
from bordermap.queries import Dataset
from bordermap.selection import BBox, Selection
from bordermap.snapshot import frame, legend, text, words
from bordermap.snapshot.marks import Mark, areas, count, marks_of
from bordermap.snapshot.panel import Panel

MARGIN = 26.0
_SIDEBAR = 168.0
_GUTTER = 12.0
_WHOLE: BBox = (91.6, 9.6, 106.4, 29.2)
"""What the locator shows: Myanmar and Yunnan."""
_LOCATOR_ASPECT = 0.8
_MOST_NAMED = 9
_MOST_SOURCES = 6

DISCLAIMER = "Boundaries and names are indicative and imply no position or endorsement."
CREDIT = (
    "Base map © OpenStreetMap contributors (ODbL), Natural Earth; places GeoNames (CC BY 4.0)."
    " Records and text CC BY 4.0."
)


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

    def __init__(
        self,
        figure: Figure,
        catalog: Catalog,
        dataset: Dataset,
        selection: Selection,
        *,
        title: str | None,
        view: BBox | None,
        made_on: date,
    ) -> None:
        self.figure = figure
        self.records = dataset.select(selection)
        self.title = title or words.title(selection, catalog)
        self._catalog = catalog
        self._selection = selection
        self._total = len(dataset.records)
        self._made_on = made_on
        self._titled = title is not None
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
        shown = frame.Frame.around(
            view or frame.default_view(selection, catalog), map_width / map_height
        )
        self.map = Panel(
            figure, (MARGIN, height - bottom, map_width, map_height), shown
        )
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
        for line in text.wrap(self.title, width, 14.5, bold=True, lines=2):
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
        lines = text.wrap(self._sources(), width, size, lines=3) if len(self.records) else []
        terms = (
            f"Projection: {frame.PROJECTION}; the scale bar is exact at the centre of the map. "
            f"{CREDIT} {DISCLAIMER} "
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
        self._draw_scale()
        self._draw_north()
        if not len(self.records):
            self._draw_empty()
        points = panel.draw_points(layers)
        self._classes = {term for *_, term in points}
        merged = panel.draw_marks(self.marks)
        self._grouped = any(count(group.marks) > 1 for group in merged)
        in_state = Counter(
            {
                group.name: count(group.marks)
                for group in areas(self.marks, GeoPrecision.STATE)
            }
        )
        panel.draw_names(layers, merged, points, in_state)

    def _draw_empty(self) -> None:
        axes, (x, y) = self.map.symbols, (self.map.width / 2, self.map.height * 0.56)
        message = "No record matches this selection"
        half = text.width(message, 11, bold=True) / 2 + 14
        box = (x - half, y - 17, x + half, y + 17)
        axes.add_patch(
            Rectangle(
                box[:2], 2 * half, 34, facecolor="white", edgecolor=style.MUTED, linewidth=0.8,
                zorder=40,
            )  # fmt: skip
        )
        axes.text(
            x, y, message, ha="center", va="center", color=style.INK, zorder=41,
            fontproperties=text.font(11, bold=True), parse_math=False,
        )  # fmt: skip
        self.map.room.take(box)

    def _draw_scale(self) -> None:
        """Draw a bar of a round number of kilometres, in halves."""
        axes, shown = self.map.symbols, self.map.frame
        length = shown.scale_bar_km()
        long = length * shown.metres_per_kilometre / self.map.metres_per_point
        left, bottom, high = 12.0, 12.0, 3.2
        box = (left - 5, bottom - 5, left + long + 22, bottom + 15)
        axes.add_patch(
            Rectangle(
                box[:2], box[2] - box[0], box[3] - box[1], facecolor="white", alpha=0.8,
                linewidth=0, zorder=49,
            )  # fmt: skip
        )
        for start, colour in ((0.0, style.INK), (0.5, "white")):
            axes.add_patch(
                Rectangle(
                    (left + start * long, bottom), long / 2, high, facecolor=colour,
                    edgecolor=style.INK, linewidth=0.6, zorder=50,
                )  # fmt: skip
            )
        for share in (0.0, 0.5, 1.0):
            number = f"{length * share:g}" + (" km" if share == 1 else "")
            axes.text(
                left + share * long - (0 if share else 1), bottom + high + 2.5, number,
                ha="center" if share < 1 else "left", va="bottom", color=style.INK, zorder=50,
                fontproperties=text.font(5.8), parse_math=False,
            )  # fmt: skip
        self.map.room.take(box)

    def _draw_north(self) -> None:
        """Draw an arrow to true north at the centre of the map."""
        axes, high = self.map.symbols, 17.0
        x, y = 17.0, self.map.height - 24.0
        turn = np.radians(-self.map.frame.north)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        half = np.array([[0, high / 2], [-5, -high / 2], [0, -high / 3.4]])
        for side, colour in ((1, style.INK), (-1, "white")):
            corners = (half * [side, 1]) @ rotation.T + [x, y]
            axes.add_patch(
                Polygon(corners, facecolor=colour, edgecolor=style.INK, linewidth=0.6, zorder=50)
            )
        axes.text(
            *(np.array([0, high / 2 + 5]) @ rotation.T + [x, y]), "N", ha="center", va="center",
            color=style.INK, fontproperties=text.font(7, bold=True), zorder=50,
        )  # fmt: skip
        self.map.room.take((x - 9, y - 12, x + 9, y + 20))

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
        x, y = left, top
        for block in blocks:
            if y + block.height > bottom and columns > 1 and x == left:
                x, y = left + _SIDEBAR + _GUTTER, top
            block.draw(x, y, _SIDEBAR)
            y += block.height
        if columns > 1 and x == left and bottom - y < _SIDEBAR:
            x, y = left + _SIDEBAR + _GUTTER, top
        self._draw_locator(x, y, bottom)

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
        shown = {
            mark.record for mark in self.marks if self.map.frame.holds(mark.x, mark.y)
        }
        said = []
        if outside := drawn - shown:
            first = {mark.record: mark.place for mark in reversed(self.marks)}
            places = Counter(first[record] for record in outside).most_common()
            named = ", ".join(f"{REGION_NAMES.get(place, place)} {n}" for place, n in places[:_MOST_NAMED])
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
            named = ", ".join(f"{place} {n}" for place, n in country.most_common(_MOST_NAMED))
            said.append(f"Known to a country only: {named}.")
        if unplaced:
            said.append(f"Not placed: {unplaced}.")
        undated = self.records["date_precision"].to_pylist().count("unknown")
        if undated:
            said.append(f"Undated, but counted and drawn: {undated}.")
        return said

    def _draw_locator(self, left: float, top: float, bottom: float) -> None:
        """Draw Myanmar and Yunnan with the frame of the map and the records outside it."""
        height = min(bottom - top, _SIDEBAR / _LOCATOR_ASPECT)
        if height < 60:
            return
        width = min(_SIDEBAR, height * _LOCATOR_ASPECT)
        page_height = self._page.get_ylim()[0]
        panel = Panel(
            self.figure,
            (left + _SIDEBAR - width, page_height - bottom, width, height),
            frame.Frame.around(_WHOLE, width / height),
        )
        panel.draw_ground(self._catalog.layers, detailed=False)
        shown = self.map.frame
        panel.draw_marks([mark for mark in self.marks if not shown.holds(mark.x, mark.y)])
        x, y = panel.points(np.array([shown.left, shown.right]), np.array([shown.bottom, shown.top]))
        panel.symbols.add_line(
            Line2D(x[[0, 1, 1, 0, 0]], y[[0, 0, 1, 1, 0]], color=style.ACCENT, linewidth=1.2)
        )


def _years(dates: list[date]) -> str:
    if not dates:
        return ""
    first, last = min(dates).year, max(dates).year
    return f", {first}" if first == last else f", {first}–{last}"
