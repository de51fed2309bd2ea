"""The places of one record as a small printed map."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from bordermap.cartography import style
from bordermap.cartography.anchors import anchors
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import GeoPrecision, SiteClass, label
from bordermap.snapshot.frame import BORDER_REGION, Frame, project_geometry
from bordermap.snapshot.sheets import symbols, text
from bordermap.snapshot.sheets.marks import POINTS, Group, Mark, marks_of
from bordermap.snapshot.sheets.panel import Panel

WIDTH, HEIGHT = 3.6, 2.8
"""Of the picture, in inches: at that size its names can be read on a phone."""

DPI = 250

_LEAST_METRES = 70_000.0
_MARGIN = 0.24
"""Share of the extent of the marks that is shown on each side of them."""
_EDGE = 22.0
_LEAST_DISC = 7.0
_NAME = 6.0
_LEAST_PART = 2e8
"""Square metres: an islet's outline would be all that is seen of it."""
_WIDE = 400_000.0
"""Metres: in a wider frame gates and sites are too many to be named."""


class RecordMap(NamedTuple):
    """A drawn map.

    Attributes
    ----------
    picture : bytes or None
        PNG; None where no place of the record can be drawn.
    notes : list of str
        How to read it, and which places it does not show.
    """

    picture: bytes | None
    notes: list[str]


def record_map(record: pa.Table, catalog: Catalog) -> RecordMap:
    """Draw the places of a record: points, discs for districts, whole states.

    A place outside the area that the layers cover stands at the edge, with an arrow
    towards it.

    Parameters
    ----------
    record : pyarrow.Table
        One row, with :data:`bordermap.model.record.RECORD_SCHEMA`.
    catalog : Catalog
    """
    marks = marks_of(record, anchors(catalog.layers))
    missing = _missing(record["places"][0].as_py(), marks)
    if not marks:
        return RecordMap(None, missing)
    drawing = _Drawing(marks, catalog)
    picture = io.BytesIO()
    drawing.figure.canvas.print_figure(picture, format="png", dpi=DPI)
    return RecordMap(picture.getvalue(), [*_key(marks), *drawing.notes, *missing])


class _Drawing:
    """The figure of a map of marks."""

    def __init__(self, marks: Sequence[Mark], catalog: Catalog) -> None:
        self._layers = catalog.layers
        self._colour = style.FAMILY_COLOURS[marks[0].family]
        covered = self._covered()
        far = [mark for mark in marks if not covered.contains(shapely.Point(mark.x, mark.y))]
        near = sorted((mark for mark in marks if mark not in far), key=lambda m: not m.subject)
        areas = {mark.place: self._area(mark) for mark in near if mark.precision not in POINTS}
        self.figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor="white")
        FigureCanvasAgg(self.figure)
        place = (0.5, 0.5, WIDTH * 72 - 1, HEIGHT * 72 - 1)
        points = [shapely.Point(mark.x, mark.y) for mark in near]
        self._panel = Panel(self.figure, place, _frame([*points, *areas.values()]))
        self._panel.draw_ground(self._layers)
        for mark in near:
            if mark.precision == GeoPrecision.STATE:
                self._draw_state(areas[mark.place])
        sites = self._panel.draw_points(self._layers)
        for _, x, y, symbol, _ in sites:
            half = symbol.size * symbols.POINTS_PER_PIXEL / 2
            self._panel.room.take((x - half, y - half, x + half, y + half))
        named = [group for mark in near if (group := self._draw_mark(mark))]
        named += [group for mark in far for group in self._draw_far(mark)]
        self._draw_scale()
        self._panel.draw_names({}, named, [], {})
        if self._panel.frame.width > _WIDE:
            sites = [site for site in sites if site[4] == SiteClass.CAPITAL]
        self._panel.draw_names(self._layers, [], sites, {})
        self.notes = [f"The arrow points to {mark.place}, outside the map." for mark in far]

    def _covered(self) -> Any:
        """Return the part of the plane that the layers cover."""
        countries = self._layers.get("countries")
        extent = BORDER_REGION if countries is None else countries.total_bounds
        return project_geometry(shapely.segmentize(shapely.box(*extent), 0.5))

    def _area(self, mark: Mark) -> Any:
        if mark.precision == GeoPrecision.DISTRICT:
            reach = style.OUTLINES[GeoPrecision.DISTRICT].radius_km * 1000
            return shapely.Point(mark.x, mark.y).buffer(reach)
        units = [self._layers[name] for name in ("states", "yunnan") if name in self._layers]
        outlines = [table.geometry[table["code"] == mark.place] for table in units]
        return project_geometry(shapely.union_all(np.concatenate(outlines)))

    def _draw_state(self, area: Any) -> None:
        geometries: npt.NDArray[np.object_] = np.array([area])
        soft = f"{self._colour}{round(255 * style.AREA_OPACITY):02x}"
        symbols.draw_areas(self._panel.ground, geometries, soft, zorder=4.1)
        outline = style.Line(self._colour, style.OUTLINES[GeoPrecision.STATE].width, (5, 3))
        parts = shapely.get_parts(area)
        edges = shapely.boundary(parts[shapely.area(parts) > _LEAST_PART])
        symbols.draw_lines(self._panel.ground, edges, outline, zorder=5.2)

    def _draw_mark(self, mark: Mark) -> Group | None:
        """Draw a mark and return what to name; a state is named as part of the ground."""
        panel = self._panel
        if mark.precision == GeoPrecision.STATE:
            return None
        if mark.precision != GeoPrecision.DISTRICT:
            return panel.draw_places([mark])[0]
        metres = style.OUTLINES[GeoPrecision.DISTRICT].radius_km * 1000
        reach = max(metres / panel.metres_per_point, _LEAST_DISC)
        symbols.draw_area(panel.symbols, self._colour, *panel.points(mark.x, mark.y), reach, 11)
        return Group(mark.x, mark.y, mark.place, (mark,))

    def _draw_far(self, mark: Mark) -> list[Group]:
        """Draw a mark at the edge and an arrow from it towards its place."""
        panel = self._panel
        middle = np.array([panel.width / 2, panel.height / 2])
        away = np.array(panel.points(mark.x, mark.y)) - middle
        away /= np.hypot(*away)
        with np.errstate(divide="ignore"):
            reach = np.min((middle - _EDGE) / np.abs(away))
        x, y = middle + away * reach
        panel.symbols.annotate(
            "",
            (x + away[0] * (_EDGE - 4), y + away[1] * (_EDGE - 4)),
            (x + away[0] * 4, y + away[1] * 4),
            arrowprops={"arrowstyle": "-|>", "color": style.INK, "linewidth": 0.9},
            zorder=20,
        )
        scale, shown = panel.metres_per_point, panel.frame
        seated = dataclasses.replace(
            mark, x=shown.left + float(x) * scale, y=shown.bottom + float(y) * scale
        )
        return panel.draw_places([seated])

    def _draw_scale(self) -> None:
        """Draw a bar of a round number of kilometres in a corner where no mark is."""
        panel = self._panel
        length = panel.frame.scale_bar_km()
        long = length * panel.frame.metres_per_kilometre / panel.metres_per_point
        words = f"{length} km"
        wide, high = max(long, text.width(words, _NAME)) + 10, 17.0
        right, top = panel.width - wide - 4, panel.height - high - 4
        corners = [(4.0, 4.0), (right, 4.0), (4.0, top), (right, top)]
        boxes = [(x, y, x + wide, y + high) for x, y in corners]
        left, bottom, *_ = panel.room.place(boxes) or boxes[0]
        axes = panel.symbols
        paper = Rectangle(
            (left, bottom), wide, high, facecolor="white", alpha=0.85, linewidth=0, zorder=40
        )
        axes.add_artist(paper)
        axes.add_artist(
            Rectangle((left + 5, bottom + 4), long, 2, facecolor=style.INK, linewidth=0, zorder=41)
        )
        axes.text(
            left + 5,
            bottom + 8,
            words,
            color=style.INK,
            fontproperties=text.font(_NAME),
            parse_math=False,
            path_effects=[withStroke(linewidth=1.4, foreground="white")],
            zorder=41,
        )


def _frame(shown: Sequence[Any]) -> Frame:
    """Return the frame of shapes of the plane, with what lies around them."""
    aspect = WIDTH / HEIGHT
    if not shown:
        return Frame.around(BORDER_REGION, aspect)
    left, bottom, right, top = shapely.total_bounds(np.array(shown))
    width = max(right - left, _LEAST_METRES * aspect) * (1 + 2 * _MARGIN)
    height = max(top - bottom, _LEAST_METRES) * (1 + 2 * _MARGIN)
    width, height = max(width, height * aspect), max(height, width / aspect)
    x, y = (left + right) / 2, (bottom + top) / 2
    return Frame(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _key(marks: Sequence[Mark]) -> list[str]:
    precisions = {mark.precision for mark in marks}
    said = []
    if GeoPrecision.NEAR in precisions:
        said.append("A pale outline: known to within some 15 km.")
    if GeoPrecision.DISTRICT in precisions:
        said.append("A disc: known to a district only.")
    if GeoPrecision.STATE in precisions:
        said.append("A shaded state or province: no closer place is known.")
    if any(mark.subject and mark.precision in POINTS for mark in marks):
        said.append("A hollow mark: what the record concerns.")
    return said


def _missing(places: Sequence[dict[str, Any]], marks: Sequence[Mark]) -> list[str]:
    drawn = {mark.place for mark in marks}
    names = dict.fromkeys(
        f"{place['name']} ({label(place['geo_precision'])})"
        for place in places
        if place["name"] not in drawn
        and not (_is_area(place["geo_precision"]) and place["region_code"] in drawn)
    )
    return [f"Not on the map: {', '.join(names)}."] if names else []


def _is_area(precision: str) -> bool:
    return precision in (GeoPrecision.STATE, GeoPrecision.NONE)
