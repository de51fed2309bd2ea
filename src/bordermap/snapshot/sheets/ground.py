"""The ground of a printed map: land, water and lines.

What is seen of a layer in a frame is projected, cut and thinned once in a process, since map
after map shows the same ground.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path

from bordermap.cartography import style
from bordermap.cartography.anchors import anchors
from bordermap.snapshot.frame import Frame, project_geometry
from bordermap.snapshot.sheets.symbols import stroke

Layers = Mapping[str, GeoDataFrame]
Geometries = npt.NDArray[np.object_]

HATCHED = "hatched"
"""In the place of a colour: the stripes of an area with too few records to compare."""

HATCH = "//////"
"""These stripes as matplotlib spells them."""

_THINNED = 0.1
"""Points by which a drawn line may stray from the surveyed one."""
_ROUGHLY = 250
"""Part of a frame's width by which an outline may stray that only holds a name."""
_RIM = 0.02
_SEAM = 0.3
_UNITS = ("states", "yunnan")
_LINES = (
    ("states", "state", 4.0),
    ("yunnan", "state", 4.0),
    ("coastline", "coast", 4.2),
    ("rivers", "river", 4.4),
    ("boundaries", "international", 5.0),
    ("boundaries", "disputed", 5.0),
    ("corridor", "corridor", 5.4),
    ("border", "border_casing", 5.6),
    ("border", "border", 5.7),
)
"""Layer, line of the style table, and height above the ground."""
_DETAILS = frozenset({"states", "yunnan", "rivers", "corridor"})


@dataclass(frozen=True)
class Area:
    """A part of the ground: its code, its colour, and its outline in metres of the plane."""

    code: str
    colour: str
    outline: Path


class _Kept:
    """A table as a key: equal to itself only, so that what is made of it can be kept."""

    def __init__(self, table: GeoDataFrame) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and other.table is self.table

    def __hash__(self) -> int:
        return id(self.table)


def draw_ground(
    axes: Axes,
    layers: Layers,
    frame: Frame,
    metres_per_point: float,
    *,
    detailed: bool = True,
    fills: Mapping[str, str] | None = None,
) -> None:
    """Draw land, water and lines.

    Parameters
    ----------
    axes : Axes
        In metres of the plane.
    layers : mapping of str to GeoDataFrame
        Of the catalog, all or some.
    metres_per_point : float
        Of the plane, on paper.
    detailed : bool
        With rivers, the lines between states, and the corridor.
    fills : mapping of str to str, optional
        Colours of states by code, or :data:`HATCHED`; others keep their own.
    """
    tolerance = _THINNED * metres_per_point
    kept = {key: _Kept(table) for key, table in layers.items()}
    if "countries" in kept:
        _fill(axes, [_known(kept["countries"])], 1)
        _fill(axes, _areas(kept["countries"], "countries", frame, tolerance), 2)
    units = [
        Area(area.code, (fills or {}).get(area.code, area.colour), area.outline)
        for key in _UNITS
        if key in kept
        for area in _areas(kept[key], key, frame, tolerance)
    ]
    _fill(axes, [area for area in units if area.colour != HATCHED], 3)
    _stripe(axes, [area for area in units if area.colour == HATCHED], 3)
    for key, name, zorder in _LINES:
        if key in kept and (detailed or key not in _DETAILS):
            outlines = _strokes(kept[key], name, frame, tolerance)
            _draw(axes, outlines, zorder, facecolors="none", **stroke(style.LINES[name]))


def anchors_of(layers: Layers) -> Mapping[str, tuple[float, float]]:
    """Return what :func:`bordermap.cartography.anchors.anchors` says, worked out once."""
    return _anchors(tuple((key, _Kept(layers[key])) for key in _UNITS if key in layers))


def seen(table: GeoDataFrame, frame: Frame) -> Geometries:
    """Return what is seen of each area of a layer, roughly, in metres of the plane."""
    return _seen(_Kept(table), frame)


@lru_cache(maxsize=64)
def _seen(kept: _Kept, frame: Frame) -> Geometries:
    window = (frame.left, frame.bottom, frame.right, frame.top)
    cut = shapely.clip_by_rect(_plane(kept), *window)
    # Cut and thinned, an outline can touch itself.
    rough = shapely.simplify(cut, frame.width / _ROUGHLY, preserve_topology=False)
    return np.asarray(shapely.make_valid(rough))


@lru_cache(maxsize=4)
def _anchors(kept: tuple[tuple[str, _Kept], ...]) -> Mapping[str, tuple[float, float]]:
    return anchors({key: one.table for key, one in kept})


def _fill(axes: Axes, areas: Sequence[Area], zorder: float) -> None:
    """Fill areas; a thin stroke of the same colour closes the hairlines between them."""
    colours = [area.colour for area in areas]
    outlines = [area.outline for area in areas]
    _draw(axes, outlines, zorder, facecolors=colours, edgecolors=colours, linewidths=_SEAM)


def _stripe(axes: Axes, areas: Sequence[Area], zorder: float) -> None:
    ground, stripes = style.SHADE_FEW
    outlines = [area.outline for area in areas]
    paint = {"facecolors": ground, "hatch": HATCH, "hatchcolors": stripes, "linewidths": 0}
    _draw(axes, outlines, zorder, **paint)


def _draw(axes: Axes, outlines: Sequence[Path], zorder: float, **paint: Any) -> None:
    if outlines:
        drawn = PathCollection(outlines, zorder=zorder, capstyle="butt", joinstyle="round", **paint)
        axes.add_collection(drawn, autolim=False)


@lru_cache(maxsize=16)
def _plane(kept: _Kept) -> Geometries:
    return np.asarray(project_geometry(kept.table.geometry.to_numpy()))


@lru_cache(maxsize=2)
def _known(countries: _Kept) -> Area:
    """Return the rectangle that the layers were cut from: outside it nothing is known."""
    rectangle = shapely.segmentize(shapely.box(*countries.table.total_bounds), 0.5)
    outline = _outline(shapely.get_rings(project_geometry(rectangle)))
    return Area("", style.FILL.water, outline)


@lru_cache(maxsize=64)
def _areas(kept: _Kept, key: str, frame: Frame, tolerance: float) -> Sequence[Area]:
    table, fill = kept.table, style.FILL
    if key == "states":
        colours = [fill.featured if one else fill.myanmar for one in table["featured"].astype(bool)]
    else:
        colours = [fill.yunnan if key == "yunnan" else fill.neighbour] * len(table)
    shapes = _thinned(_plane(kept), frame, tolerance)
    return [
        Area(code, colour, _outline(shapely.get_rings(shapely.get_parts(shape))))
        for code, colour, shape in zip(table["code"].astype(str), colours, shapes, strict=True)
        if not shape.is_empty
    ]


@lru_cache(maxsize=128)
def _strokes(kept: _Kept, name: str, frame: Frame, tolerance: float) -> Sequence[Path]:
    """Return what is seen of a layer in a line of the style table, if anything is."""
    plane = _plane(kept)
    if name == "state":
        plane = shapely.boundary(plane)
    elif name in ("international", "disputed"):
        plane = plane[kept.table["disputed"].astype(bool) == (name == "disputed")]
    elif name == "corridor":  # roads and pipelines share stretches, which would lose their dashes
        plane = np.array([shapely.line_merge(shapely.union_all(plane))])
    seen = _thinned(plane, frame, tolerance)
    return [_outline(shapely.get_parts(seen))] if not shapely.is_empty(seen).all() else []


def _thinned(geometries: Geometries, frame: Frame, tolerance: float) -> Geometries:
    rim = frame.width * _RIM
    window = (frame.left - rim, frame.bottom - rim, frame.right + rim, frame.top + rim)
    cut = shapely.clip_by_rect(geometries, *window)
    return np.asarray(shapely.simplify(cut, tolerance, preserve_topology=False))


def _outline(strings: Geometries) -> Path:
    """Return lines, or the rings of areas, as one path."""
    vertices, owner = shapely.get_coordinates(strings, return_index=True)
    codes = np.full(len(vertices), Path.LINETO, Path.code_type)
    codes[np.flatnonzero(np.diff(owner, prepend=-1))] = Path.MOVETO
    return Path(vertices, codes)
