"""The style table drawn with matplotlib: lines, symbols and the marks of records.

Axes that take symbols are scaled in points, x right and y up (or down: the shapes are
told). The style table counts CSS pixels, of which three quarters are a point.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Circle, Patch, PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from bordermap.cartography import style
from bordermap.model.vocabulary import Family, GeoPrecision
from bordermap.snapshot.sheets import text
from bordermap.snapshot.sheets.marks import Group, Mark, count, families, radius

POINTS_PER_PIXEL = 0.75

Geometries = npt.NDArray[np.object_]

_HOLE = 0.64
_DIAMOND = 1.14


def _corners(sides: int, radii: Sequence[float]) -> Path:
    angle = np.pi / 2 + 2 * np.pi * np.arange(sides + 1) / sides
    length = np.resize(radii, sides + 1)
    length[-1] = length[0]
    return Path(np.column_stack([length * np.cos(angle), length * np.sin(angle)]), closed=True)


def _cross() -> Path:
    arm = 0.36
    corner = [
        (-arm, 1),
        (arm, 1),
        (arm, arm),
        (1, arm),
        (1, -arm),
        (arm, -arm),
        (arm, -1),
        (-arm, -1),
        (-arm, -arm),
        (-1, -arm),
        (-1, arm),
        (-arm, arm),
    ]
    return Path([*corner, corner[0]], closed=True)


SHAPES: Mapping[str, Path] = {
    "circle": Path.unit_circle(),
    "diamond": _corners(4, [_DIAMOND]),
    "square": Path([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9)], closed=True),
    "triangle": _corners(3, [1.1]),
    "pentagon": _corners(5, [1.0]),
    "star": _corners(10, [1.1, 0.48]),
    "cross": _cross(),
}


def stroke(line: style.Line | style.Outline) -> dict[str, Any]:
    """Return the width, dashes and colour of a line as matplotlib names them."""
    width = line.width * POINTS_PER_PIXEL
    dashes: Any = "-"
    if line.dash:  # matplotlib counts dashes in widths of the line
        dashes = (0, tuple(length * POINTS_PER_PIXEL / width for length in line.dash))
    return {
        "linewidth": width,
        "linestyle": dashes,
        "edgecolor": line.colour,
        "alpha": getattr(line, "opacity", 1.0),
    }


def draw_lines(axes: Axes, geometries: Geometries, line: style.Line, zorder: float) -> None:
    """Draw lines, or the outlines of areas, in a stroke of the style table."""
    strings = _parts(shapely.get_parts(geometries))
    axes.add_collection(
        LineCollection(strings, zorder=zorder, capstyle="butt", joinstyle="round", **stroke(line)),
        autolim=False,
    )


def draw_areas(axes: Axes, geometries: Geometries, colour: str, zorder: float) -> None:
    """Fill areas; a thin stroke of the same colour closes the hairlines between them."""
    outlines = [
        Path.make_compound_path(*(Path(ring, closed=True) for ring in _parts(rings)))
        for area in shapely.get_parts(geometries)
        if len(rings := shapely.get_rings(area))
    ]
    axes.add_collection(
        PathCollection(outlines, facecolor=colour, edgecolor=colour, linewidth=0.3, zorder=zorder),
        autolim=False,
    )


def _parts(lines: Geometries) -> list[npt.NDArray[np.float64]]:
    vertices, owner = shapely.get_coordinates(lines, return_index=True)
    starts = np.flatnonzero(np.diff(owner)) + 1
    return np.split(vertices, starts) if len(vertices) else []


def draw_shape(axes: Axes, shape: str, x: float, y: float, size: float, **paint: Any) -> Patch:
    """Draw a shape of half a ``size`` around a point, both in points."""
    upright = -1 if axes.yaxis_inverted() else 1
    place = Affine2D().scale(size, size * upright).translate(x, y)
    patch = PathPatch(SHAPES[shape].transformed(place), joinstyle="miter", **paint)
    axes.add_artist(patch)
    return patch


def draw_symbol(axes: Axes, symbol: style.Symbol, x: float, y: float, zorder: float) -> None:
    """Draw a gate or a site."""
    draw_shape(
        axes,
        symbol.shape,
        x,
        y,
        symbol.size * POINTS_PER_PIXEL / 2,
        facecolor=symbol.fill,
        edgecolor=symbol.outline,
        linewidth=symbol.width * POINTS_PER_PIXEL,
        zorder=zorder,
    )


def draw_group(axes: Axes, group: Group, x: float, y: float, zorder: float) -> None:
    """Draw the records at a place: a symbol for each kind, side by side."""
    kinds = [group.of(kind) for kind in group.kinds]
    left = x - sum(radius(count(marks)) for marks in kinds)
    for marks in kinds:
        reach = radius(count(marks))
        _draw_kind(axes, marks, left + reach, y, reach, zorder)
        left += 2 * reach


def _draw_kind(
    axes: Axes, marks: Sequence[Mark], x: float, y: float, reach: float, zorder: float
) -> None:
    shape = style.KIND_SHAPES[marks[0].kind]
    if count(marks) == 1:
        best = min(marks, key=lambda mark: mark.precision != GeoPrecision.EXACT)
        hollow = all(mark.subject for mark in marks)
        draw_single(axes, shape, best.family, best.precision, x, y, zorder, hollow=hollow)
        return
    draw_shares(axes, shape, families(marks), x, y, reach, zorder)
    number = str(count(marks))
    size = 5.6 if len(number) < 3 else 5.2
    axes.text(
        x,
        y,
        number,
        ha="center",
        va="center_baseline",
        color=style.INK,
        fontproperties=text.font(size, bold=True, of=number),
        zorder=zorder + 0.03,
        parse_math=False,
    )


def draw_single(
    axes: Axes,
    shape: str,
    family: Family,
    precision: str,
    x: float,
    y: float,
    zorder: float,
    *,
    hollow: bool = False,
) -> None:
    """Draw one record: shape by kind, colour by family, outline by precision.

    It is hollow at a place that it concerns without having been there.
    """
    reach = radius(1)
    known = GeoPrecision.EXACT if precision == GeoPrecision.EXACT else GeoPrecision.NEAR
    outline = style.OUTLINES[known]
    draw_shape(
        axes,
        shape,
        x,
        y,
        reach,
        facecolor=style.FAMILY_COLOURS[family],
        zorder=zorder,
        **stroke(outline),
    )
    if hollow:
        draw_shape(
            axes,
            shape,
            x,
            y,
            reach * 0.55,
            facecolor=style.PAPER,
            linewidth=0,
            zorder=zorder + 0.01,
        )


def draw_shares(
    axes: Axes,
    shape: str,
    shares: Counter[Family],
    x: float,
    y: float,
    reach: float,
    zorder: float,
    *,
    outline: float = 1.3,
) -> None:
    """Draw a circle or a diamond with a hole, and sectors clockwise from the top.

    Parameters
    ----------
    shares : Counter of Family
        Drawn in the order of the legend.
    outline : float
        Width in points.
    """
    present = [family for family in Family if shares[family]]
    turns = 90 - 360 * np.cumsum([0, *(shares[family] for family in present)]) / shares.total()
    sectors = (
        [_sector(shape, start, end) for start, end in pairwise(turns.tolist())]
        if len(present) > 1
        else [SHAPES[shape]]
    )
    spokes = [Path([(0, 0), _edge(shape, turn)]) for turn in turns[:-1].tolist()]
    spokes = spokes if len(present) > 1 else []
    hole = SHAPES[shape].transformed(Affine2D().scale(_HOLE))
    upright = -1 if axes.yaxis_inverted() else 1
    place = Affine2D().scale(reach, reach * upright).translate(x, y)
    colours = [style.FAMILY_COLOURS[family] for family in present]
    paths = [SHAPES[shape], *sectors, *spokes, hole]
    axes.add_collection(
        PathCollection(
            [path.transformed(place) for path in paths],
            facecolors=[style.PAPER, *colours, *["none"] * len(spokes), style.PAPER],
            edgecolors=[style.INK, *["none"] * len(sectors), *[style.PAPER] * len(spokes), "none"],
            linewidths=[outline, *[0] * len(sectors), *[0.5] * len(spokes), 0],
            joinstyle="miter",
            zorder=zorder,
        ),
        autolim=False,
    )


def _sector(shape: str, start: float, end: float) -> Path:
    """Return a sector of a shape of size 1, from a turn in degrees down to another."""
    if shape == "circle":
        return Path.wedge(end, start)
    corners = [turn for turn in range(90, -271, -90) if end < turn < start]
    edge = [_edge(shape, turn) for turn in (start, *corners, end)]
    return Path([(0, 0), *edge, (0, 0)], closed=True)


def _edge(shape: str, turn: float) -> tuple[float, float]:
    """Return where a ray from the middle leaves a shape of size 1."""
    east, north = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    away = 1.0 if shape == "circle" else _DIAMOND / (abs(east) + abs(north))
    return float(away * east), float(away * north)


def draw_area(
    axes: Axes,
    colour: str,
    x: float,
    y: float,
    reach: float,
    zorder: float,
    *,
    opacity: float = 1.0,
) -> None:
    """Draw the soft disc of what is known to a district only."""
    outline = style.OUTLINES[GeoPrecision.DISTRICT]
    paint = stroke(outline) | {"edgecolor": colour, "alpha": opacity}
    soft = style.AREA_OPACITY * opacity
    axes.add_artist(Circle((x, y), reach, fc=colour, lw=0, alpha=soft, zorder=zorder))
    axes.add_artist(Circle((x, y), reach, facecolor="none", zorder=zorder, **paint))
