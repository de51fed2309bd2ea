"""Points to region, nearest gate and distance to the border.

Pure functions on arrays: no files, no state. Coordinates are longitude and latitude
in WGS 84 degrees; distances are geodesic kilometres on the WGS 84 ellipsoid.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from geopandas import GeoDataFrame
from pyproj import Geod, Transformer

FloatArray = npt.NDArray[np.float64]
ObjectArray = npt.NDArray[np.object_]

_GEOD = Geod(ellps="WGS84")
_TO_PLANE = Transformer.from_crs(
    "EPSG:4326",
    "+proj=lcc +lat_1=21.5 +lat_2=27.5 +lat_0=24.5 +lon_0=98.5 +ellps=WGS84 +units=m",
    always_xy=True,
)


def regions(longitude: FloatArray, latitude: FloatArray, units: GeoDataFrame) -> ObjectArray:
    """Label points with the unit that they lie in.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n,)
        Degrees; NaN where a point is missing.
    units : GeoDataFrame
        Polygons with a unique ``code``.

    Returns
    -------
    array of object, shape (n,)
        The code, or None outside all units. A point on an edge that units share
        belongs to the one whose code sorts first.
    """
    codes = units["code"].to_numpy()
    order = np.argsort(codes)
    tree = shapely.STRtree(units.geometry.to_numpy()[order])
    present = np.flatnonzero(np.isfinite(longitude) & np.isfinite(latitude))
    point, unit = tree.query(
        shapely.points(longitude[present], latitude[present]), predicate="intersects"
    )
    found = np.full(len(longitude), None, dtype=object)
    first = np.lexsort((unit, point))[::-1]
    found[present[point[first]]] = codes[order][unit[first]]
    return found


def border_distance(
    longitude: FloatArray, latitude: FloatArray, border: shapely.LineString
) -> FloatArray:
    """Return kilometres from points to the nearest point of a line.

    The nearest point is searched in a conformal projection of the region (Lambert,
    standard parallels 21.5° and 27.5° N), where near is near in every direction; the
    distance to it is then measured on the ellipsoid.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n,)
        Degrees; NaN where a point is missing.
    border : LineString
        In degrees.

    Returns
    -------
    array of float, shape (n,)
        Kilometres; NaN for a missing point.
    """
    distance = np.full(len(longitude), np.nan)
    present = np.flatnonzero(np.isfinite(longitude) & np.isfinite(latitude))
    if not present.size:
        return distance
    line = np.column_stack(_TO_PLANE.transform(*shapely.get_coordinates(border).T))
    segments = np.asarray(shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1)))
    points = shapely.points(*_TO_PLANE.transform(longitude[present], latitude[present]))
    _, nearest = shapely.STRtree(segments).query_nearest(points, all_matches=False)
    foot = shapely.get_point(shapely.shortest_line(points, segments[nearest]), 1)
    foot_longitude, foot_latitude = _TO_PLANE.transform(
        shapely.get_x(foot), shapely.get_y(foot), direction="INVERSE"
    )
    metres = _GEOD.inv(longitude[present], latitude[present], foot_longitude, foot_latitude)[2]
    distance[present] = np.asarray(metres) / 1000
    return distance


def nearest_gate(
    longitude: FloatArray,
    latitude: FloatArray,
    gate_ids: Sequence[str],
    gate_longitude: FloatArray,
    gate_latitude: FloatArray,
) -> tuple[ObjectArray, FloatArray]:
    """Return the nearest gate of each point and the kilometres to it.

    Parameters
    ----------
    longitude, latitude : array of float, shape (n,)
        Degrees; NaN where a point is missing.
    gate_ids : sequence of str, length g
    gate_longitude, gate_latitude : array of float, shape (g,)

    Returns
    -------
    ids : array of object, shape (n,)
        None for a missing point. Of gates at the same distance the first wins.
    kilometres : array of float, shape (n,)
    """
    ids = np.full(len(longitude), None, dtype=object)
    best = np.full(len(longitude), np.inf)
    for gate, gate_x, gate_y in zip(gate_ids, gate_longitude, gate_latitude, strict=True):
        x, y = np.full_like(longitude, gate_x), np.full_like(latitude, gate_y)
        kilometres = np.asarray(_GEOD.inv(longitude, latitude, x, y)[2]) / 1000
        closer = kilometres < best
        ids[closer], best[closer] = gate, kilometres[closer]
    best[np.isinf(best)] = np.nan
    return ids, best


def length_km(line: shapely.LineString) -> float:
    """Return the geodesic length of a line in degrees, in kilometres."""
    return float(_GEOD.geometry_length(line)) / 1000
