"""How far points are from a line.

The nearest point of the line is searched in a conformal projection of the region (Lambert,
standard parallels 21.5° and 27.5° N), where near is near in every direction; the distance
to it is then measured on the ellipsoid. Positions in the plane are complex numbers, east
and north in metres.
"""

from __future__ import annotations

import threading

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from bordermap.labels.points import GEOD
from bordermap.labels.squares import ComplexArray, Segments, Squares

FloatArray = npt.NDArray[np.float64]

_TO_PLANE = Transformer.from_pipeline(
    "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad"
    " +step +proj=lcc +lat_1=21.5 +lat_2=27.5 +lat_0=24.5 +lon_0=98.5 +ellps=WGS84"
)
"""A pipeline, because every thread makes its own: that of two CRS takes long."""

_ALONE = threading.Lock()
"""GEOS changes a prepared line while it answers, and not thread-safely."""


class LineIndex:
    """A line, ready to be asked how far it is.

    Parameters
    ----------
    line : LineString
        In degrees.
    """

    def __init__(self, line: shapely.LineString) -> None:
        self._vertices = _in_plane(*shapely.get_coordinates(line).T)
        self._line = shapely.LineString(_pairs(self._vertices))
        self._squares: Squares | None = None

    def build(self) -> None:
        """Divide the plane into squares, for many points."""
        if self._squares is None:
            self._squares = Squares(Segments.of(self._vertices))

    def distance(self, longitude: FloatArray, latitude: FloatArray) -> FloatArray:
        """Return the kilometres from points to the nearest point of the line.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Degrees, in range.
        """
        foot = self._feet(_in_plane(longitude, latitude))
        east, north = _TO_PLANE.transform(foot.real, foot.imag, direction="INVERSE")
        return np.asarray(GEOD.inv(longitude, latitude, east, north)[2]) / 1000

    def _feet(self, points: ComplexArray) -> ComplexArray:
        feet = np.full(len(points), complex(np.nan, np.nan))
        far = np.isfinite(points)  # the projection shows no South Pole
        if self._squares is not None:
            covered = self._squares.cover(points)
            feet[covered] = self._squares.feet(points[covered])
            far &= ~covered
        with _ALONE:
            shapely.prepare(self._line)
            lines = shapely.shortest_line(self._line, shapely.points(_pairs(points[far])))
        feet[far] = shapely.get_coordinates(lines)[::2] @ [1, 1j]
        return feet


def _in_plane(longitude: FloatArray, latitude: FloatArray) -> ComplexArray:
    plane = np.empty(len(longitude), dtype=complex)
    plane.real, plane.imag = _TO_PLANE.transform(longitude, latitude)
    return plane


def _pairs(points: ComplexArray) -> FloatArray:
    return np.column_stack([points.real, points.imag])
