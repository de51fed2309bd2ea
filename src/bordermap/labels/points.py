"""Which of a few points is nearest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyproj import Geod

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int16]

GEOD = Geod(ellps="WGS84")

_RATIO = 1.0034
"""How much nearer a point may seem than one that is nearer, as angles from the Earth's centre.

Let the angle between two points be t, and the semi-axes a and b. Seen from the centre, a way
on the ellipsoid is no nearer than b, so that a geodesic is at least b t long. The ellipse
through both points around the centre is a way too; it is nowhere farther than a, and less
than 0.2° from upright to the radius, so that a geodesic is at most a t / cos 0.2° long. The
ratio of both is below 1.00337. It holds for chords as well, which grow slower than angles.
"""

_SLACK = 1e-6
"""Chord in Earth radii that covers rounding: some metres."""


class PointIndex:
    """A few points, ready to be asked which of them is the nearest.

    Parameters
    ----------
    longitude, latitude : array_like of float, shape (m,)
        Degrees on WGS 84.
    """

    def __init__(self, longitude: npt.ArrayLike, latitude: npt.ArrayLike) -> None:
        self._longitude = np.asarray(longitude, dtype=float)
        self._latitude = np.asarray(latitude, dtype=float)
        self._directions = _directions(self._longitude, self._latitude)

    def nearest(self, longitude: FloatArray, latitude: FloatArray) -> tuple[IndexArray, FloatArray]:
        """Return the nearest point of each place and the kilometres to it.

        Parameters
        ----------
        longitude, latitude : array of float, shape (n,)
            Degrees, in range.

        Returns
        -------
        index : array of int16, shape (n,)
            The first of those that are equally near.
        kilometres : array of float, shape (n,)
            Geodesic.
        """
        cosine = np.einsum("im,in->mn", self._directions, _directions(longitude, latitude))
        chord = np.sqrt(np.maximum(2 - 2 * cosine.max(axis=0), 0))
        other, place = np.nonzero(cosine >= 1 - (_RATIO * chord + _SLACK) ** 2 / 2)
        metres = np.asarray(
            GEOD.inv(
                longitude[place], latitude[place], self._longitude[other], self._latitude[other]
            )[2]
        )
        best = np.full(len(longitude), np.inf)
        np.minimum.at(best, place, metres)
        index = np.empty(len(longitude), dtype=np.int16)
        hit = np.flatnonzero(metres == best[place])[::-1]  # of equal ones the first is set last
        index[place[hit]] = other[hit]
        return index, best / 1000


def _directions(longitude: FloatArray, latitude: FloatArray) -> FloatArray:
    """Return unit vectors from the Earth's centre, shape (3, n)."""
    x, y = np.radians(longitude), np.radians(latitude)
    across = np.cos(y)
    vectors = np.stack([across * np.cos(x), across * np.sin(x), (1 - GEOD.es) * np.sin(y)])
    return np.asarray(vectors / np.sqrt((vectors**2).sum(axis=0)))
