"""Points to region, nearest gate and distance to the border.

No files; arrays in, arrays out. Coordinates are longitude and latitude in WGS 84 degrees;
distances are geodesic kilometres on the WGS 84 ellipsoid.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame

from bordermap.labels.line import LineIndex
from bordermap.labels.points import GEOD, PointIndex
from bordermap.labels.regions import RegionIndex

__all__ = ["Labeller", "PointIndex", "length_km"]

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int16]

_SLICE = 1 << 14
"""Points that are measured at once: few enough for the caches of a processor."""


class Labeller:
    """Says of points in which unit they lie, and how far gates and the border are.

    It can be pickled, and asked from several threads. A point is missing where a coordinate
    is NaN or out of range.

    Parameters
    ----------
    units : GeoDataFrame
        Polygons with a unique ``code``.
    gate_ids : sequence of str, length g
    gate_longitude, gate_latitude : array_like of float, shape (g,)
    border : LineString, optional
        In degrees.

    Attributes
    ----------
    codes : tuple of str
        Codes of the units, sorted.
    gate_ids : tuple of str
    """

    def __init__(
        self,
        units: GeoDataFrame,
        gate_ids: Sequence[str] = (),
        gate_longitude: npt.ArrayLike = (),
        gate_latitude: npt.ArrayLike = (),
        border: shapely.LineString | None = None,
    ) -> None:
        by_code = units.sort_values("code")
        self.codes = tuple(by_code["code"])
        self.gate_ids = tuple(gate_ids)
        self._regions = RegionIndex(by_code.geometry.to_numpy())
        self._gates = PointIndex(gate_longitude, gate_latitude)
        self._border = None if border is None else LineIndex(border)

    def build(self) -> Labeller:
        """Build now what the first large array would have to wait for, and return itself.

        That takes less than a second and is worth it before other processes get copies.
        """
        self._regions.build()
        if self._border is not None:
            self._border.build()
        return self

    def regions(self, longitude: FloatArray, latitude: FloatArray) -> IndexArray:
        """Label points with the unit that they lie in.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Degrees.

        Returns
        -------
        array of int16, shape (n,)
            Position in ``codes``; -1 outside all units and for a missing point. A point on
            an edge that units share belongs to the one whose code sorts first.
        """
        return self._regions.locate(longitude, latitude)

    def gates(self, longitude: FloatArray, latitude: FloatArray) -> tuple[IndexArray, FloatArray]:
        """Return the nearest gate of each point and the kilometres to it.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Degrees.

        Returns
        -------
        index : array of int16, shape (n,)
            Position in ``gate_ids``; -1 for a missing point or if there are no gates. Of
            gates at the same distance the first wins.
        kilometres : array of float, shape (n,)
            NaN where the index is -1.
        """
        index = np.full(len(longitude), -1, dtype=np.int16)
        kilometres = np.full(len(longitude), np.nan)

        def measure(which: npt.NDArray[np.intp]) -> None:
            index[which], kilometres[which] = self._gates.nearest(longitude[which], latitude[which])

        if self.gate_ids:
            _for_placed(measure, longitude, latitude)
        return index, kilometres

    def border_km(self, longitude: FloatArray, latitude: FloatArray) -> FloatArray:
        """Return the kilometres from points to the border.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Degrees.

        Returns
        -------
        array of float, shape (n,)
            NaN for a missing point or if there is no border.
        """
        kilometres = np.full(len(longitude), np.nan)
        border = self._border
        if border is None:
            return kilometres
        if len(longitude) > _SLICE:
            border.build()

        def measure(which: npt.NDArray[np.intp]) -> None:
            kilometres[which] = border.distance(longitude[which], latitude[which])

        _for_placed(measure, longitude, latitude)
        return kilometres


def length_km(line: shapely.LineString) -> float:
    """Return the geodesic length of a line in degrees, in kilometres."""
    return float(GEOD.geometry_length(line)) / 1000


def _for_placed(
    measure: Callable[[npt.NDArray[np.intp]], None], longitude: FloatArray, latitude: FloatArray
) -> None:
    """Call a function with the positions of points that are not missing, slice by slice."""
    placed = np.flatnonzero((np.abs(longitude) <= 180) & (np.abs(latitude) <= 90))
    slices = [placed[start : start + _SLICE] for start in range(0, len(placed), _SLICE)]
    if len(slices) < 2:
        for which in slices:
            measure(which)
        return
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(measure, slices))
