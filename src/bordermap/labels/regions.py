"""Which polygon points lie in.

A grid over all polygons answers for most points at once: a cell that no outline comes near
lies wholly inside the same polygons. Points of the other cells are tested against the
polygons themselves, with the exact arithmetic of GEOS, so that the answer is that of a
spatial join for every point.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int16]
BoolArray = npt.NDArray[np.bool_]

CELLS = 1024
"""Cells of the grid in each direction."""

FEW = 5000
"""So many points are answered without a grid."""

_MARGIN = 1e-3
"""How near, in cells, an outline must not come to a cell without outlines.

Far more than rounding can move a coordinate.
"""


_ALONE = threading.Lock()
"""GEOS changes a prepared polygon while it answers, and not thread-safely."""


class _Grid(NamedTuple):
    """What the cell of a point says about it.

    Attributes
    ----------
    kind : array of unsigned int, shape (CELLS * CELLS,)
        The kind of each cell, row by row.
    tested : array of bool, shape (k, u)
        The polygons whose outlines come near cells of a kind, if they can be the first.
    otherwise : array of int16, shape (k,)
        The first polygon that holds cells of a kind wholly; -1 for none.
    """

    kind: npt.NDArray[np.unsignedinteger[Any]]
    tested: BoolArray
    otherwise: IndexArray


class RegionIndex:
    """Polygons, ready to be asked which is the first that a point lies in.

    Parameters
    ----------
    shapes : sequence of Polygon or MultiPolygon
        In order of precedence. They may touch and overlap.
    """

    def __init__(self, shapes: Sequence[shapely.Geometry]) -> None:
        self._shapes = np.array(shapes, dtype=object)
        self._bounds = shapely.bounds(shapely.geometrycollections(self._shapes))
        self._grid: _Grid | None = None

    def locate(self, longitude: FloatArray, latitude: FloatArray) -> IndexArray:
        """Return the first polygon that each point lies in or on the edge of.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Any values.

        Returns
        -------
        array of int16, shape (n,)
            Position of the polygon; -1 for none.
        """
        west, south, east, north = self._bounds
        within = np.flatnonzero(
            (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
        )
        x, y = longitude[within], latitude[within]
        if len(x) > FEW:
            self.build()
        label = self._test(x, y) if self._grid is None else self._look_up(self._grid, x, y)
        found = np.full(len(longitude), -1, dtype=np.int16)
        found[within] = label
        return found

    def build(self) -> None:
        """Make the grid, for many points."""
        if self._grid is not None or np.isnan(self._bounds).any():
            return
        cells_near = [self._cells_near(shapely.boundary(shape)) for shape in self._shapes]
        is_near = np.zeros(CELLS * CELLS, dtype=bool)
        is_near[np.concatenate(cells_near)] = True
        starts = is_near | np.roll(is_near, 1)
        starts[::CELLS] = True
        run = np.flatnonzero(starts)  # cells of a row up to the next start are of one kind
        near = np.zeros((len(run), len(self._shapes)), dtype=bool)
        for unit, cells in enumerate(cells_near):
            near[np.searchsorted(run, cells), unit] = True
        west, south, east, north = self._bounds
        x = west + (run % CELLS + 0.5) * ((east - west) / CELLS)
        y = south + (run // CELLS + 0.5) * ((north - south) / CELLS)
        otherwise = self._test(x, y, ~near)
        last = np.where(otherwise < 0, len(self._shapes), otherwise)
        tested = near & (np.arange(len(self._shapes)) < last[:, None])
        kinds, kind = np.unique(np.column_stack([tested, otherwise]), axis=0, return_inverse=True)
        self._grid = _Grid(
            kind=np.repeat(
                kind.astype(np.min_scalar_type(len(kinds))), np.diff(run, append=CELLS * CELLS)
            ),
            tested=kinds[:, :-1].astype(bool),
            otherwise=kinds[:, -1].astype(np.int16),
        )

    def _look_up(self, grid: _Grid, x: FloatArray, y: FloatArray) -> IndexArray:
        column, row = (at.astype(np.int32) for at in self._in_cells(x, y))
        kind = grid.kind[row * CELLS + column]
        label = grid.otherwise[kind]
        near = np.flatnonzero(np.asarray(grid.tested.any(axis=1))[kind])
        first = self._test(x[near], y[near], grid.tested[kind[near]])
        label[near] = np.where(first < 0, label[near], first)
        return np.asarray(label)

    def _test(self, x: FloatArray, y: FloatArray, tested: BoolArray | None = None) -> IndexArray:
        """Return the first of the polygons that are to be tested for each point; -1 for none."""
        first = np.full(len(x), -1, dtype=np.int16)
        with _ALONE:
            for unit, shape in enumerate(self._shapes):
                pending = first < 0
                asked = np.flatnonzero(pending if tested is None else pending & tested[:, unit])
                shapely.prepare(shape)
                hit = np.flatnonzero(shapely.intersects_xy(shape, x[asked], y[asked]))
                first[asked[hit]] = unit
        return first

    def _in_cells(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return positions in cells: within the bounds at least 0 and less than CELLS."""
        west, south, east, north = self._bounds
        cells = CELLS * (1 - 1e-9)
        return (x - west) * (cells / (east - west)), (y - south) * (cells / (north - south))

    def _cells_near(self, outline: shapely.Geometry) -> npt.NDArray[np.int64]:
        """Return the cells that a line comes near, some more than once."""
        scaled = shapely.transform(outline, lambda xy: np.column_stack(self._in_cells(*xy.T)))
        rings = shapely.get_parts(shapely.segmentize(scaled, 1.0))
        vertices, ring = shapely.get_coordinates(rings, return_index=True)
        ends = np.stack([vertices[:-1], vertices[1:]])[:, ring[1:] == ring[:-1]]
        low = np.clip(ends.min(axis=0) - _MARGIN, 0, CELLS - 1).astype(np.int64)
        high = np.clip(ends.max(axis=0) + _MARGIN, 0, CELLS - 1).astype(np.int64)
        width, height = (high - low + 1).T
        piece = np.repeat(np.arange(len(low)), width * height)
        step = np.arange(len(piece)) - np.repeat(np.cumsum(width * height), width * height)
        step += width[piece] * height[piece]
        column = low[piece, 0] + step % width[piece]
        row = low[piece, 1] + step // width[piece]
        return np.asarray(row * CELLS + column)
