"""Which segments of a line can be the nearest, by squares of the plane.

The plane around a line is divided into squares, and these into four again, until few
segments can be the nearest to any point of a square, or it is small. A point is measured
to the segments of its square only.

Positions are complex numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_REACH = 1_500_000.0
"""How far around the line squares are made, in the unit of the plane (metres)."""

_DEPTH = 11
"""How often squares are divided at most; at most 16."""

_ENOUGH = 4
"""A square with so many segments is not divided."""

_TOLERANCE = 1e-3
"""Far more than rounding can change a distance, in the unit of the plane."""

_CORNERS = np.array([0, 1, 1j, 1 + 1j])


class Segments(NamedTuple):
    """Straight pieces of a line.

    Attributes
    ----------
    start, vector : array of complex, shape (s,)
    inverse : array of float, shape (s,)
        One by the squared length; 0 for a piece without length.
    """

    start: ComplexArray
    vector: ComplexArray
    inverse: FloatArray

    @classmethod
    def of(cls, vertices: ComplexArray) -> Segments:
        """Return the pieces between consecutive vertices."""
        vector = np.diff(vertices)
        square = vector.real**2 + vector.imag**2
        inverse = np.divide(1, square, out=np.zeros_like(square), where=square > 0)
        return cls(vertices[:-1], vector, inverse)

    def take(self, index: npt.NDArray[np.integer[Any]]) -> Segments:
        """Return some of the pieces, in this order."""
        return Segments(self.start[index], self.vector[index], self.inverse[index])

    def feet(self, points: ComplexArray) -> ComplexArray:
        """Return the nearest point of each piece to the point at the same position."""
        along = ((points - self.start) * self.vector.conj()).real * self.inverse
        return np.asarray(self.start + np.clip(along, 0, 1) * self.vector)


class Squares:
    """The segments that can be nearest in each square.

    Squares are numbered along a Z-shaped curve, so that the number of the smallest square
    of a point says in which of the larger ones it lies.

    Parameters
    ----------
    segments : Segments
    """

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        ends = np.concatenate([segments.start, segments.start + segments.vector])
        low = complex(ends.real.min(), ends.imag.min())
        extent = complex(ends.real.max(), ends.imag.max()) - low
        self._side = max(extent.real, extent.imag) + 2 * _REACH
        self._origin = low + (extent - self._side * (1 + 1j)) / 2
        numbers, counts, nearest = zip(*self._divide(), strict=True)
        number, count = np.concatenate(numbers), np.concatenate(counts)
        order = np.argsort(number)
        self._number = number[order]
        _, position = _ranges((np.cumsum(count) - count)[order], count[order])
        self._count = count[order]
        self._first = np.cumsum(self._count) - self._count
        self._nearest = np.concatenate(nearest)[position].astype(np.int32)

    def cover(self, points: ComplexArray) -> BoolArray:
        """Return which points lie in a square."""
        at = points - self._origin
        inside = (at.real >= 0) & (at.real < self._side) & (at.imag >= 0) & (at.imag < self._side)
        return np.asarray(inside)

    def feet(self, points: ComplexArray) -> ComplexArray:
        """Return the nearest point of all segments to each point that is covered."""
        at = (points - self._origin) * (2**_DEPTH / self._side)
        square = np.searchsorted(self._number, _z_order(at), side="right") - 1
        point, position = _ranges(self._first[square], self._count[square])
        here = points[point]
        feet = self._segments.take(self._nearest[position]).feet(here)
        _, nearest = _nearest(_distance(here, feet), point)
        found = np.empty_like(points)
        found[point[nearest]] = feet[nearest]
        return found

    def _divide(self) -> Iterator[tuple[IntArray, IntArray, IntArray]]:
        """Yield numbers of squares, how many segments they have, and these."""
        squares = np.zeros(1, dtype=complex)
        segment = np.arange(len(self._segments.start))
        square = np.zeros_like(segment)
        for level in range(_DEPTH + 1):
            side = self._side / 2**level
            corners = self._origin + (squares[:, None] + _CORNERS) * side
            for sift in (self._sift_by_radius, self._sift_by_corners):
                kept = sift(corners, square, segment)
                square, segment = square[kept], segment[kept]
            count = np.bincount(square, minlength=len(squares))
            done = (count <= _ENOUGH) | (level == _DEPTH)
            yield (
                _z_order(squares[done] * 2 ** (_DEPTH - level)),
                count[done],
                segment[done[square]],
            )
            if done.all():
                return
            first = (np.cumsum(count) - count)[~done]
            square, position = _ranges(np.repeat(first, 4), np.repeat(count[~done], 4))
            segment = segment[position]
            squares = (squares[~done][:, None] * 2 + _CORNERS).ravel()

    def _sift_by_radius(
        self, corners: ComplexArray, square: IntArray, segment: IntArray
    ) -> BoolArray:
        """Return which segments come near enough to the centres of their squares.

        From no point of the square is a segment nearer, or another farther, than from the
        centre by more than half the diagonal.
        """
        centre = corners.mean(axis=1)[square]
        distance = _distance(centre, self._segments.take(segment).feet(centre))
        best, _ = _nearest(distance, square)
        diagonal = abs(corners[0, 3] - corners[0, 0])
        return np.asarray(distance <= best + diagonal + _TOLERANCE)

    def _sift_by_corners(
        self, corners: ComplexArray, square: IntArray, segment: IntArray
    ) -> BoolArray:
        """Return which segments no single point of the line beats.

        The points that are nearer to a point than to a segment are a convex set. If all
        corners of a square are among them, the whole square is. The points of the line
        that are nearest to the corners are tried.
        """
        pieces = self._segments.take(segment)
        distance, witnesses = [], []
        for corner in corners.T:
            feet = pieces.feet(corner[square])
            distance.append(_distance(corner[square], feet))
            _, nearest = _nearest(distance[-1], square)
            witness = np.empty(len(corners), dtype=complex)
            witness[square[nearest]] = feet[nearest]
            witnesses.append(witness)
        beaten = np.zeros(len(square), dtype=bool)
        for witness in witnesses:
            nearer = [
                (_distance(corner, witness) + _TOLERANCE)[square] < from_corner
                for corner, from_corner in zip(corners.T, distance, strict=True)
            ]
            beaten |= np.logical_and.reduce(nearer)
        return ~beaten


def _distance(one: ComplexArray, other: ComplexArray) -> FloatArray:
    difference = one - other
    return np.sqrt(difference.real**2 + difference.imag**2)


def _ranges(first: IntArray, count: IntArray) -> tuple[IntArray, IntArray]:
    """Return owners and members of ranges, one range after the other."""
    owner = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return owner, np.arange(len(owner)) + np.repeat(first - before, count)


def _nearest(distance: FloatArray, owner: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the least distance of the owner of each, and where it is; owners ascend."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    best = np.minimum.reduceat(distance, starts)[owner]
    return best, np.flatnonzero(distance == best)


def _z_order(at: ComplexArray) -> IntArray:
    """Return the number of the smallest square: the bits of column and row in turn."""
    return _spread(at.real.astype(np.int64)) | _spread(at.imag.astype(np.int64)) << 1


def _spread(value: IntArray) -> IntArray:
    """Move bit i of numbers below 2 ** 16 to bit 2 i."""
    value = (value | value << 8) & 0x00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F
    value = (value | value << 2) & 0x33333333
    return (value | value << 1) & 0x55555555
