"""Many events as a small map without numbers, to see at a glance where they are."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure

from bordermap.cartography import style
from bordermap.catalog import Catalog
from bordermap.model.vocabulary import FAMILIES, Family, GeoPrecision
from bordermap.selection import BBox
from bordermap.snapshot.frame import BORDER_REGION, Frame, project
from bordermap.snapshot.sheets.panel import Panel

WIDTH, HEIGHT = 4.2, 4.6
"""Of the picture, in inches."""

DPI = 200

_LEAST_DEGREES = 0.6
_MARGIN = 0.06
_FEW, _MANY = 100, 2000
"""Places between which dots shrink."""
_LARGE_DOT, _SMALL_DOT = 3.2, 1.3
_LEAST_DISC = 5.0
"""Radii in points."""
_WIDE = 500_000.0
"""Metres: in a wider frame gates and sites would hide the events."""
_DISC_OPACITY = 0.13
_DOT_OPACITY = 0.85

Floats = npt.NDArray[np.float64]


class PreviewMap(NamedTuple):
    """A drawn map.

    Attributes
    ----------
    picture : bytes
        PNG.
    outside : int
        Events that lie outside of what it shows.
    """

    picture: bytes
    outside: int


def preview_map(points: pa.Table, in_state: Mapping[str, int], catalog: Catalog) -> PreviewMap:
    """Draw events: dots where the place is known, soft discs for districts.

    The same arguments give the same bytes.

    Parameters
    ----------
    points : pyarrow.Table
        Columns ``longitude``, ``latitude`` (degrees, not null), ``geo_precision`` (exact,
        near or district), ``category``, and ``events``: how many the row stands for.
    in_state : mapping of region code to int
        Events that are known to a state only; they stand as a number below its name.
    catalog : Catalog
    """
    longitude, latitude, events = (
        points[name].to_numpy() for name in ("longitude", "latitude", "events")
    )
    extent = _extent(catalog)
    held = _within(longitude, latitude, extent)
    view = _view(longitude[held], latitude[held]) if held.any() else BORDER_REGION
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    place = (0.5, 0.5, WIDTH * 72 - 1, HEIGHT * 72 - 1)
    panel = Panel(figure, place, Frame.around(view, WIDTH / HEIGHT))
    panel.draw_ground(catalog.layers)
    sites = panel.draw_points(catalog.layers) if panel.frame.width < _WIDE else []

    x, y = project(longitude[held], latitude[held])
    shown = np.zeros(len(held), bool)
    shown[held] = panel.frame.holds(x, y)
    order = np.flatnonzero(shown)
    order = order[np.argsort(-events[order], kind="stable")]  # the small ones on top
    table = points.take(pa.array(order))
    x, y = panel.points(*project(longitude[order], latitude[order]))
    colours = np.array(
        [
            style.FAMILY_COLOURS[FAMILIES.get(category, Family.OTHER)]
            for category in table["category"].to_pylist()
        ]
    )
    precision = np.array(table["geo_precision"].to_pylist(), dtype=object)
    of_district = precision == GeoPrecision.DISTRICT
    _draw_discs(panel, x[of_district], y[of_district], colours[of_district])
    dot = np.interp(len(order), (_FEW, _MANY), (_LARGE_DOT, _SMALL_DOT))
    radii = dot * (1 + np.log10(events[order]) / 2)
    for known in (GeoPrecision.NEAR, GeoPrecision.EXACT):
        chosen = precision == known
        _draw_dots(panel, x[chosen], y[chosen], radii[chosen], colours[chosen], known)
    panel.draw_names(catalog.layers, [], sites, in_state)
    picture = io.BytesIO()
    figure.canvas.print_figure(picture, format="png", dpi=DPI)
    return PreviewMap(picture.getvalue(), int(events[~shown].sum()))


def _extent(catalog: Catalog) -> BBox:
    """Return the box that the layers cover: outside it there is no ground to draw."""
    countries = catalog.layers.get("countries")
    if countries is None:
        return BORDER_REGION
    west, south, east, north = countries.total_bounds
    return float(west), float(south), float(east), float(north)


def _within(longitude: Floats, latitude: Floats, box: BBox) -> npt.NDArray[np.bool_]:
    west, south, east, north = box
    inside: npt.NDArray[np.bool_] = (
        (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    )
    return inside


def _view(longitude: Floats, latitude: Floats) -> BBox:
    low = np.array([longitude.min(), latitude.min()])
    high = np.array([longitude.max(), latitude.max()])
    half = np.maximum((high - low) * (0.5 + _MARGIN), _LEAST_DEGREES)
    middle = (low + high) / 2
    west, south = (middle - half).tolist()
    east, north = (middle + half).tolist()
    return west, south, east, north


def _draw_discs(panel: Panel, x: Floats, y: Floats, colours: npt.NDArray[np.str_]) -> None:
    """Draw a disc for each place that is known to a district, the same one only once."""
    if not len(x):
        return
    metres = style.OUTLINES[GeoPrecision.DISTRICT].radius_km * panel.frame.metres_per_kilometre
    reach = max(metres / panel.metres_per_point, _LEAST_DISC)
    places, first = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    size = np.full(len(places), 2 * reach)
    panel.symbols.add_collection(
        EllipseCollection(
            size,
            size,
            np.zeros(len(places)),
            units="xy",
            offsets=places,
            offset_transform=panel.symbols.transData,
            facecolors=[f"{colour}{round(255 * _DISC_OPACITY):02x}" for colour in colours[first]],
            edgecolors="none",
            linewidths=0,
            zorder=8,
        ),
        autolim=False,
    )


def _draw_dots(
    panel: Panel,
    x: Floats,
    y: Floats,
    radii: Floats,
    colours: npt.NDArray[np.str_],
    precision: GeoPrecision,
) -> None:
    if not len(x):
        return
    panel.symbols.scatter(
        x,
        y,
        s=(2 * radii) ** 2,
        c=colours.tolist(),
        edgecolors=style.OUTLINES[precision].colour,
        linewidths=0.35,
        alpha=_DOT_OPACITY,
        zorder=12,
    )
