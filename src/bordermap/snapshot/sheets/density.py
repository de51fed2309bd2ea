"""Very many marks: how many lie at one spot is how dark a disc is, as on the screen.

The scale is the same for all maps, whatever they show. Lengths are points of the paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import CircleCollection
from matplotlib.colors import to_rgb

from bordermap.cartography import style
from bordermap.snapshot.sheets.symbols import POINTS_PER_PIXEL

FROM = 2000
"""Points on a map from which they are drawn as densities."""

FULL = 1000
"""Records at one spot from which the colour is the darkest."""

CELL = 2 * POINTS_PER_PIXEL
"""Points across a spot."""

QUIET = 0.55
"""Opacity of areas among densities."""

_CROWD = 8
"""Spots across a block in which they crowd."""
_RADII = (3.5, 1.3)
"""Pixels: radius of a disc where few spots are lit, and where many are."""
_CROWDED = (0.008, 0.12)
"""Lit spots to a pixel around them, where these radii are reached."""
_GROWTH = 0.45
"""By how much the darkest disc is larger than the palest."""
_SIZES = 8
_LEVELS = 255

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Spots:
    """Where records lie, those of a small cell together.

    Attributes
    ----------
    x, y : array of float
        Their middle, in points.
    count : array of int
        Records.
    """

    x: Floats
    y: Floats
    count: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.count)

    @property
    def crowding(self) -> float:
        """Lit spots to a pixel of those blocks that hold any."""
        wide = _CROWD * CELL
        blocks = len(np.unique(_cells(self.x, self.y, wide)))
        return len(self) / max(blocks, 1) / (wide / POINTS_PER_PIXEL) ** 2


def spots(x: Floats, y: Floats, record: npt.NDArray[np.int64]) -> Spots:
    """Return the spots of marks; a record counts once at a spot.

    Parameters
    ----------
    x, y : array of float
        Points.
    record : array of int
    """
    _, cell = np.unique(_cells(x, y, CELL), return_inverse=True)
    order = np.lexsort((record, cell))
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(cell[order]) != 0) | (np.diff(record[order]) != 0)
    kept = order[first]
    count = np.bincount(cell[kept])
    east, north = (np.bincount(cell[kept], values[kept]) / count for values in (x, y))
    return Spots(east, north, count)


def levels(count: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return 1 for one record, 255 for `FULL` and more; by logarithm between."""
    share = np.log(np.clip(count, 1, FULL)) / np.log(FULL)
    found: npt.NDArray[np.int64] = 1 + np.floor((_LEVELS - 1) * share + 0.5).astype(np.int64)
    return found


def ramp(colours: Sequence[str]) -> Floats:
    """Return red, green and blue, from 0 to 1, of every level."""
    stops = np.array([to_rgb(colour) for colour in colours])
    place = np.linspace(0, len(stops) - 1, _LEVELS)
    return np.column_stack([np.interp(place, np.arange(len(stops)), part) for part in stops.T])


def radius(crowding: float) -> float:
    """Return the radius of the palest disc, in points, where spots crowd so."""
    low, high = _CROWDED
    share = min(np.log(max(crowding, low) / low) / np.log(high / low), 1.0)
    return float(_RADII[0] + share * (_RADII[1] - _RADII[0])) * POINTS_PER_PIXEL


def draw_spots(axes: Axes, spots: Spots, zorder: float) -> None:
    """Draw spots as discs; of discs that lie on each other, the darkest is seen.

    Parameters
    ----------
    axes : Axes
        In points.
    """
    level = levels(spots.count)
    colours = ramp(style.DENSITY)[level - 1]
    palest = radius(spots.crowding)
    of_step = level * _SIZES // (_LEVELS + 1)
    for step in range(_SIZES):  # by size, so that a file of vectors has each disc once
        chosen = np.flatnonzero(of_step == step)
        chosen = chosen[np.argsort(level[chosen], kind="stable")]
        if not len(chosen):
            continue
        reach = palest * (1 + _GROWTH * step / (_SIZES - 1))
        axes.add_collection(
            CircleCollection(
                [np.pi * reach**2],
                offsets=np.column_stack([spots.x[chosen], spots.y[chosen]]),
                offset_transform=axes.transData,
                facecolors=colours[chosen],
                linewidths=0,
                zorder=zorder,
            ),
            autolim=False,
        )


def _cells(x: Floats, y: Floats, wide: float) -> npt.NDArray[np.int64]:
    """Return the number of the square that each point lies in."""
    column, line = (np.floor(values / wide).astype(np.int64) for values in (x, y))
    return column + line * 2**32
