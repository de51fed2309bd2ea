"""One side of a before-and-after lens as a small map."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from bordermap.analysis.centre import places_that_count
from bordermap.analysis.lens import Lens
from bordermap.cartography import style
from bordermap.cartography.anchors import anchors
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import GeoPrecision
from bordermap.queries import Dataset
from bordermap.selection import BBox
from bordermap.snapshot.frame import BORDER_REGION, Frame, project_geometry
from bordermap.snapshot.sheets.marks import count, marks_of
from bordermap.snapshot.sheets.panel import Panel
from bordermap.snapshot.sheets.symbols import draw_shape

WIDTH, HEIGHT = 290.0, 220.0
"""Of the picture, in points."""

DPI = 240

_EVERYWHERE: BBox = (92.0, 15.6, 103.0, 28.8)
"""Where incidents are counted anywhere: Myanmar but for its far south, and western Yunnan."""

_MARGIN = 0.07
_GEOD = Geod(ellps="WGS84")
_TURN = np.linspace(0, 360, 181)
"""Azimuths of the corners of a circle, in degrees."""

_SHADE = 0.05


@dataclass(frozen=True)
class LensMap:
    """A drawn map.

    Attributes
    ----------
    png : bytes
    off : int
        How many records have no mark on it: they are known to their state only, or
        lie outside of it.
    """

    png: bytes
    off: int


def lens_map(catalog: Catalog, dataset: Dataset, lens: Lens, rows: Sequence[int]) -> LensMap:
    """Draw the incidents of a lens where it counts them, with its centre and circle.

    All maps of a lens show the same part of the ground. The same arguments give the
    same bytes.

    Parameters
    ----------
    rows : sequence of int
        Incidents of the lens: those of one side.
    """
    areas = _areas(catalog, lens)
    picture = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=DPI)
    FigureCanvasAgg(picture)
    shown = Frame.around(_view(lens, areas), WIDTH / HEIGHT)
    panel = Panel(picture, (0.5, 0.5, WIDTH - 1, HEIGHT - 1), shown)
    panel.draw_ground(catalog.layers)
    _draw_areas(panel, areas)
    points = panel.draw_points(catalog.layers)
    _draw_centre(panel, lens)

    marks = marks_of(_counted(dataset, lens, rows), anchors(catalog.layers))
    closer = marks[~marks.known_to(GeoPrecision.STATE)]
    merged = panel.arrange(closer)
    panel.draw_marks(closer)
    drawn = {mark.record for mark in closer if panel.shows(mark)}
    states = {mark.place for mark in marks if mark.precision == GeoPrecision.STATE}
    in_state = {
        code: count([mark for mark in marks if mark.place == code and mark.record not in drawn])
        for code in states
    }
    panel.draw_names(catalog.layers, merged, points, in_state)
    png = io.BytesIO()
    picture.canvas.print_figure(png, format="png", dpi=DPI, pil_kwargs={"compress_level": 3})
    return LensMap(png.getvalue(), len(rows) - len(drawn))


def _counted(dataset: Dataset, lens: Lens, rows: Sequence[int]) -> pa.Table:
    """Return records with only those places for which they count."""
    records = dataset.records.take(pa.array(rows, pa.int64()))
    places = places_that_count(records.select(["places"]).to_pylist(), lens.centre, lens.km)
    column = records.schema.get_field_index("places")
    field = records.schema.field(column)
    return records.set_column(column, field, pa.array(places, field.type))


def _areas(catalog: Catalog, lens: Lens) -> list[BaseGeometry]:
    """Return where incidents are counted, in degrees; none where they count anywhere."""
    if lens.km is None or lens.centre.anywhere:
        return []
    circles = [_circle(x, y, lens.km * 1000) for _, x, y in lens.centre.points]
    areas: list[BaseGeometry] = [shapely.union_all(circles)] if circles else []
    units = catalog.units
    areas += list(units[units["code"].isin(lens.centre.codes)].geometry)
    return areas


def _circle(longitude: float, latitude: float, metres: float) -> shapely.Polygon:
    around = np.full_like(_TURN, 1.0)
    x, y, _ = _GEOD.fwd(longitude * around, latitude * around, _TURN, metres * around)
    return shapely.Polygon(np.column_stack([x, y]))


def _view(lens: Lens, areas: Sequence[BaseGeometry]) -> BBox:
    boxes = [area.bounds for area in areas]
    if lens.centre.border and lens.km is not None:
        boxes.append(BORDER_REGION)
    if not boxes:
        return _EVERYWHERE
    west, south, east, north = np.array(boxes).T
    box = (west.min(), south.min(), east.max(), north.max())
    rim = _MARGIN * max(box[2] - box[0], box[3] - box[1])
    return box[0] - rim, box[1] - rim, box[2] + rim, box[3] + rim


def _draw_areas(panel: Panel, areas: Sequence[BaseGeometry]) -> None:
    plain = [shapely.simplify(project_geometry(area), panel.metres_per_point / 2) for area in areas]
    for polygon in shapely.get_parts(plain):
        rings = [Path(ring.coords, closed=True) for ring in shapely.get_rings(polygon)]
        outline = Path.make_compound_path(*rings)
        shade = PathPatch(outline, color=style.ACCENT, alpha=_SHADE, linewidth=0, zorder=4.6)
        dashes = PathPatch(
            outline,
            fill=False,
            edgecolor=style.ACCENT,
            linewidth=1.1,
            linestyle=(0, (4, 2.2)),
            zorder=6,
        )
        for patch in (shade, dashes):
            panel.ground.add_artist(patch)


def _draw_centre(panel: Panel, lens: Lens) -> None:
    if lens.km is None:
        return
    for _, longitude, latitude in lens.centre.points:
        point = project_geometry(shapely.Point(longitude, latitude))
        x, y = panel.points(point.x, point.y)
        draw_shape(
            panel.symbols,
            "star",
            x,
            y,
            5.2,
            facecolor=style.ACCENT,
            edgecolor=style.PAPER,
            linewidth=0.8,
            zorder=11,
        )
