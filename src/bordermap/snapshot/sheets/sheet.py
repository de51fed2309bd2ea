"""The layout of a printed map: title, map, timeline, legend, locator, notes, sources."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bordermap.cartography import style
from bordermap.model.vocabulary import GeoPrecision
from bordermap.selection import BBox
from bordermap.snapshot import frame, words
from bordermap.snapshot.layouts import LAYOUTS
from bordermap.snapshot.making import Material
from bordermap.snapshot.sheets import (
    colophon,
    furniture,
    legend,
    scales,
    shading,
    sidebar,
    strip,
    tallies,
    text,
)
from bordermap.snapshot.sheets.ground import anchors_of
from bordermap.snapshot.sheets.marks import Marks, count, marks_of
from bordermap.snapshot.sheets.naming import Naming
from bordermap.snapshot.sheets.panel import Panel

_GUTTER = 12.0
_WHOLE: BBox = (91.6, 9.6, 106.4, 29.2)
"""What the locator shows: Myanmar and Yunnan."""
_LOCATOR_ASPECT = 0.8
_INSET = (58.0, 72.0)
_LOCATOR_ZORDER = 45
_MOST_NAMED = 9
_FOOT = 6.2
_FOOT_STEP = 8.2
_LAYER_OF_PART = {
    "gates": "gates",
    "sites": "sites",
    "rivers": "rivers",
    "corridor-schematic": "corridor",
}


class Sheet:
    """A page, drawn but for what changes in a film; that is `draw_moment`.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    page : matplotlib.axes.Axes
        The whole sheet in points, y downwards.
    records : pyarrow.Table
        What was selected.
    title : str
        As printed.
    map : Panel
    """

    def __init__(self, figure: Figure, material: Material) -> None:
        spec, catalog = material.spec, material.catalog
        self.figure = figure
        self.records = material.records
        self.title = text.printable(spec.title) or words.title(spec.selection, catalog)
        self._material = material
        self._layout = LAYOUTS[spec.layout]
        self._naming = Naming(spec.names, catalog.gazetteer)
        self._layers = {
            name: layer
            for name, layer in catalog.layers.items()
            if not any(_LAYER_OF_PART.get(part) == name for part in spec.hide)
        }
        self._shading = shading.shading(
            material.dataset, spec.selection, spec.shade, set(catalog.units["code"])
        )
        width, height = figure.get_size_inches() * 72
        self.page: Axes = figure.add_axes((0, 0, 1, 1), facecolor="none", zorder=3)
        self.page.set(xlim=(0, width), ylim=(height, 0))
        self.page.set_axis_off()
        self._compose(width, height)

    @cached_property
    def marks(self) -> Marks:
        """The marks of all records, inside the frame or not."""
        return marks_of(self.records, anchors_of(self._material.catalog.layers))

    @cached_property
    def _missing(self) -> tallies.Missing:
        return tallies.missing(self.records, self.marks, self.map.holds(self.marks))

    def draw_moment(
        self,
        chosen: npt.NDArray[np.bool_] | None = None,
        window: tuple[int, int] | None = None,
    ) -> list[Artist]:
        """Draw some of the records, their numbers, and the days that they are of.

        Parameters
        ----------
        chosen : array of bool, optional
            For each record whether it is drawn; all by default.
        window : (int, int), optional
            First and last day since 1970-01-01; those of the selection by default.

        Returns
        -------
        list of Artist
            What was added.
        """
        axes = (self.page, self.map.symbols, self.map.ground)
        before = {id(artist) for each in axes for artist in each.get_children()}
        if self._shows("events"):
            marks = self.marks
            if chosen is not None:
                marks = marks[chosen[marks.record]]
            self.map.draw_marks(marks)
        if self._counts is not None:
            self._counts.write_numbers(tallies.by_family(self.records, chosen))
        if self._strip is not None:
            histogram, place = self._strip
            strip.draw_window(self.page, histogram, place, window or histogram.window)
        return [a for each in axes for a in each.get_children() if id(a) not in before]

    # ------------------------------------------------------------------ composition

    def _shows(self, part: str) -> bool:
        return part not in self._material.spec.hide

    def _compose(self, width: float, height: float) -> None:
        layout, margin = self._layout, self._layout.margin
        inner = width - 2 * margin
        top = self._draw_title(inner)
        bottom = self._draw_footer(inner, height)
        columns = layout.columns if self._shows("legend") else 0
        beside = columns * (layout.column + _GUTTER)
        map_width = inner - beside
        self._strip = self._draw_strip(map_width, bottom)
        map_bottom = self._strip[1][1] - 7 if self._strip else bottom
        shown = frame.Frame.around(self._material.view, map_width / (map_bottom - top))
        self.map = Panel(
            self.figure,
            (margin, height - map_bottom, map_width, map_bottom - top),
            shown,
            naming=self._naming,
            labels=self._shows("labels"),
        )
        self._draw_map()
        lefts = [width - margin - beside + _GUTTER + n * (layout.column + _GUTTER)
                 for n in range(columns)]  # fmt: skip
        self._counts = (
            legend.Counts(self.page, tallies.by_family(self.records)) if len(self.records) else None
        )
        plan = self._plan_sidebar([sidebar.Column(left, top, bottom) for left in lefts])
        plan.draw(layout.column)
        if plan.locator is not None:
            self._draw_locator_beside(*plan.locator, plan.pitch)
        elif self._shows("locator"):
            self._draw_locator_inside()
        self._draw_names()

    # ------------------------------------------------------------------ title and footer

    def _draw_title(self, width: float) -> float:
        """Write title and subtitle; return where the map may begin."""
        left = top = self._layout.margin
        for line in text.balanced(self.title, width, 15, bold=True, lines=2):
            legend.write(self.page, left, top + 8, line, 15, bold=True)
            top += 19.5
        for line in text.wrap(self._subtitle(), width, 8.4, lines=2):
            legend.write(self.page, left, top + 6, line, 8.4, colour=style.MUTED)
            top += 11.5
        return top + 7

    def _subtitle(self) -> str:
        matching = f"{len(self.records):,} of {len(self._material.dataset):,} records"
        if self._material.spec.title:
            said = words.title(self._material.spec.selection, self._material.catalog)
            return f"{said} · {matching}"
        first = pc.min(self.records["date_start"]).as_py()
        last = pc.max(self.records["date_start"]).as_py()
        dated = words.period(first, last)
        return f"{matching}, dated {dated}" if dated else matching

    def _draw_footer(self, width: float, height: float) -> float:
        """Write sources and terms at the foot; return where the map must end."""
        lines = colophon.sources(
            *(self.records, self._material.catalog, width, _FOOT, self._layout.source_lines)
        )
        lines += text.wrap(colophon.terms(self.records, self._material.spec.made_on), width, _FOOT)
        left = self._layout.margin
        top = height - left - len(lines) * _FOOT_STEP
        for number, line in enumerate(lines):
            middle = top + _FOOT_STEP * (number + 0.5)
            legend.write(self.page, left, middle, line, _FOOT, colour=style.MUTED)
        return top - 7

    # ------------------------------------------------------------------ map

    def _draw_map(self) -> None:
        panel = self.map
        panel.draw_ground(self._layers, fills=self._shading.fills if self._shading else None)
        if not len(self.records):
            furniture.draw_empty(panel)
        self._points = panel.draw_points(self._layers)
        self._classes = {term for *_, term in self._points}
        self._merged = panel.arrange(self.marks) if self._shows("events") else []
        furniture.draw_scale(panel)

    def _draw_names(self) -> None:
        if not self._shows("labels"):
            return
        in_state = tallies.in_states(self.marks) if self._shows("events") else {}
        self.map.draw_names(self._layers, self._merged, self._points, in_state)

    def _draw_strip(
        self, width: float, bottom: float
    ) -> tuple[strip.Histogram, strip.Place] | None:
        """Draw the timeline above ``bottom``, if there is one; return what and where it is."""
        if not self._shows("timeline"):
            return None
        selection = self._material.spec.selection
        histogram = strip.histogram(self._material.dataset, selection, width)
        if histogram is None:
            return None
        high = self._layout.strip
        place = (self._layout.margin, bottom - high, width, high)
        strip.draw_strip(self.page, histogram, place)
        return histogram, place

    # ------------------------------------------------------------------ sidebar

    def _plan_sidebar(self, columns: Sequence[sidebar.Column]) -> sidebar.Plan:
        if not columns:
            return sidebar.Plan((), 1.0, None)
        return sidebar.plan(
            columns,
            (
                self._blocks(named=_MOST_NAMED, brief=False),
                self._blocks(named=3, brief=False),
                self._blocks(named=3, brief=True),
                self._blocks(named=0, brief=True),
            ),
            locator=self._shows("locator"),
        )

    def _blocks(self, *, named: int, brief: bool) -> list[legend.Block]:
        """Return the parts of the legend.

        Parameters
        ----------
        named : int
            How many places outside the map are named.
        brief : bool
            Whether the lines and symbols of the ground are only the main ones.
        """
        page, shown = self.page, self._layers
        blocks = []
        if self._counts is not None:
            blocks.append(self._counts.block())
        if self._shading is not None:
            blocks.append(scales.shading_rows(page, self._shading, self._layout.column))
        if self.map.dense:
            blocks.append(scales.density_rows(page))
        areas = bool(self.marks.known_to(GeoPrecision.DISTRICT).any())
        if (self._merged or areas) and self._shows("events"):
            blocks.append(
                legend.precision_rows(
                    page,
                    points=bool(self._merged),
                    areas=areas,
                    grouped=any(count(group.marks) > 1 for group in self._merged),
                )
            )
        missing = self._missing.lines(named)
        if brief and missing:
            blocks.append(legend.notes(page, missing, self._layout.column))
        blocks.append(
            legend.map_rows(
                page,
                self._classes,
                corridor="corridor" in shown,
                disputed="boundaries" in shown and bool(shown["boundaries"]["disputed"].any()),
                brief=brief,
            )
        )
        if not brief and missing:
            blocks.append(legend.notes(page, missing, self._layout.column))
        return blocks

    # ------------------------------------------------------------------ locator

    def _outside(self) -> Marks:
        marks = self.marks
        return marks[
            self._shows("events") & ~marks.known_to(GeoPrecision.STATE) & ~self.map.holds(marks)
        ]

    def _draw_locator_beside(self, left: float, top: float, height: float, pitch: float) -> None:
        """Draw Myanmar and Yunnan with the frame of the map and the records outside it."""
        head = legend.heading(self.page, "Location").height + 3
        width = min(self._layout.column, (height - head) * _LOCATOR_ASPECT)
        high = width / _LOCATOR_ASPECT
        page_height = self.page.get_ylim()[0]
        panel = self._draw_locator((left, page_height - top - head - high, width, high))
        outside = self._outside()
        outside = outside[panel.holds(outside)]
        panel.draw_records(outside)
        name = "Around, with the records outside" if len(outside) else "Location"
        title = legend.Block([legend.heading(self.page, name)])
        title.draw(left, top, self._layout.column, pitch)

    def _draw_locator_inside(self) -> None:
        """Draw a small locator in a corner of the map."""
        left, bottom = self.map.corner(*_INSET)
        margin = self._layout.margin
        self._draw_locator((margin + left, self.map.bottom + bottom, *_INSET), inside=True)

    def _draw_locator(
        self, place: tuple[float, float, float, float], *, inside: bool = False
    ) -> Panel:
        panel = Panel(self.figure, place, frame.Frame.around(_WHOLE, place[2] / place[3]))
        if inside:
            panel.ground.set_zorder(_LOCATOR_ZORDER)
            panel.symbols.set_zorder(_LOCATOR_ZORDER)
        panel.draw_ground(self._material.catalog.layers, detailed=False)
        shown = self.map.frame
        x, y = panel.points(
            np.array([shown.left, shown.right]), np.array([shown.bottom, shown.top])
        )
        outline: Any = Line2D(
            x[[0, 1, 1, 0, 0]], y[[0, 0, 1, 1, 0]], color=style.ACCENT, linewidth=1.2
        )
        panel.symbols.add_line(outline)
        return panel
